"""How loud, and making it louder, quieter or safe; levels in dB re full scale."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from vocalino.audio.activity import activity
from vocalino.audio.value import Audio
from vocalino.errors import AudioError

_GATE_S = 0.4  # gating block of ITU-R BS.1770-4, 75 % overlap


def loudness_lufs(audio: Audio) -> float | None:
    """Integrated loudness (ITU-R BS.1770-4, EBU R 128), None for silence (under -70 LUFS).

    A clip shorter than one gating block (0.4 s) is measured over its own length as if it were
    one: the same weighting and gate. Lines under 3 s vary by a few LU; `active_level_db` is
    steadier.
    """
    import pyloudnorm  # pyright: ignore[reportMissingTypeStubs]  # slow: brings scipy.signal

    rate_hz = audio.sample_rate_hz
    size = audio.samples.size
    block = math.ceil(_GATE_S * rate_hz)
    if not size:
        return None
    samples = audio.samples.astype(np.float64)
    if size < block:
        samples = np.pad(samples * np.sqrt(block / size), (0, block - size))
    else:  # whole blocks only, as the standard has it; pyloudnorm would count a part as one
        hop = block / 4
        samples = samples[: math.ceil((size - block) // hop * hop) + block]
    meter: Any = pyloudnorm.Meter(rate_hz, block_size=_GATE_S)
    lufs = float(meter.integrated_loudness(samples))
    return lufs if np.isfinite(lufs) else None


def active_level_db(audio: Audio) -> float | None:
    """RMS level in dBFS of the parts where somebody speaks, pauses left out; None for silence.

    In the spirit of ITU-T P.56, with the threshold of `activity`. Rumble under 60 Hz is left out.
    """
    found = activity(audio)
    if not found.active.any():
        return None
    return float(10 * np.log10(np.mean(np.power(10, found.levels_db[found.active] / 10))))


def gain(audio: Audio, gain_db: float) -> Audio:
    """`audio` louder by `gain_db`. It may go over full scale: see `soft_limit`."""
    return Audio(audio.samples * np.float32(10 ** (gain_db / 20)), audio.sample_rate_hz)


def soft_limit(audio: Audio, knee: float = 0.7, ceiling: float = 0.98) -> Audio:
    """Samples under `knee` as they are, the rest bent below `ceiling` (linear, full scale 1).

    A memoryless tanh knee: it follows every peak, cannot pump, and colours only what is loud.

    Raises:
        AudioError: not 0 < knee < ceiling <= 1.
    """
    if not 0 < knee < ceiling <= 1:
        raise AudioError(f"a limiter needs 0 < knee < ceiling <= 1, got {knee:g} and {ceiling:g}")
    if audio.peak <= knee:
        return audio
    room = ceiling - knee
    size = np.abs(audio.samples)
    bent = np.sign(audio.samples) * (knee + room * np.tanh((size - knee) / room))
    return Audio(np.where(size > knee, bent, audio.samples), audio.sample_rate_hz)
