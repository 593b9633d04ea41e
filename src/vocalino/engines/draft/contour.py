"""F0 of one voice moved into the register and range of another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vocalino.engines.draft.filters import gaussian, median
from vocalino.engines.draft.frames import Floats

_OUTLIER_ST = 1.5
_MEDIAN_FRAMES, _SMOOTH_FRAMES = 25, 3.0
_FAR_ST = 14.0  # octave errors stay out of a register
_P10_TO_P90 = 2.563  # standard deviations between these percentiles of a normal distribution


@dataclass(frozen=True)
class Register:
    """Where a voice speaks, in semitones re 100 Hz; the spread is a robust standard deviation."""

    median_st: float
    spread_st: float


def semitones(f0_hz: Floats) -> Floats:
    return 12.0 * np.log2(f0_hz / 100.0)


def register_of(f0_hz: Floats) -> Register:
    """The register of F0 [T], 0 where unvoiced; some of it must be voiced."""
    voiced = semitones(f0_hz[f0_hz > 0.0])
    near = voiced[np.abs(voiced - np.median(voiced)) < _FAR_ST]
    low, high = np.percentile(near, [10.0, 90.0])
    return Register(float(np.median(near)), max(float(high - low) / _P10_TO_P90, 0.3))


def moved(f0_hz: Floats, source: Register, target: Register, limit: float) -> Floats:
    """F0 [T] of the source voice in the target's register; 0 stays 0.

    Excursions bend softly towards `limit` spreads from the median.
    """
    voiced = f0_hz > 0.0
    if not voiced.any():
        return f0_hz
    z = (_cleaned(f0_hz) - source.median_st) / source.spread_st
    z = limit * np.tanh(z / limit)
    contour_st = target.median_st + target.spread_st * z
    return np.where(voiced, 100.0 * 2.0 ** (contour_st / 12.0), 0.0)


def _cleaned(f0_hz: Floats) -> Floats:
    """Semitones of every frame [T]: bridged where unvoiced, without jumps that no voice makes."""
    places = np.arange(f0_hz.size)
    voiced = np.flatnonzero(f0_hz > 0.0)
    contour = np.interp(places, voiced, semitones(f0_hz[voiced]))
    steps = np.abs(contour - median(contour, _MEDIAN_FRAMES))
    kept = voiced[steps[voiced] <= _OUTLIER_ST]
    if kept.size:
        contour = np.interp(places, kept, contour[kept])
    return gaussian(contour, _SMOOTH_FRAMES)
