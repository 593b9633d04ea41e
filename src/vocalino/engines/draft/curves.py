"""Small curves over frames that the parts of a performance share."""

from __future__ import annotations

import numpy as np

from vocalino.engines.draft.frames import BINS, FRAME_S, SAMPLE_RATE_HZ, Floats

BIN_HZ: Floats = np.linspace(0.0, SAMPLE_RATE_HZ / 2.0, BINS)
_OCTAVES: Floats = np.log2(np.clip(BIN_HZ, 200.0, 6000.0) / 1000.0)


def octaves() -> Floats:
    """Octaves above 1 kHz of each bin [513], held beyond 200 Hz and 6 kHz."""
    return _OCTAVES


def smooth(values: Floats, frames: int) -> Floats:
    """A raised-cosine average over about `frames` frames; edges are held."""
    if values.size == 0 or frames < 2:
        return values
    turns = 2.0 * np.pi * np.arange(1.0, frames + 1.0) / (frames + 1)
    window = 0.5 - 0.5 * np.cos(turns)
    padded = np.pad(values, (frames // 2, frames - 1 - frames // 2), mode="edge")
    return np.asarray(np.convolve(padded, window / window.sum(), mode="valid"), np.float64)


def wander(dice: np.random.Generator, count: int, period_s: float) -> Floats:
    """A smooth random walk around 0 [count], about -1 to 1, turning once a `period_s`."""
    step = max(1, round(period_s / FRAME_S))
    knots = dice.uniform(-1.0, 1.0, count // step + 2)
    return smooth(np.interp(np.arange(count) / step, np.arange(knots.size), knots), step)


def decibels(values: Floats) -> Floats:
    """Power factors of gains in dB."""
    return np.exp(values * (np.log(10.0) / 10.0))  # several times faster than a power of ten
