"""Log-mel front ends: waveforms to what speech networks listen to, by the recipe of HiFi-GAN.

Windows and spectra are float32 throughout: a window that is computed in float64 and rounded moves
the logarithm of quiet bands by 1e-4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

Floats = npt.NDArray[np.float64]

# Slaney's mel scale: linear up to 1 kHz, logarithmic above.
_BREAK_HZ = 1000.0
_HZ_PER_MEL = 200.0 / 3.0
_BREAK_MEL = _BREAK_HZ / _HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27.0


@dataclass(frozen=True)
class MelConfig:
    """What a mel of some network is. Lengths are in samples."""

    sample_rate_hz: int
    n_fft: int
    hop: int
    window: int  # periodic Hann, in the middle of the n_fft samples of a frame
    bands: int
    fmin_hz: float
    fmax_hz: float
    padding: int  # mirrored at both ends, the sample at the edge not repeated
    epsilon: float  # under the root of the magnitude
    floor: float  # of a band, before the logarithm


class LogMel:
    """The front end of one network, on its device."""

    def __init__(self, config: MelConfig, device: torch.device) -> None:
        self.config = config
        self._window = torch.hann_window(config.window).to(device)  # as a CPU rounds it
        self._filters = slaney_filters(config).to(device)  # [M, F]

    def __call__(self, wave: Tensor) -> Tensor:
        """Waveforms of one length, float32 [B, T] -> natural logarithms [B, M, T_mel].

        T has to exceed the padding. T_mel is T // hop where frames and padding are as in HiFi-GAN:
        n_fft samples wide, (n_fft - hop) / 2 on each side.
        """
        config = self.config
        assert wave.shape[1] > config.padding, wave.shape
        spectrum = torch.stft(
            F.pad(wave.unsqueeze(1), (config.padding, config.padding), mode="reflect").squeeze(1),
            config.n_fft,
            config.hop,
            config.window,
            self._window,
            center=False,
            return_complex=True,
        )  # [B, F, T_mel]
        real, imaginary = spectrum.real, spectrum.imag
        magnitude = torch.sqrt(real.square() + imaginary.square() + config.epsilon)
        # One product a row: a row's rounding does not depend on the others.
        bands = torch.stack([self._filters @ row for row in magnitude])
        return bands.clamp_min(config.floor).log()


def slaney_filters(config: MelConfig) -> Tensor:
    """Triangles of equal area, equally spaced on Slaney's mel scale. [M, n_fft / 2 + 1]

    Rounded to float32 before and after they are given their area, as librosa does it.
    """
    bins_hz = np.fft.rfftfreq(config.n_fft, 1.0 / config.sample_rate_hz)
    low, high = _mel(np.array([config.fmin_hz, config.fmax_hz]))
    edges_hz = _hz(np.linspace(low, high, config.bands + 2))
    slopes = edges_hz[:, None] - bins_hz  # [M + 2, F]
    widths = np.diff(edges_hz)[:, None]
    rising, falling = -slopes[:-2] / widths[:-1], slopes[2:] / widths[1:]
    triangles = np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
    area = 2.0 / (edges_hz[2:] - edges_hz[:-2])
    return torch.from_numpy((triangles * area[:, None]).astype(np.float32))


def _mel(hz: Floats) -> Floats:
    above = _BREAK_MEL + np.log(np.maximum(hz, _BREAK_HZ) / _BREAK_HZ) / _LOG_STEP
    return np.where(hz >= _BREAK_HZ, above, hz / _HZ_PER_MEL)


def _hz(mel: Floats) -> Floats:
    above = _BREAK_HZ * np.exp(_LOG_STEP * (mel - _BREAK_MEL))
    return np.where(mel >= _BREAK_MEL, above, mel * _HZ_PER_MEL)
