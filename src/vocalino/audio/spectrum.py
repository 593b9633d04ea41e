"""What a reference clip looks like in frequency: bands over time, bandwidth, periodicity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vocalino.audio.activity import without_rumble
from vocalino.audio.value import Audio

Values = npt.NDArray[np.float64]
BandLevels = npt.NDArray[np.float64]  # [M bands, F frames], dB

_FRAME_S = 0.064  # long enough to part harmonics, short enough to follow syllables
_LOWEST_HZ, _HIGHEST_HZ = 100.0, 8_000.0
_BANDS = 24
_POWER_FLOOR = 1e-14  # -140 dB: digital silence has a level too
_BANDWIDTH_DB = 62.0  # a frequency that is never within this of the loudest one carries no speech
_F0_LOWEST_HZ, _F0_HIGHEST_HZ = 60.0, 650.0


@dataclass(frozen=True, eq=False)
class Spectrogram:
    """Power [F, B] of half-overlapping Hann frames; a full-scale sine is about 0 dB."""

    frequencies_hz: Values  # [B]
    power: Values  # [F, B]


def spectrogram(audio: Audio) -> Spectrogram:
    frames = _frames(audio)  # [F, N]
    size = frames.shape[1]
    # A sine of amplitude 1 peaks at N/4 under a Hann window; rows one by one keep memory small.
    power = np.stack([np.square(np.abs(np.fft.rfft(row))) for row in frames]) * (4 / size) ** 2
    frequencies_hz = np.fft.rfftfreq(size, 1 / audio.sample_rate_hz).astype(np.float64)
    return Spectrogram(frequencies_hz, power)


def band_levels(spectrum: Spectrogram) -> BandLevels:
    """Levels of mel-spaced bands over time [M, F] in dB."""
    frequencies_hz = spectrum.frequencies_hz
    top_hz = min(_HIGHEST_HZ, float(frequencies_hz[-1]))
    edges_mel = np.linspace(_mel(_LOWEST_HZ), _mel(top_hz), _BANDS + 1)
    edges = np.searchsorted(frequencies_hz, 700 * (np.power(10, edges_mel / 2595) - 1))
    power = np.add.reduceat(spectrum.power[:, : edges[-1]], edges[:-1], axis=1)
    return 10 * np.log10(power.T + _POWER_FLOOR)


def bandwidth_hz(spectrum: Spectrogram) -> float:
    """The highest frequency at which the clip's loudest moments hold anything to speak of."""
    loudest = np.percentile(spectrum.power, 95, axis=0)  # [B]
    loudest = np.convolve(loudest, np.ones(9) / 9, mode="same")  # one stray bin is no bandwidth
    heard = np.flatnonzero(loudest > loudest.max() * 10 ** (-_BANDWIDTH_DB / 10))
    return float(spectrum.frequencies_hz[heard[-1]]) if heard.size else 0.0


def periodicity(audio: Audio) -> float:
    """Median height, 0 to 1, of the autocorrelation's peak between 60 and 650 Hz."""
    frames = _frames(audio)
    length = frames.shape[1]
    size = 2 ** int(np.ceil(np.log2(2 * length)))
    lags = slice(
        int(audio.sample_rate_hz / _F0_HIGHEST_HZ),
        min(int(audio.sample_rate_hz / _F0_LOWEST_HZ) + 1, length // 2),
    )
    window = _autocorrelation(np.hanning(length), size)
    heights: list[float] = []
    for row in frames:
        correlation = _autocorrelation(row, size)
        height = correlation[lags] / (correlation[0] + _POWER_FLOOR) * window[0] / window[lags]
        heights.append(float(height.max()))
    return float(np.median(heights))


def _frames(audio: Audio) -> Values:
    """[F, N] windowed frames, at least one."""
    samples = without_rumble(audio)
    size = round(_FRAME_S * audio.sample_rate_hz)
    if samples.size < size:
        samples = np.pad(samples, (0, size - samples.size))
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[:: size // 2]
    return frames * np.hanning(size)


def _autocorrelation(samples: Values, size: int) -> Values:
    return np.fft.irfft(np.square(np.abs(np.fft.rfft(samples, size))))


def _mel(frequency_hz: float) -> float:
    return float(2595 * np.log10(1 + frequency_hz / 700))
