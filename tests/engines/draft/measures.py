"""What a listener would measure, written without the engine's own analysis.

F0 by autocorrelation (Boersma 1993, without his path finder), noise by the height of the same
peak, spectra by a plain FFT.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, sosfiltfilt

from vocalino.audio import Audio

HOP_S = 0.01
WINDOW_S = 0.04


@dataclass(frozen=True)
class Measures:
    """One take. Levels in dB re full scale, F0 in Hz, range and tremor in semitones."""

    duration_s: float
    level_db: float
    f0_hz: float
    range_st: float
    tremor_st: float
    """Effective modulation of the F0 from 4.5 to 7.5 Hz."""
    harmonics_db: float
    """Harmonics-to-noise ratio, median over the active frames."""
    high_harmonics_db: float
    """The same above 1.2 kHz, where breath is heard first, over the voiced frames."""
    voiced: float
    """Voiced share of the active frames."""
    tilt_db: float
    """Energy above 1 kHz against that below."""


def measure(audio: Audio) -> Measures:
    rate = audio.sample_rate_hz
    samples = audio.samples.astype(np.float64)
    frames = windows(samples, rate)
    power = np.mean(frames**2, axis=1)
    active = power > power.max() * 1e-3
    f0_hz, strength = _autocorrelation(frames[active], rate)
    high = sosfiltfilt(butter(4, [1200.0, 5000.0], "band", fs=rate, output="sos"), samples)
    high_strength = _at_lag(windows(high, rate)[active], rate / f0_hz)
    voiced = strength > 0.5
    semitones = 12.0 * np.log2(np.maximum(f0_hz, 1.0))
    kept = semitones[voiced] if voiced.any() else np.zeros(1)
    middle = float(np.median(kept))
    kept = kept[np.abs(kept - middle) < 11.0]  # octave errors
    spectrum = np.mean(np.abs(np.fft.rfft(frames[active] * np.hanning(frames.shape[1]))) ** 2, 0)
    hz = np.fft.rfftfreq(frames.shape[1], 1.0 / rate)
    return Measures(
        duration_s=audio.duration_s,
        level_db=10.0 * float(np.log10(power[active].mean() + 1e-12)),
        f0_hz=2.0 ** (middle / 12.0),
        range_st=float(np.percentile(kept, 90) - np.percentile(kept, 10)),
        tremor_st=_wobble(semitones, strength > 0.7),
        harmonics_db=_ratio_db(strength),
        high_harmonics_db=_ratio_db(high_strength[voiced]),
        voiced=float(voiced.mean()),
        tilt_db=10.0 * float(np.log10(spectrum[hz > 1000.0].sum() / spectrum[hz <= 1000.0].sum())),
    )


def windows(samples: np.ndarray, rate: int) -> np.ndarray:
    """Overlapping windows [N, 40 ms]."""
    size, hop = round(WINDOW_S * rate), round(HOP_S * rate)
    return np.lib.stride_tricks.sliding_window_view(samples, size)[::hop]


def clicks_per_s(audio: Audio) -> float:
    """Sudden peaks above 4 kHz: over eight times the level of the 20 ms around them."""
    rate = audio.sample_rate_hz
    high = np.abs(
        sosfiltfilt(butter(4, 4000.0, "high", fs=rate, output="sos"), audio.samples.astype(float))
    )
    size = round(0.01 * rate)
    blocks = high[: high.size // size * size].reshape(-1, size)
    peak, power = blocks.max(axis=1), np.mean(blocks**2, axis=1)
    around = np.sqrt((np.roll(power, 1) + np.roll(power, -1)) / 2.0)
    lonely = peak > 8.0 * np.maximum(around, 3e-4)
    return float(np.count_nonzero(lonely)) / audio.duration_s


def centroid_hz(audio: Audio) -> float:
    """Centre of the power spectrum between 300 Hz and 4 kHz: where the resonances are."""
    power = np.abs(np.fft.rfft(audio.samples.astype(np.float64))) ** 2
    hz = np.fft.rfftfreq(audio.samples.size, 1.0 / audio.sample_rate_hz)
    inside = (hz > 300.0) & (hz < 4000.0)
    return float((hz * power)[inside].sum() / power[inside].sum())


def _ratio_db(strength: np.ndarray) -> float:
    if not strength.size:
        return -30.0
    clear = np.clip(strength, 1e-3, 0.9999)
    return float(np.median(10.0 * np.log10(clear / (1.0 - clear))))


def _at_lag(frames: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """The best correlation of each frame within a few samples of its lag."""
    size = frames.shape[1]
    window = np.hanning(size)
    own = np.fft.irfft(np.abs(np.fft.rfft(window, 2 * size)) ** 2)[:size]
    curve = np.fft.irfft(np.abs(np.fft.rfft(frames * window, 2 * size)) ** 2)[:, :size]
    curve = curve / np.maximum(curve[:, :1], 1e-12) / np.maximum(own / own[0], 1e-3)
    near = np.round(lags).astype(int)[:, None] + np.arange(-4, 5)
    return np.take_along_axis(curve, np.clip(near, 1, size * 3 // 4), axis=1).max(axis=1)


def _autocorrelation(frames: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray]:
    """F0 and the height of its peak, 0 to 1, of each frame."""
    size = frames.shape[1]
    window = np.hanning(size)

    def correlate(x: np.ndarray) -> np.ndarray:
        return np.fft.irfft(np.abs(np.fft.rfft(x, 2 * size)) ** 2)[..., :size]

    own = correlate(window)
    curve = correlate((frames - frames.mean(axis=1, keepdims=True)) * window)
    curve = curve / np.maximum(curve[:, :1], 1e-12) / np.maximum(own / own[0], 1e-3)
    low, high = round(rate / 600.0), min(round(rate / 60.0), size * 3 // 4)
    lags = np.arange(low, high)
    favour_short = 0.02 * np.log2(lags / low)  # against octave errors
    best = lags[np.argmax(curve[:, low:high] - favour_short, axis=1)]
    rows = np.arange(len(curve))
    left, top, right = curve[rows, best - 1], curve[rows, best], curve[rows, best + 1]
    bend = np.minimum(left - 2.0 * top + right, -1e-12)
    shift = np.clip(0.5 * (left - right) / bend, -0.5, 0.5)
    return rate / (best + shift), np.clip(top, 0.0, 1.0)


def _wobble(semitones: np.ndarray, voiced: np.ndarray) -> float:
    """Effective F0 modulation from 4.5 to 7.5 Hz, where a trembling voice has it."""
    middle = np.median(semitones[voiced]) if voiced.any() else 0.0
    sure = np.flatnonzero(voiced & (np.abs(semitones - middle) < 8.0))  # no octave errors
    if sure.size < 20:
        return 0.0
    course = np.interp(np.arange(semitones.size), sure, semitones[sure])
    band = butter(2, [4.5, 7.5], "band", fs=1.0 / HOP_S, output="sos")
    wave = sosfiltfilt(band, course - middle)
    return float(np.sqrt(np.mean(wave[sure] ** 2)))
