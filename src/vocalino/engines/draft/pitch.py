"""F0 of a recording by autocorrelation: quick, and it holds on in noise.

Each height is corrected for the window, as in P. Boersma, "Accurate short-term analysis of the
fundamental frequency", IFA Proceedings 17 (1993). A second pass looks only where the first found
the voice to be, as in C. De Looze, D. Hirst, "Detecting changes in key and range", Speech Prosody
(2008): that is what keeps octaves apart.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SAMPLE_RATE_HZ = 16_000
"""The rate of the samples that `track` wants."""
_WINDOW = 640  # 40 ms: over two periods of the lowest voice
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 650.0
_CLEAR, _PERIODIC = 0.7, 0.5
_FAVOUR_SHORT = 0.02  # an octave: a multiple of the period fits nearly as well as the period
_BELOW, _ABOVE = 0.7, 2.0  # of the quartiles: wide enough for acted speech
_AUDIBLE_DB = 40.0
_BLOCK = 2000  # frames at once: bounds memory
_ENOUGH = 20
_FADES = 0.1  # by how much a voice may be less alike two periods on


def track(samples: Floats, hop_s: float) -> Floats:
    """F0 [T] every `hop_s`, frame t around t * hop_s; 0 where nothing repeats itself."""
    hop = round(hop_s * SAMPLE_RATE_HZ)
    frames = framed(samples, _WINDOW, hop)
    level_db = 10.0 * np.log10(np.square(frames).mean(axis=1) + 1e-20)
    audible = level_db > np.percentile(level_db, 95.0) - _AUDIBLE_DB
    curves = np.concatenate(
        [_correlated(frames[start : start + _BLOCK]) for start in range(0, len(frames), _BLOCK)]
    )
    f0_hz, height = _best(curves, _LOWEST_HZ, _HIGHEST_HZ)
    clear = f0_hz[audible & (height > _CLEAR)]
    if clear.size >= _ENOUGH:
        low, high = np.percentile(clear, [25.0, 75.0])
        f0_hz, height = _best(curves, _BELOW * float(low), _ABOVE * float(high))
    return np.where(audible & (height > _PERIODIC), f0_hz, 0.0)


def framed(samples: Floats, size: int, hop: int) -> Floats:
    """[T, size], frame t around sample t * hop; silence beyond the ends."""
    padded = np.pad(samples, (size // 2, size - size // 2))
    return np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]


_HANN = np.hanning(_WINDOW)


def _power(frames: Floats) -> Floats:
    return np.fft.irfft(np.square(np.abs(np.fft.rfft(frames, 2 * _WINDOW))))


def _correlated(frames: Floats) -> npt.NDArray[np.float32]:
    """Height 0 to 1 of the autocorrelation at every lag down to the lowest F0 [T, lags]."""
    longest = int(SAMPLE_RATE_HZ / _LOWEST_HZ) + 1
    curves = _power((frames - frames.mean(axis=1, keepdims=True)) * _HANN)[:, : longest + 1]
    own = _power(_HANN)[: longest + 1]
    curves = curves / np.maximum(curves[:, :1], 1e-12) / (own / own[0])
    return curves.astype(np.float32)


def _repeated(curves: npt.NDArray[np.float32], lags: npt.NDArray[np.intp]) -> Floats:
    """Height at two and three periods, as far as the curves reach, 1 beyond [T].

    A voice goes on repeating; a whisper's formants ring for a period and are gone.
    """
    rows, lowest = np.arange(len(curves)), np.ones(len(curves))
    for times in (2, 3):
        around = times * lags[:, None] + np.arange(-times, times + 1)
        heights = curves[rows[:, None], np.minimum(around, curves.shape[1] - 1)].max(axis=1)
        reached = times * lags < curves.shape[1] - times
        lowest = np.where(reached, np.minimum(lowest, heights + _FADES), lowest)
    return lowest


def _best(
    curves: npt.NDArray[np.float32], lowest_hz: float, highest_hz: float
) -> tuple[Floats, Floats]:
    """F0 and height [T] of the best lag between two frequencies, refined by a parabola."""
    first = max(2, int(SAMPLE_RATE_HZ / highest_hz))
    last = min(curves.shape[1] - 2, int(SAMPLE_RATE_HZ / lowest_hz) + 1)
    lags: Floats = np.arange(first, last + 1, dtype=np.float64)
    favoured = curves[:, first : last + 1] - _FAVOUR_SHORT * np.log2(lags / first)
    best = favoured.argmax(axis=1) + first
    rows = np.arange(len(curves))
    left, top, right = (curves[rows, best + step].astype(np.float64) for step in (-1, 0, 1))
    bend = np.minimum(left - 2.0 * top + right, -1e-9)
    shift = np.clip(0.5 * (left - right) / bend, -0.5, 0.5)
    return SAMPLE_RATE_HZ / (best + shift), np.minimum(top, _repeated(curves, best))
