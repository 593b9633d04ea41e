"""The sound of a performance: effort, breath, whisper, smile, roughness, energy."""

from __future__ import annotations

import numpy as np

from vocalino.engines.draft.curves import BIN_HZ, decibels, octaves, smooth, wander
from vocalino.engines.draft.frames import BINS, Floats, Frames
from vocalino.engines.draft.notes import Cue

EFFORT_DB_PER_OCTAVE = 3.0
WHISPER_SHELF_DB = -18.0
WHISPER_SHELF_HZ = 500.0
WHISPERED_VOWEL_DB = -10.0
EMPHASIS_DB = 3.2
TREMOR_DB = 2.5


def colour(frames: Frames, cue: Cue, positions: Floats, stress: Floats, tremor: Floats) -> Frames:
    """Envelope and aperiodicity of retimed `frames` as acted; whispered frames lose their F0."""
    plan = cue.plan
    effort, smile = plan.curve("effort", positions), plan.curve("smile", positions)
    breath, whisper = plan.curve("breath", positions), plan.curve("whisper", positions)
    voice = smooth(frames.voiced.astype(float), 5)  # a soft weight: hard switches click

    formants = (1.0 + 0.035 * smile) * (1.0 + 0.02 * effort) * (1.0 + 0.06 * whisper)
    envelope = stretched(frames.envelope, formants)
    slope = EFFORT_DB_PER_OCTAVE * effort * (0.35 + 0.65 * voice) - 1.5 * breath * voice
    if np.any(slope):
        envelope = _tilted(envelope, slope)
    aperiodicity = _breathed(frames.aperiodicity, breath, whisper)
    if np.any(breath) or np.any(whisper):
        hiss = _hiss(envelope, np.maximum(0.7 * breath, whisper) * voice)
        with_hiss = envelope + hiss
        noise = envelope * aperiodicity**2 + hiss  # powers add
        aperiodicity = np.sqrt(noise / np.maximum(with_hiss, 1e-30))
        envelope = with_hiss
    if np.any(whisper):
        shelf = WHISPER_SHELF_DB / (1.0 + (BIN_HZ / WHISPER_SHELF_HZ) ** 4)
        envelope = envelope * decibels(np.outer(whisper, shelf))
    gains_db = _gains_db(frames, cue, positions) + EMPHASIS_DB * stress + TREMOR_DB * tremor
    gains_db = gains_db + WHISPERED_VOWEL_DB * whisper * voice
    envelope = envelope * decibels(gains_db)[:, None]

    f0_hz = np.where(whisper > 0.5, 0.0, frames.f0_hz)
    return Frames(f0_hz, envelope, aperiodicity)


def stretched(envelope: Floats, factors: Floats) -> Floats:
    """The envelope [T, 513] with all resonances moved by `factors` [T] in frequency."""
    if np.all(np.abs(factors - 1.0) < 1e-6):
        return envelope
    wanted = np.arange(BINS)[None, :] / factors[:, None]
    wanted = np.minimum(wanted, BINS - 1.001)
    below = wanted.astype(np.intp)
    share = wanted - below
    logs = np.log(np.maximum(envelope, 1e-16))
    low = np.take_along_axis(logs, below, axis=1)
    high = np.take_along_axis(logs, below + 1, axis=1)
    return np.exp(low + (high - low) * share)


def _tilted(envelope: Floats, db_per_octave: Floats) -> Floats:
    """Tilted around 1 kHz, each frame at the power it had."""
    tilted = envelope * decibels(np.outer(db_per_octave, octaves()))
    power = envelope.sum(axis=1) / np.maximum(tilted.sum(axis=1), 1e-30)
    return tilted * power[:, None]


def _hiss(envelope: Floats, amount: Floats) -> Floats:
    """The noise above 4 kHz that breath has and espeak-ng's vowels lack: power [T, 513]."""
    body = envelope[:, (BIN_HZ > 1500.0) & (BIN_HZ < 4000.0)].mean(axis=1)
    rise = np.clip((BIN_HZ - 3500.0) / 1500.0, 0.0, 1.0) * decibels(-6.0 * (BIN_HZ / 12_000.0))
    strength = body * amount * decibels(-20.0 + 8.0 * amount)
    return strength[:, None] * rise


def _breathed(aperiodicity: Floats, breath: Floats, whisper: Floats) -> Floats:
    """Noise let into the voice from 200 Hz up; all of it is noise in a whisper."""
    if not (np.any(breath) or np.any(whisper)):
        return aperiodicity
    rise = np.clip(np.log2(np.maximum(BIN_HZ, 1.0) / 200.0) / np.log2(2500.0 / 200.0), 0.0, 1.0)
    share = np.clip(np.outer(0.8 * breath, 0.15 + 0.85 * rise), 0.0, 1.0)
    share = np.maximum(share, np.clip(2.0 * whisper, 0.0, 0.999)[:, None])
    return 1.0 - (1.0 - aperiodicity) * (1.0 - share)


def _gains_db(frames: Frames, cue: Cue, positions: Floats) -> Floats:
    """Energy contrast (attack) and unsteadiness (creak, jitter) in dB [T]."""
    count, dice = len(frames), cue.dice("energy")
    gains_db = np.zeros(count)
    attack = cue.plan.curve("attack", positions)
    if np.any(attack):
        level_db = 10.0 * np.log10(frames.envelope.mean(axis=1) + 1e-9)
        contrast = smooth(level_db, 5) - smooth(level_db, 81)
        gains_db += attack * np.clip(0.45 * contrast, -6.0, 4.0)
    rough = smooth(dice.normal(0.0, 1.0, count), 3)
    creak, jitter = cue.plan.curve("creak", positions), cue.plan.curve("jitter", positions)
    gains_db += rough * (2.5 * creak + 0.8 * jitter) - 2.0 * creak * np.abs(
        wander(dice, count, 0.15)
    )
    return gains_db
