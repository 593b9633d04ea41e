"""The mel that Seed-VC V2 converts and its vocoder speaks (spec section 3.2)."""

from __future__ import annotations

from vocalino.nn.mel import MelConfig

MEL = MelConfig(
    sample_rate_hz=22050,
    n_fft=1024,
    hop=256,
    window=1024,
    bands=80,
    fmin_hz=0.0,
    fmax_hz=11025.0,
    padding=384,
    epsilon=1e-9,
    floor=1e-5,
)
