"""Vocal-tract length: which factor moves the formants of one voice nearest to another's.

The factor bends the frequency axis piecewise linearly, as in L. Lee, R. Rose, "A frequency
warping approach to speaker normalization", IEEE Trans. SAP 6 (1998).
"""

from __future__ import annotations

import numpy as np

from vocalino.engines.draft.cepstra import cepstra, log_mel
from vocalino.engines.draft.curves import BIN_HZ
from vocalino.engines.draft.frames import BINS, Floats

GRID = np.arange(0.86, 1.3401, 0.03)
_KNEE = 0.75  # above this part of the band the axis bends back, so that nothing leaves it
_COMPARED = slice(1, 14)
_AT_MOST = 500  # frames a side: more don't move the minimum


def warped(log_envelope: Floats, factor: float) -> Floats:
    """`log_envelope` [T, BINS] with its resonances at `factor` times their frequencies."""
    if abs(factor - 1.0) < 1e-6:
        return log_envelope
    top_hz = BIN_HZ[-1]
    knee_hz = _KNEE * top_hz * min(1.0, factor)
    source_hz = np.interp(BIN_HZ, [0.0, knee_hz, top_hz], [0.0, knee_hz / factor, top_hz])
    place = source_hz / BIN_HZ[1]
    low = np.minimum(place.astype(int), BINS - 2)
    part = place - low
    return log_envelope[:, low] * (1.0 - part) + log_envelope[:, low + 1] * part


def best_factor(source: Floats, target: Floats) -> float:
    """The factor for `source` power envelopes [T, BINS] that brings them nearest to `target`'s.

    Nearest by the mean distance of each frame to its nearest neighbour on the other side, both
    ways, over c1-c13 without their means (a microphone is not a vocal tract).
    """
    source = source[:: max(1, len(source) // _AT_MOST)]
    target = target[:: max(1, len(target) // _AT_MOST)]
    goal = _centred(target)
    log_source = np.log(np.maximum(source, 1e-16))
    costs = np.array([_distance(_centred(np.exp(warped(log_source, f))), goal) for f in GRID])
    padded = np.pad(costs, 1, mode="edge")
    smooth = (padded[:-2] + padded[1:-1] + padded[2:]) / 3.0
    return float(GRID[int(np.argmin(smooth))])


def _centred(envelope: Floats) -> Floats:
    features = cepstra(log_mel(envelope))[:, _COMPARED]
    return features - features.mean(axis=0)


def _distance(a: Floats, b: Floats) -> float:
    squared = (a**2).sum(1)[:, None] - 2.0 * a @ b.T + (b**2).sum(1)[None, :]
    distance = np.sqrt(np.maximum(squared, 0.0))
    return float(distance.min(axis=1).mean() + distance.min(axis=0).mean())
