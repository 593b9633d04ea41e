"""From one voice to another: spectra by a linear map and exemplars, formants, breath, F0.

The linear map is the Monge-Kantorovich one between two normal distributions: of all maps that
give the source's mel-cepstra the mean and covariance of the target's, the one that moves them
least (F. Pitie, A. Kokaram, "The linear Monge-Kantorovitch linear colour mapping", 2007). What
it *changes* is added to the envelope, so that the detail of the source stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vocalino.engines.draft.cepstra import POINT_HZ, POINTS, bins_of, points_of
from vocalino.engines.draft.contour import Register, moved
from vocalino.engines.draft.exemplars import Exemplars
from vocalino.engines.draft.filters import box, gaussian
from vocalino.engines.draft.frames import Floats, Frames
from vocalino.engines.draft.portrait import (
    Portrait,
    cepstra_of,
    log_envelope,
    log_odds,
    portray,
)
from vocalino.engines.draft.warp import best_factor, warped

ENOUGH_S, SPARSE_S = 6.0, 3.0
"""Seconds of voiced reference from which covariances count in full, and below which not at all."""


@dataclass(frozen=True)
class Tuning:
    """Strengths, 0 to 1 unless said otherwise; chosen by identity and intelligibility together.

    See the log of experiments in the docs and `bench/README.md` for how each was measured.
    """

    warp: float = 0.65
    """Exponent of the vocal-tract factor: the linear map does a part of that work."""
    shrinkage: float = 0.25
    """Of covariances towards their diagonals."""
    mapped: int = 24
    """Quefrencies in the linear map; the ones above are moved by their means."""
    exemplars: float = 0.35
    """How much of the coarse spectrum is the reference's own, at most similar moments."""
    detail: float = 1.0
    """The same for the fine detail, above quefrency `detail_from`."""
    detail_from: float = 12.0
    voiceless: float = 0.3
    """Part of the mean difference of voiceless sounds: microphone and room more than voice."""
    variance: float = 0.5
    """Exponent of restored variances."""
    smoothing_frames: float = 2.5
    """Standard deviation over which the change of the spectrum is smoothed in time: what a
    vocal tract does not do in 10 ms is heard as roughness."""
    breath: float = 1.0
    """Of the difference in aperiodicity."""
    limit_spreads: float = 2.2
    """Where F0 excursions bend, in spreads from the median."""


TUNING = Tuning()
_VARIANCE_RATIO = (0.7, 1.8)
_BREATH_LOG_ODDS = 3.0
_SOFT_VOICING = 5  # frames over which voicing fades: a hard switch clicks
_MOST_DB = 30.0
_SPREAD_ST = (1.0, 4.5)
_CROSS_FADE = 3.0  # quefrencies to both sides of `detail_from`


