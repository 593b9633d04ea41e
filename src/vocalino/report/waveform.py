"""Waveforms as SVG: one path of upright strokes, one stroke a slice of time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

HEIGHT = 64
_MIDDLE = HEIGHT / 2
# A stroke this short is drawn as a dot by its round ends: silence stays visible as a dotted line.
_SHORTEST = 0.4


def path(peaks: Sequence[tuple[float, float]], scale: float = 1.0) -> str:
    """The `d` of an SVG path, `len(peaks)` wide and HEIGHT high.

    `peaks` are (lowest, highest) sample per slice, in [-1, 1]; `scale` multiplies them, and what
    leaves the picture is cut at its edge.
    """
    extent = np.abs(np.asarray(peaks, np.float64).reshape(-1, 2)).max(axis=1)
    half = np.maximum(np.clip(extent * scale, 0.0, 1.0) * (_MIDDLE - 2), _SHORTEST)
    return "".join(
        f"M{x}.5 {_number(_MIDDLE - h)}v{_number(2 * h)}" for x, h in enumerate(half.tolist())
    )


def shared_scale(several: Sequence[Sequence[tuple[float, float]]]) -> float:
    """The scale that fits the loudest of several waveforms, so that they compare by eye."""
    loudest = max((float(np.abs(np.asarray(p)).max()) for p in several if len(p)), default=0.0)
    return 1.0 if loudest < 1e-4 else 1.0 / loudest


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
