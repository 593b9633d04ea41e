"""A performance out of neutral frames: rhythm, melody, timbre, level."""

from __future__ import annotations

import numpy as np

from vocalino.audio import Audio
from vocalino.audio.loudness import soft_limit
from vocalino.engines.draft.curves import decibels, smooth
from vocalino.engines.draft.frames import FRAME_S, SAMPLE_RATE_HZ, Floats, Frames, synthesise
from vocalino.engines.draft.melody import sing, trembling
from vocalino.engines.draft.notes import Cue
from vocalino.engines.draft.rhythm import emphasis, marked, retime
from vocalino.engines.draft.timbre import colour

ACTIVE_LEVEL_DB = -23.0
FADE_S = 0.008
_BLOCK = SAMPLE_RATE_HZ // 50


def perform(frames: Frames, cue: Cue) -> Audio:
    """Act `frames` as `cue` says: 24 kHz, active level -23 dB plus the asked loudness.

    The frames are those of the sentence that the cue was made for, or converted ones of the same
    length. A pure function: the same frames and cue give the same bytes.
    """
    count = len(frames)
    acted, sources = retime(frames, cue)
    if not len(acted):
        return Audio(np.zeros(0, np.float32), SAMPLE_RATE_HZ)
    positions = sources / count
    stress = np.interp(sources, np.arange(count), emphasis(count, cue))
    tremor = trembling(cue, positions)
    acted = acted.with_f0(sing(acted, cue, positions, stress, tremor))
    acted = colour(acted, cue, positions, stress, tremor)
    hush = smooth(np.interp(sources, np.arange(count), _hush(count, cue)), 5)
    acted = Frames(
        acted.f0_hz, acted.envelope * decibels(-60.0 * hush)[:, None], acted.aperiodicity
    )
    return _levelled(synthesise(acted), cue.plan.curve("level_db", positions))


def active_rms(samples: Floats) -> float:
    """Root mean square over the 20 ms blocks within 30 dB of the loudest, 0.0 for silence."""
    blocks = samples[: samples.size // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    power = np.mean(np.square(blocks), axis=1) if blocks.size else np.zeros(1)
    loudest = float(power.max())
    return float(np.sqrt(power[power >= loudest * 1e-3].mean())) if loudest > 0.0 else 0.0


def _hush(count: int, cue: Cue) -> Floats:
    """1 inside silences, from 15 ms after the sound before to 15 ms before the next [count]."""
    silent = marked("silence", count, cue)
    inside = np.convolve(silent, np.ones(7) / 7.0, mode="same") > 0.999
    return inside.astype(np.float64)


def _levelled(audio: Audio, level_db: Floats) -> Audio:
    samples = audio.samples.astype(np.float64)
    rms = active_rms(samples)
    if rms > 0.0:
        samples *= 10.0 ** (ACTIVE_LEVEL_DB / 20.0) / rms
    moments = np.arange(samples.size) / (SAMPLE_RATE_HZ * FRAME_S)
    samples *= 10.0 ** (np.interp(moments, np.arange(level_db.size), level_db) / 20.0)
    return finished(samples)


def finished(samples: Floats, fade_s: float = FADE_S) -> Audio:
    """Sound at 24 kHz out of samples [T]: peaks bent under full scale, no clicks at the ends."""
    limited = soft_limit(Audio(samples.astype(np.float32), SAMPLE_RATE_HZ)).samples.copy()
    fade = np.linspace(0.0, 1.0, min(round(fade_s * SAMPLE_RATE_HZ), limited.size // 2))
    limited[: fade.size] *= fade
    limited[limited.size - fade.size :] *= fade[::-1]
    return Audio(limited, SAMPLE_RATE_HZ)
