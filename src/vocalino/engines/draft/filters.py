"""Filters along time, for [T] and [T, n]; edges are held."""

from __future__ import annotations

import numpy as np

from vocalino.engines.draft.frames import Floats


def gaussian(values: Floats, deviation_frames: float) -> Floats:
    """Smoothed by a Gaussian, cut at three standard deviations."""
    reach = round(3.0 * deviation_frames)
    if reach < 1 or not len(values):
        return values
    places = np.arange(-reach, reach + 1.0)
    return _weighted(values, np.exp(-0.5 * np.square(places / deviation_frames)))


def box(values: Floats, frames: int) -> Floats:
    """The mean over an odd number of frames."""
    return _weighted(values, np.ones(frames))


def median(values: Floats, frames: int) -> Floats:
    """The median over an odd number of frames, of [T]."""
    padded = np.pad(values, frames // 2, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, frames), axis=1)


def _weighted(values: Floats, weights: Floats) -> Floats:
    weights = weights / weights.sum()
    reach = weights.size // 2
    edges = [(reach, reach)] + [(0, 0)] * (values.ndim - 1)
    padded = np.pad(values, edges, mode="edge")
    smoothed = np.zeros_like(values)
    for offset, weight in enumerate(weights):
        smoothed += weight * padded[offset : offset + len(values)]
    return smoothed
