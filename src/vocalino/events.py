"""What a run yields, in order:

    Started  (StageProgress | AudioChunk | TakeReady | TakeFailed)*  Ranked  Finished

`Ranked` and `Finished` come exactly once; a cancelled run ranks what was finished.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from vocalino.audio import Audio
from vocalino.take import EngineInfo, Ranking, Take

Stage = Literal["prepare", "design", "convert", "judge"]


@dataclass(frozen=True)
class Started:
    """The engines are there and the work begins. `warnings` concern the reference clip."""

    takes: int
    cast: str
    engines: Mapping[str, EngineInfo]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class StageProgress:
    """`done` of `total` rows have left `stage`."""

    stage: Stage
    done: int
    total: int


@dataclass(frozen=True)
class AudioChunk:
    """The next piece of take `index`, in its final voice, as soon as it can be played."""

    index: int
    audio: Audio
    last: bool


@dataclass(frozen=True)
class TakeReady:
    take: Take


@dataclass(frozen=True)
class TakeFailed:
    """Take `index` can't be had; `error` says why in words, `stage` where."""

    index: int
    seed: int
    stage: Stage
    error: str


@dataclass(frozen=True)
class Ranked:
    ranking: Ranking


@dataclass(frozen=True)
class Finished:
    """The end of a run. `ttfa_s` is None when nothing could be played."""

    outcome: Literal["complete", "partial", "failed", "cancelled"]
    timings_s: Mapping[str, float]
    ttfa_s: float | None
    rtf: float | None
    reason: str = ""


Event = Started | StageProgress | AudioChunk | TakeReady | TakeFailed | Ranked | Finished
