"""How a line is acted, as numbers: values at moments of the line that cross-fade."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np

from vocalino.engines.draft.frames import Floats

_LIMITS = {
    "rate": (-0.9, 0.9),
    "pause": (-1.0, 1.6),
    "range": (-2.5, 1.3),
    "pitch": (-7.0, 8.0),
    "level_db": (-14.0, 10.0),
    "effort": (-1.0, 1.0),
    "smile": (-1.0, 1.0),
}


@dataclass(frozen=True)
class Acting:
    """Neutral is all zeros. `within_limits()` keeps sums of many words playable."""

    rate: float = 0.0
    """log2 of the tempo: 1 is twice as fast."""
    pause: float = 0.0
    """log2 of the pauses' length."""
    range: float = 0.0
    """log2 of the F0 range around its median, in semitones."""
    pitch: float = 0.0
    """Semitones above the voice's own register."""
    level_db: float = 0.0
    """dB above the usual active level."""
    effort: float = 0.0
    """Vocal effort, -1 (soft, dark) to 1 (shouted, bright)."""
    breath: float = 0.0
    """0 to 1, as all that follow: noise in the voice."""
    whisper: float = 0.0
    """1 is without voice at all."""
    tremor: float = 0.0
    creak: float = 0.0
    smile: float = 0.0
    """-1 (long vocal tract, grave) to 1 (spread lips)."""
    jitter: float = 0.0
    attack: float = 0.0
    """Contrast of energy between strong and weak sounds."""

    def __add__(self, other: Acting) -> Acting:
        return Acting(**{n: getattr(self, n) + getattr(other, n) for n in NAMES})

    def __mul__(self, factor: float) -> Acting:
        return Acting(**{n: getattr(self, n) * factor for n in NAMES})

    def within_limits(self) -> Acting:
        changes: dict[str, float] = {}
        for name in NAMES:
            low, high = _LIMITS.get(name, (0.0, 1.0))
            changes[name] = min(max(getattr(self, name), low), high)
        return replace(self, **changes)


NAMES = tuple(field.name for field in fields(Acting))
NEUTRAL = Acting()


@dataclass(frozen=True)
class Plan:
    """Actings in the order they are played, in equal parts of the line, cross-fading.

    `start` and `stop` say which stretch of the line (0 to 1) this plan is for.
    """

    actings: tuple[Acting, ...] = (NEUTRAL,)
    start: float = 0.0
    stop: float = 1.0

    def __post_init__(self) -> None:
        assert self.actings and 0.0 <= self.start <= self.stop <= 1.0

    def part(self, start: float, stop: float) -> Self:
        """The plan of a stretch of this one, both measured from 0 to 1."""
        length = self.stop - self.start
        return replace(self, start=self.start + start * length, stop=self.start + stop * length)

    def curve(self, name: str, positions: Floats) -> Floats:
        """Values of one quantity at `positions` (0 to 1 along this plan's stretch).

        Holds for the middle half of each part and glides over the quarters around a border.
        """
        values = np.array([getattr(acting, name) for acting in self.actings])
        if values.size == 1:
            return np.full(positions.shape, values[0])
        along = self.start + (self.stop - self.start) * positions
        corners = np.arange(values.size)[:, None] + np.array([0.25, 0.75])
        return np.interp(along * values.size, corners.ravel(), np.repeat(values, 2))

    def mean(self, name: str) -> float:
        """The quantity's average over this stretch."""
        return float(self.curve(name, np.linspace(0.0, 1.0, 33)).mean())
