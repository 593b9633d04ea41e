"""What a report page shows: frozen values, made by `sections.py`, set in type by `page.py`.

All texts are plain: whatever markup they hold is shown as text.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vocalino.events import Stage
from vocalino.protocols import Understood
from vocalino.take import EngineInfo, Verdict


@dataclass(frozen=True)
class Sound:
    """A player: a listening copy that the page carries inside, and its picture.

    `peaks` are (lowest, highest) sample of equal slices of time, in [-1, 1]. `level_db` is the
    active level re full scale, for level-matched listening, None for silence. `file`, when there
    is one, is the full-quality file, relative to the page. `note` says what the copy differs in.
    """

    data: bytes
    media_type: str
    duration_s: float
    peaks: tuple[tuple[float, float], ...]
    level_db: float | None
    file: str | None = None
    note: str = ""


@dataclass(frozen=True)
class TakeCard:
    """One take. `number` counts from 1 in the order of making, `place` from 1 in the ranking.

    `ended` is a word on how the acting ended, empty when it ended by itself.
    """

    number: int
    place: int
    best: bool
    passed: bool
    reason: str
    seed: int
    sound: Sound
    performance: Sound | None = None
    verdicts: tuple[Verdict, ...] = ()
    timings_s: tuple[tuple[str, float], ...] = ()
    command: str = ""
    ended: str = ""


@dataclass(frozen=True)
class FailedCard:
    """A take that couldn't be had; `error` says why."""

    number: int
    seed: int
    stage: Stage
    error: str


@dataclass(frozen=True)
class SampleSection:
    """One line, its takes best first, and those that failed."""

    name: str
    line: str
    direction: str
    language: str
    takes: tuple[TakeCard, ...]
    failures: tuple[FailedCard, ...] = ()
    understood: Understood | None = None
    timings_s: tuple[tuple[str, float], ...] = ()
    ttfa_s: float | None = None
    rtf: float | None = None
    outcome: str = "complete"
    outcome_reason: str = ""


@dataclass(frozen=True)
class ConvertCard:
    """One recording before and after conversion; `error` says why there is no after."""

    name: str
    before: Sound
    seed: int
    after: Sound | None = None
    verdicts: tuple[Verdict, ...] = ()
    reason: str = ""
    error: str = ""
    timings_s: tuple[tuple[str, float], ...] = ()
    command: str = ""


@dataclass(frozen=True)
class CastNote:
    """Which cast played, why, and its engines by role. A draft is said to be one, loudly."""

    name: str
    reason: str = ""
    engines: tuple[tuple[str, EngineInfo], ...] = ()

    @property
    def draft(self) -> bool:
        return self.name == "draft"


@dataclass(frozen=True)
class VoiceSection:
    """The voice everything was cast in. `about` says where it comes from, in a sentence."""

    name: str
    sound: Sound
    about: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunSummary:
    """Totals of the run. `made` is the time in words as the caller has it: the page knows none."""

    timings_s: tuple[tuple[str, float], ...] = ()
    audio_s: float | None = None
    ttfa_s: float | None = None
    rtf: float | None = None
    versions: tuple[tuple[str, str], ...] = ()
    command: str = ""
    made: str = ""


@dataclass(frozen=True)
class ReportPage:
    """One page: acted samples, conversions, or both."""

    title: str
    cast: CastNote
    intro: str = ""
    voice: VoiceSection | None = None
    samples: tuple[SampleSection, ...] = ()
    conversions: tuple[ConvertCard, ...] = ()
    summary: RunSummary = field(default_factory=RunSummary)
