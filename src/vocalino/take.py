"""A finished take: its sound, what the judge says of it, and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from vocalino.audio import Audio

Outcome = Literal["pass", "fail", "inconclusive"]

FinishReason = Literal["eos", "budget", "loop"]
"""How acting came to its end: the talker said so; it was cut when its budget of codec frames was
spent; it was cut because it only went on repeating itself, or silent."""


@dataclass(frozen=True)
class Verdict:
    """What one scorer says of one take.

    `value` is the scorer's own measure (None when it could not measure), `evidence` says in
    words what was heard. A scorer with `gate` true sends a failing take to the end of the order.
    """

    scorer: str
    outcome: Outcome
    evidence: str
    value: float | None = None
    gate: bool = False


@dataclass(frozen=True)
class EngineInfo:
    """Which engine played: the answer of every engine's `describe()`."""

    name: str
    revision: str
    device: str
    dtype: str
    licence: str


@dataclass(frozen=True)
class Provenance:
    """Where a take came from. `engines` maps role (designer, converter, encoder) to engine."""

    cast: str
    engines: Mapping[str, EngineInfo]
    timings_s: Mapping[str, float] = field(default_factory=dict[str, float])
    """Seconds of each stage; work done for the whole batch stands in every take of it."""


@dataclass(frozen=True)
class Take:
    """One finished rendering. `performance` is the acting before conversion, when there was one.

    `finish_reason` says how the acting ended, None when the designer can't tell or none acted.
    """

    index: int
    seed: int
    audio: Audio
    provenance: Provenance
    performance: Audio | None = None
    verdicts: tuple[Verdict, ...] = ()
    finish_reason: FinishReason | None = None

    @property
    def was_cut(self) -> bool:
        """True when the acting did not end by itself."""
        return self.finish_reason in ("budget", "loop")

    def verdict(self, scorer: str) -> Verdict | None:
        """What `scorer` says, None if it was not asked."""
        return next((v for v in self.verdicts if v.scorer == scorer), None)

    @property
    def failed_gates(self) -> tuple[Verdict, ...]:
        return tuple(v for v in self.verdicts if v.gate and v.outcome == "fail")


@dataclass(frozen=True)
class Placing:
    """One take's place in the order, and the reason in one sentence."""

    index: int
    passed: bool
    reason: str


@dataclass(frozen=True)
class Ranking:
    """Takes, best first. `passed` takes come before those that failed a gate."""

    placings: tuple[Placing, ...]

    @property
    def best(self) -> int | None:
        """Index of the best take that passed every gate, None when none did."""
        return next((p.index for p in self.placings if p.passed), None)

    @property
    def order(self) -> tuple[int, ...]:
        return tuple(p.index for p in self.placings)
