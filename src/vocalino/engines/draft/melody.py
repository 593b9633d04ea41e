"""The F0 of a performance: register, range, emphasis, tremor and roughness."""

from __future__ import annotations

import numpy as np

from vocalino.engines.draft.curves import smooth, wander
from vocalino.engines.draft.frames import FRAME_S, Floats, Frames
from vocalino.engines.draft.notes import Cue
from vocalino.seeds import generator

LOWEST_HZ, HIGHEST_HZ = 50.0, 900.0
TREMOR_HZ = (4.8, 6.4)
EMPHASIS_SEMITONES = 2.8
TREMOR_SEMITONES = 1.3


def sing(frames: Frames, cue: Cue, positions: Floats, stress: Floats, tremor: Floats) -> Floats:
    """F0 [T] of retimed `frames`; 0 stays 0. `stress` and `tremor` are curves over the frames."""
    voiced = np.flatnonzero(frames.voiced)
    if not voiced.size:
        return frames.f0_hz
    plan, count = cue.plan, len(frames)
    take, dice = generator(cue.seed, "draft register of the take"), cue.dice("melody")
    spread = 2.0 ** (plan.curve("range", positions) + 0.22 * take.uniform(-1.0, 1.0))
    register = plan.curve("pitch", positions) + 0.6 * take.uniform(-1.0, 1.0)

    contour = 12.0 * np.log2(frames.f0_hz[voiced])
    middle = float(np.median(contour))
    contour = np.interp(np.arange(count), voiced, contour) - middle
    contour += 0.7 * wander(dice, count, 0.6) + EMPHASIS_SEMITONES * stress
    semitones = middle + contour * spread + register + TREMOR_SEMITONES * tremor
    semitones += _roughness(cue, positions, count, dice)
    f0_hz = np.clip(2.0 ** (semitones / 12.0), LOWEST_HZ, HIGHEST_HZ)
    return np.where(frames.voiced, f0_hz, 0.0)


def trembling(cue: Cue, positions: Floats) -> Floats:
    """The tremor, -1 to 1 at full strength [T]; its rate drifts and differs from take to take."""
    dice = cue.dice("tremor")
    rate_hz = dice.uniform(*TREMOR_HZ) + 0.35 * wander(dice, positions.size, 0.8)
    phase = dice.uniform(0.0, 2.0 * np.pi) + 2.0 * np.pi * FRAME_S * np.cumsum(rate_hz)
    uneven = 1.0 + 0.3 * wander(dice, positions.size, 0.35)
    return cue.plan.curve("tremor", positions) * uneven * np.sin(phase)


def _roughness(cue: Cue, positions: Floats, count: int, dice: np.random.Generator) -> Floats:
    """Semitones of jitter, and of creak: lower, and wavering the lower it gets."""
    jitter = cue.plan.curve("jitter", positions)
    creak = cue.plan.curve("creak", positions)
    quick = smooth(dice.normal(0.0, 1.0, count), 3)
    slow = np.abs(wander(dice, count, 0.18))
    return quick * (0.35 * jitter + 0.8 * creak * slow) - creak * (1.0 + 3.5 * slow)