class Mapping:
    """Learnt once for a source and a target; `apply` is a pure function of the frames."""

    def __init__(
        self, source: Frames, target: Portrait, tuning: Tuning = TUNING, own_range: bool = False
    ) -> None:
        """`source` is the source voice speaking neutrally, or the recording itself.

        With `own_range` the F0 range stays the source's, as part of its performance; else it
        becomes the target's.

        Raises:
            AudioError: hardly any of it is voiced.
        """
        plain = portray(source)
        self._tuning = tuning
        spread_st = float(np.clip(target.register.spread_st, *_SPREAD_ST))
        spread_st = plain.register.spread_st if own_range else spread_st
        self._registers = plain.register, Register(target.register.median_st, spread_st)
        sure = float(np.clip((target.voiced_s - SPARSE_S) / (ENOUGH_S - SPARSE_S), 0.0, 1.0))
        sure *= float(np.clip(plain.voiced_s / ENOUGH_S, 0.0, 1.0)) ** 0.5
        factor = best_factor(plain.envelopes, target.envelopes)
        self._formants = factor ** (tuning.warp * max(sure, 0.3))
        own = portray(source, formants=self._formants)
        self._linear = _linear_map(own, target, tuning, sure)
        self._mean = own.cepstra[own.speech].mean(axis=0)
        self._shift = target.cepstra[target.speech].mean(axis=0) - self._mean
        self._voiceless_shift = np.zeros(POINTS)
        if own.voiceless is not None and target.voiceless is not None:
            self._voiceless_shift = tuning.voiceless * (target.voiceless - own.voiceless)
        self._breath = np.clip(
            tuning.breath * (target.aperiodicity - own.aperiodicity),
            -_BREATH_LOG_ODDS,
            _BREATH_LOG_ODDS,
        )
        self._deviation = target.cepstra[target.speech].std(axis=0)
        self._blend = _blend(tuning, sure)
        usual = self._mapped(own.cepstra)[own.speech]
        self._exemplars = Exemplars(target.cepstra, target.speech, usual)
        self._held = int(np.searchsorted(POINT_HZ, 0.95 * target.bandwidth_hz))

    def apply(self, frames: Frames) -> Frames:
        """`frames` of the source voice in the target's, one to one."""
        voiced = frames.voiced
        envelope = warped(log_envelope(frames), self._formants)
        own = cepstra_of(frames, self._formants)
        wanted = self._mapped(own)
        wanted += self._blend * (self._exemplars.path(wanted) - wanted)
        change = self._varied(wanted, voiced) - own
        weight = box(voiced.astype(np.float64), _SOFT_VOICING)[:, None]
        change = weight * change + (1.0 - weight) * self._voiceless_shift
        change = gaussian(change, self._tuning.smoothing_frames)
        change[:, 0] = 0.0  # the level of each moment is acting, not identity
        points = points_of(change)
        if self._held < POINTS:
            points[:, self._held :] = points[:, self._held - 1 : self._held]
        most = _MOST_DB * np.log(10.0) / 10.0
        return Frames(
            moved(frames.f0_hz, *self._registers, self._tuning.limit_spreads),
            np.exp(envelope + bins_of(np.clip(points, -most, most))),
            self._breathed(frames),
        )

    def _mapped(self, own: Floats) -> Floats:
        size = self._linear.shape[0]
        wanted = own + self._shift
        centred = own[:, 1 : size + 1] - self._mean[1 : size + 1]
        wanted[:, 1 : size + 1] += centred @ self._linear - centred
        return wanted

    def _varied(self, wanted: Floats, voiced: np.ndarray) -> Floats:
        """Averaging dulls; each quefrency gets its spread back, as far as that is safe."""
        if np.count_nonzero(voiced) < 20:
            return wanted
        mean, deviation = wanted[voiced].mean(axis=0), wanted[voiced].std(axis=0)
        ratio = (self._deviation / np.maximum(deviation, 1e-6)) ** self._tuning.variance
        return mean + (wanted - mean) * np.clip(ratio, *_VARIANCE_RATIO)

    def _breathed(self, frames: Frames) -> Floats:
        odds = log_odds(frames.aperiodicity) + self._breath
        return np.where(frames.voiced[:, None], 1.0 / (1.0 + np.exp(-odds)), frames.aperiodicity)


def _blend(tuning: Tuning, sure: float) -> Floats:
    """Weights [64] of the exemplars: coarse spectrum, cross-fading into fine detail."""
    place = (np.arange(POINTS) - tuning.detail_from + _CROSS_FADE) / (2.0 * _CROSS_FADE)
    fine = np.clip(place, 0.0, 1.0)
    return sure * (tuning.exemplars * (1.0 - fine) + tuning.detail * fine)


def _linear_map(source: Portrait, target: Portrait, tuning: Tuning, sure: float) -> Floats:
    """[n, n], applied from the right to centred c1-cn; the identity when there is too little."""
    kept = slice(1, tuning.mapped + 1)
    if sure <= 0.0:
        return np.eye(tuning.mapped)
    shrinkage = tuning.shrinkage + (1.0 - tuning.shrinkage) * (1.0 - sure)
    first = _covariance(source.cepstra[source.speech][:, kept], shrinkage)
    second = _covariance(target.cepstra[target.speech][:, kept], shrinkage)
    root, inverse = _roots(first)
    middle, _ = _roots(root @ second @ root)
    return inverse @ middle @ inverse


def _covariance(features: Floats, shrinkage: float) -> Floats:
    full = np.cov(features.T)
    return (1.0 - shrinkage) * full + shrinkage * np.diag(np.diag(full))


def _roots(matrix: Floats) -> tuple[Floats, Floats]:
    """Square root of a covariance and its inverse."""
    values, vectors = np.linalg.eigh(matrix)
    root = np.sqrt(np.maximum(values, 1e-6))
    return (vectors * root) @ vectors.T, (vectors / root) @ vectors.T
