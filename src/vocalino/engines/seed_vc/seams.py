"""Where chunks of a row meet: what is emitted of each, and how they are joined (spec 10.4)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vocalino.audio import Samples

OVERLAP_FRAMES = 16
OVERLAP_SAMPLES = 4096
ABUTTED_FADE_SAMPLES = 220  # 10 ms

Fade = npt.NDArray[np.float64]


def spans(frames: int, window: int) -> list[tuple[int, int]]:
    """Chunks of up to `window` frames, first and last frame, that overlap by OVERLAP_FRAMES."""
    found = [(0, min(window, frames))]
    while found[-1][1] < frames:
        start = found[-1][1] - OVERLAP_FRAMES
        found.append((start, min(start + window, frames)))
    return found


class Crossfade:
    """Chunks whose last and first OVERLAP_SAMPLES are the same moment."""

    def __init__(self) -> None:
        self._tail: Samples | None = None

    def add(self, wave: Samples, *, last: bool) -> Samples:
        """What can be heard once `wave` is there; its end is kept back unless it is the last."""
        if self._tail is not None:
            length = min(len(self._tail), len(wave))
            # A chunk shorter than the overlap gets the beginning of the ramp, as upstream has it.
            rising, falling = _fades(length, OVERLAP_SAMPLES)
            mixed = wave[:length] * rising + self._tail[:length] * falling
            wave = np.concatenate((mixed.astype(np.float32), wave[length:]))
        if last:
            return wave
        kept = min(OVERLAP_SAMPLES, len(wave))
        self._tail = wave[len(wave) - kept :]
        return wave[: len(wave) - kept]


class Abutment:
    """Chunks that follow on each other: faded out and in, so that no step clicks."""

    def __init__(self) -> None:
        self._first = True

    def add(self, wave: Samples, *, last: bool) -> Samples:
        """All of `wave`, faded where it meets another."""
        length = min(ABUTTED_FADE_SAMPLES, len(wave) // 2)
        rising, falling = _fades(length, length)
        wave = wave.copy()
        if not self._first:
            wave[:length] *= rising
        if not last:
            wave[len(wave) - length :] *= falling
        self._first = False
        return wave


Joint = Crossfade | Abutment


def _fades(length: int, ramp: int) -> tuple[Fade, Fade]:
    """The first `length` places of a ramp: squared cosines that add up to 1, rising and falling."""
    place = np.arange(length) / max(1, ramp - 1)
    return np.cos(np.pi / 2 * (1 - place)) ** 2, np.cos(np.pi / 2 * place) ** 2
