"""Where chunks of a row meet: what is emitted of each, and how they are joined (spec 10.4)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vocalino.audio import Samples

OVERLAP_FRAMES = 16
OVERLAP_SAMPLES = 4096
BRIEF_SAMPLES = 220  # 10 ms: for parts that follow on each other and share no moment

Fade = npt.NDArray[np.float64]


def spans(frames: int, window: int) -> list[tuple[int, int]]:
    """Chunks of up to `window` frames, first and last frame, that overlap by OVERLAP_FRAMES."""
    found = [(0, min(window, frames))]
    while found[-1][1] < frames:
        start = found[-1][1] - OVERLAP_FRAMES
        found.append((start, min(start + window, frames)))
    return found


class Crossfade:
    """Chunks whose last and first `overlap` samples are heard at the same time."""

    def __init__(self, overlap: int = OVERLAP_SAMPLES) -> None:
        self._overlap = overlap
        self._tail: Samples | None = None

    def add(self, wave: Samples, *, last: bool) -> Samples:
        """What can be heard once `wave` is there; its end is kept back unless it is the last."""
        if self._tail is not None:
            length = min(len(self._tail), len(wave))
            # A chunk shorter than the overlap gets the beginning of the ramp, as upstream has it.
            rising, falling = _fades(length, self._overlap)
            mixed = wave[:length] * rising + self._tail[:length] * falling
            wave = np.concatenate((mixed.astype(np.float32), wave[length:]))
        if last:
            return wave
        kept = min(self._overlap, len(wave))
        self._tail = wave[len(wave) - kept :]
        return wave[: len(wave) - kept]


def _fades(length: int, ramp: int) -> tuple[Fade, Fade]:
    """The first `length` places of a ramp: squared cosines that add up to 1, rising and falling."""
    place = np.arange(length) / (ramp - 1)
    return np.cos(np.pi / 2 * (1 - place)) ** 2, np.cos(np.pi / 2 * place) ** 2
