"""Sounds to convert: something between speech and a siren, from a seed."""

from __future__ import annotations

import numpy as np

from vocalino.audio import Audio


def babble(seconds: float, seed: int = 0, sample_rate_hz: int = 24_000) -> Audio:
    """A voice-like buzz whose pitch, formant and loudness wander."""
    random = np.random.default_rng(seed)
    time = np.arange(round(seconds * sample_rate_hz)) / sample_rate_hz
    pitch = 120 + 60 * np.sin(2 * np.pi * (0.7 * time + random.random()))
    phase = 2 * np.pi * np.cumsum(pitch) / sample_rate_hz
    formant = 5 + 4 * np.sin(2 * np.pi * (1.3 * time + random.random()))
    buzz = sum(np.sin(k * phase) / (1 + (k - formant) ** 2) for k in range(1, 16))
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * (2.5 * time + random.random()))
    noise = 0.01 * random.standard_normal(time.size)
    return Audio((0.2 * syllables * buzz + noise).astype(np.float32), sample_rate_hz)
