"""A voice in a few dozen numbers: register, and the long-term shape and play of its spectrum."""

from __future__ import annotations

import numpy as np

from vocalino.audio import Audio
from vocalino.audio.activity import without_rumble
from vocalino.audio.resample import resample
from vocalino.engines.draft.contour import register_of
from vocalino.engines.draft.frames import Floats
from vocalino.engines.draft.pitch import SAMPLE_RATE_HZ, framed, track
from vocalino.errors import AudioError

NAMES = (
    "register",
    "spread",
    *(f"mean c{n}" for n in range(1, 21)),
    *(f"deviation c{n}" for n in range(1, 13)),
)
MIN_SPEECH_S = 0.4
_MEANS, _DEVIATIONS = slice(1, 21), slice(1, 13)
_HOP_S = 0.01
_HOP, _WINDOW, _FFT = 160, 400, 512
_BANDS, _LOWEST_HZ, _HIGHEST_HZ = 40, 80.0, 7600.0
_AUDIBLE_DB, _SILENT_DB = 35.0, -70.0
_FLOOR_DB = 60.0
_MIN_VOICED = 30  # frames


def features(clip: Audio) -> Floats:
    """[34] in the order of NAMES; register and spread are NaN when nothing is voiced.

    Level does not count. Spectra are taken where the voice sounds, or of all that is audible
    when it hardly does (a whisper).

    Raises:
        AudioError: the clip is silent, or less than 0.4 s of it is audible.
    """
    if clip.duration_s < MIN_SPEECH_S:
        raise _too_little(clip, 0.0)
    samples = without_rumble(resample(clip, SAMPLE_RATE_HZ)).astype(np.float64)
    power = _spectra(samples)
    level_db = 10.0 * np.log10(power.sum(axis=1) + 1e-20)
    loudest = float(np.percentile(level_db, 95.0)) if len(level_db) else -np.inf
    audible = level_db > loudest - _AUDIBLE_DB
    audible_s = float(np.count_nonzero(audible)) * _HOP_S
    if loudest < _SILENT_DB or audible_s < MIN_SPEECH_S:
        raise _too_little(clip, audible_s)
    f0_hz = np.where(audible, track(samples, _HOP_S), 0.0)
    heard = np.flatnonzero(f0_hz > 0.0)
    register = np.full(2, np.nan)
    if heard.size >= _MIN_VOICED:
        found = register_of(f0_hz)
        register = np.array([found.median_st, found.spread_st])
    else:
        heard = np.flatnonzero(audible)
    cepstra = _cepstra(power[heard])
    return np.concatenate(
        [register, cepstra[:, _MEANS].mean(axis=0), cepstra[:, _DEVIATIONS].std(axis=0)]
    )


def _too_little(clip: Audio, audible_s: float) -> AudioError:
    return AudioError(
        f"the clip ({clip.duration_s:.2f} s, peak {clip.peak:.2g}) holds {audible_s:.2f} s of "
        f"sound: at least {MIN_SPEECH_S:g} s of speech are needed to know a voice"
    )


def _spectra(samples: Floats) -> Floats:
    """Power of mel bands [T, 40] every 10 ms, frame t around t * 10 ms."""
    frames = framed(samples, _WINDOW, _HOP)
    return np.square(np.abs(np.fft.rfft(frames * np.hanning(_WINDOW), _FFT))) @ _FILTERS


def _cepstra(power: Floats) -> Floats:
    floor = power.max(axis=1, keepdims=True) * 10.0 ** (-_FLOOR_DB / 10.0)
    return np.log(np.maximum(power, floor)) @ _COSINES


def _filters() -> Floats:
    """[257, 40] triangles, each of weight 1."""
    edge_mel = np.linspace(_mel(_LOWEST_HZ), _mel(_HIGHEST_HZ), _BANDS + 2)
    edges_hz = 700.0 * (np.power(10.0, edge_mel / 2595.0) - 1.0)
    bins_hz = np.linspace(0.0, SAMPLE_RATE_HZ / 2.0, _FFT // 2 + 1)[:, None]
    rising = (bins_hz - edges_hz[:-2]) / np.diff(edges_hz)[:-1]
    falling = (edges_hz[2:] - bins_hz) / np.diff(edges_hz)[1:]
    weights = np.maximum(0.0, np.minimum(rising, falling))
    return weights / weights.sum(axis=0)


def _mel(hz: float) -> float:
    return 2595.0 * float(np.log10(1.0 + hz / 700.0))


def _cosines() -> Floats:
    places = np.outer(np.arange(_BANDS) + 0.5, np.arange(_BANDS))
    return np.cos(np.pi * places / _BANDS) * np.sqrt(2.0 / _BANDS)


_FILTERS, _COSINES = _filters(), _cosines()
