"""Kaldi's filter bank energies at 16 kHz: what the style encoder listens to (spec section 3.3).

Everything is float32, filters and window too: the float64 recipe differs by up to 4e-4 in quiet
bands, which the style encoder amplifies.
"""

from __future__ import annotations

from functools import cache
from math import log

import torch
from torch import Tensor
from torch.nn import functional as F

SAMPLE_RATE_HZ = 16000
FRAME = 400  # samples, 25 ms
HOP = 160  # samples, 10 ms
N_FFT = 512
BANDS = 80
_LOW_HZ, _HIGH_HZ = 20.0, 8000.0
_PRE_EMPHASIS = 0.97
_WINDOW_POWER = 0.85  # of a symmetric Hann window: Kaldi's "povey"
_FLOOR = torch.finfo(torch.float32).eps


def frames_in(samples: int) -> int:
    """Whole frames in so many samples."""
    return 0 if samples < FRAME else 1 + (samples - FRAME) // HOP


def fbank(wave: Tensor) -> Tensor:
    """Natural logarithms of band energies of a waveform in [-1, 1], float32 [T] -> [T_f, 80].

    Frames are whole ones only. The mean over time is not taken off.
    """
    frames = wave.unfold(0, FRAME, HOP)  # [T_f, 400]
    frames = frames - frames.mean(dim=1, keepdim=True)
    before = F.pad(frames.unsqueeze(0), (1, 0), mode="replicate").squeeze(0)[:, :-1]
    frames = (frames - _PRE_EMPHASIS * before) * _window(wave.device)
    power = torch.fft.rfft(frames, N_FFT).abs().square()  # [T_f, 257]
    return (power @ _filters(wave.device)).clamp_min(_FLOOR).log()


@cache
def _window(device: torch.device) -> Tensor:
    return torch.hann_window(FRAME, periodic=False).pow(_WINDOW_POWER).to(device)


@cache
def _filters(device: torch.device) -> Tensor:
    """Triangles on the mel scale, straight in mel and not in Hz. [257, 80]"""
    low, high = _mel_of(_LOW_HZ), _mel_of(_HIGH_HZ)
    step = (high - low) / (BANDS + 1)
    edges = low + torch.arange(BANDS + 2) * step
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]  # [80] each
    bins_hz = SAMPLE_RATE_HZ / N_FFT * torch.arange(N_FFT // 2)
    mel = (1127.0 * (1.0 + bins_hz / 700.0).log()).unsqueeze(1)  # [256, 1]
    rising, falling = (mel - left) / (centre - left), (right - mel) / (right - centre)
    triangles = torch.minimum(rising, falling).clamp_min(0.0)
    return F.pad(triangles, (0, 0, 0, 1)).to(device)  # nothing for the bin at half the rate


def _mel_of(hz: float) -> float:
    return 1127.0 * log(1.0 + hz / 700.0)
