"""Which moments of the reference sound like a given moment: found once, chosen smoothly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vocalino.engines.draft.filters import gaussian
from vocalino.engines.draft.frames import Floats

Places = npt.NDArray[np.intp]
Singles = npt.NDArray[np.float32]

_COMPARED = slice(1, 17)
_OFFSETS = (-10, -5, 0, 5, 10)  # frames: 50 ms to both sides tell which sound this is
_CANDIDATES = 12
_JOIN_COST = 0.5
_BLOCK = 1000  # frames at once: bounds the memory of a long recording
_HUB_SHARE = 0.05
_LEAST_SCALE = 0.3


class Exemplars:
    """The speech frames of a reference, to be looked up by frames already moved towards it.

    Some frames are near to everything (hubs) and would be chosen again and again, which makes a
    voice of few sounds; their distances are raised by how near they are to the source voice's
    calibration, as in M. Radovanovic et al., "Hubs in space", JMLR 11 (2010).
    """

    def __init__(self, cepstra: Floats, speech: npt.NDArray[np.bool_], usual: Floats) -> None:
        """`cepstra` [T, 64] of the reference, `usual` [N, 64] frames that will be asked for."""
        self._cepstra = cepstra[speech].astype(np.float32)
        places = np.flatnonzero(speech)
        deviation = cepstra[speech][:, _COMPARED].std(axis=0)
        self._scale = np.maximum(deviation, _LEAST_SCALE * deviation.mean())
        self._features = self._described(cepstra)[speech]
        follows = np.arange(1, places.size + 1)
        broken = np.append(np.diff(places) != 1, True)
        self._next = np.where(broken, np.arange(places.size), follows)
        self._hub = self._hubness(usual)

    def path(self, wanted: Floats) -> Floats:
        """For each wanted frame [T, 64] the cepstra of an exemplar [T, 64], chosen by Viterbi."""
        features = self._described(wanted)
        near, costs = self._candidates(features)
        chosen = self._cepstra[self._cheapest(near, costs)]
        return gaussian(chosen.astype(np.float64), 1.0)

    def _described(self, cepstra: Floats) -> Singles:
        """Features [T, 5 x 16]: a frame and its surroundings, in units of the reference."""
        scaled = cepstra[:, _COMPARED] / self._scale
        around = np.arange(len(scaled))[:, None] + np.array(_OFFSETS)[None, :]
        stacked = scaled[np.clip(around, 0, len(scaled) - 1)]
        return (stacked / np.sqrt(len(_OFFSETS))).reshape(len(scaled), -1).astype(np.float32)

    def _distances(self, features: Singles) -> Singles:
        """Squared [T, N]."""
        own = np.square(self._features).sum(axis=1)
        theirs = np.square(features).sum(axis=1)[:, None]
        return np.maximum(theirs - 2.0 * features @ self._features.T + own, 0.0)

    def _hubness(self, usual: Floats) -> Singles:
        """How near [N] each exemplar is to the nearest twentieth of the usual frames."""
        distances = self._distances(self._described(usual)[:: max(1, len(usual) // _BLOCK)])
        count = max(1, round(_HUB_SHARE * len(distances)))
        return np.partition(distances, count - 1, axis=0)[:count].mean(axis=0)

    def _candidates(self, features: Singles) -> tuple[Places, Singles]:
        """The nearest exemplars of each frame and their distances [T, K]."""
        count = min(_CANDIDATES, len(self._features))
        near = np.zeros((len(features), count), np.intp)
        costs = np.zeros((len(features), count), np.float32)
        for start in range(0, len(features), _BLOCK):
            block = slice(start, start + _BLOCK)
            distances = self._distances(features[block]) - self._hub
            near[block] = np.argpartition(distances, count - 1, axis=1)[:, :count]
            costs[block] = np.take_along_axis(distances, near[block], axis=1)
        return near, costs

    def _cheapest(self, near: Places, costs: Singles) -> Places:
        """One exemplar a frame [T]: near, and following from the one before."""
        middle = self._features.shape[1] // 2
        width = self._scale.size // 2
        now = self._features[:, middle - width : middle + width]  # the frame itself
        now = now * np.float32(np.sqrt(len(_OFFSETS)))
        total = costs[0]
        back = np.zeros(near.shape, np.intp)
        for t in range(1, len(near)):
            expected, offered = now[self._next[near[t - 1]]], now[near[t]]
            joins = np.square(expected[:, None, :] - offered[None, :, :]).sum(axis=2)
            paths = total[:, None] + np.float32(_JOIN_COST) * joins
            back[t] = paths.argmin(axis=0)
            total = paths.min(axis=0) + costs[t]
        best = int(total.argmin())
        chosen = np.zeros(len(near), np.intp)
        for t in range(len(near) - 1, -1, -1):
            chosen[t] = near[t, best]
            best = int(back[t, best])
        return chosen
