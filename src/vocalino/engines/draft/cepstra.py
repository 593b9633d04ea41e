"""Log envelopes on a mel scale and their cosine transform: where voices are compared and moved."""

from __future__ import annotations

import numpy as np

from vocalino.engines.draft.curves import BIN_HZ
from vocalino.engines.draft.frames import BINS, Floats

POINTS = 64
_FLOOR_DB = 70.0
"""Nothing is heard this far below the strongest band of a frame; keeps band limits finite."""


def _mel(hz: Floats) -> Floats:
    return 2595.0 * np.log10(1.0 + hz / 700.0)


_POINT_MEL: Floats = np.linspace(0.0, float(_mel(BIN_HZ)[-1]), POINTS)
POINT_HZ: Floats = 700.0 * (np.power(10.0, _POINT_MEL / 2595.0) - 1.0)


def _triangles() -> Floats:
    """[BINS, POINTS]: bins to points, each point an average around it."""
    edges = np.concatenate([[-POINT_HZ[1]], POINT_HZ, [2.0 * POINT_HZ[-1] - POINT_HZ[-2]]])
    # Low points lie closer together than bins: never narrower than one bin.
    rise = np.maximum(np.diff(edges)[:-1], BIN_HZ[1])
    fall = np.maximum(np.diff(edges)[1:], BIN_HZ[1])
    away = BIN_HZ[:, None] - POINT_HZ[None, :]
    weights = np.maximum(0.0, 1.0 - np.where(away < 0.0, -away / rise, away / fall))
    return weights / weights.sum(axis=0)


def _interpolation() -> Floats:
    """[POINTS, BINS]: points back to bins, linear on the mel scale."""
    place = _mel(BIN_HZ) / _mel(BIN_HZ)[-1] * (POINTS - 1)
    low = np.minimum(place.astype(int), POINTS - 2)
    weights = np.zeros((POINTS, BINS))
    weights[low, np.arange(BINS)] = 1.0 - (place - low)
    weights[low + 1, np.arange(BINS)] = place - low
    return weights


def _cosines() -> Floats:
    """[POINTS, POINTS]: orthonormal DCT-II, points to quefrencies."""
    grid = np.cos(np.pi * np.outer(np.arange(POINTS) + 0.5, np.arange(POINTS)) / POINTS)
    grid[:, 0] /= np.sqrt(2.0)
    return grid * np.sqrt(2.0 / POINTS)


_TO_POINTS, _TO_BINS, _COSINES = _triangles(), _interpolation(), _cosines()


def log_mel(envelope: Floats) -> Floats:
    """Power envelope [T, BINS] -> natural log on the mel scale [T, POINTS]."""
    points = envelope @ _TO_POINTS
    floor = points.max(axis=1, keepdims=True) * 10.0 ** (-_FLOOR_DB / 10.0)
    return np.log(np.maximum(points, np.maximum(floor, 1e-16)))


def cepstra(points: Floats) -> Floats:
    """Log-mel [T, POINTS] -> mel-cepstra [T, POINTS]; orthonormal, so distances are kept."""
    return points @ _COSINES


def points_of(quefrencies: Floats) -> Floats:
    """The inverse of `cepstra`."""
    return quefrencies @ _COSINES.T


def bins_of(points: Floats) -> Floats:
    """Log-mel, or a difference of such [T, POINTS], on the bins of an envelope [T, BINS]."""
    return points @ _TO_BINS
