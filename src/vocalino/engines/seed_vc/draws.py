"""A row's random numbers: from its own seed alone, whatever else is made with it.

Noise belongs to a mel frame of the row, not to a chunk, so that the frames which two chunks share
start from the same noise in both.
"""

from __future__ import annotations

from functools import partial
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from vocalino.engines.seed_vc.config import MEL_BANDS
from vocalino.engines.seed_vc.generate import Exponentials
from vocalino.seeds import generator

NOISE_FRAMES = 512  # are drawn in one go


class Draws(Protocol):
    """Where a row's random numbers come from; in host memory."""

    def noise(self, start: int, frames: int) -> Tensor:
        """Normal noise of `frames` mel frames from frame `start` of the row on, [frames, M]."""
        ...

    def exponentials(self, part: int, attempt: int) -> Exponentials:
        """What the tokens of a part are drawn with, at its first or a later attempt."""
        ...


class SeededDraws:
    """Random numbers from a seed."""

    def __init__(self, seed: int, vocabulary: int = 0) -> None:
        self._seed, self._vocabulary = seed, vocabulary

    def noise(self, start: int, frames: int) -> Tensor:
        first, last = start // NOISE_FRAMES, (start + frames - 1) // NOISE_FRAMES
        blocks = [
            generator(self._seed, f"seed-vc noise {block}").standard_normal(
                (NOISE_FRAMES, MEL_BANDS), np.float32
            )
            for block in range(first, last + 1)
        ]
        skipped = start - first * NOISE_FRAMES
        return torch.from_numpy(np.concatenate(blocks)[skipped : skipped + frames])

    def exponentials(self, part: int, attempt: int) -> Exponentials:
        return partial(self._tokens, f"seed-vc tokens {part} {attempt}")

    def _tokens(self, purpose: str, first: int, count: int) -> Tensor:
        drawn = generator(self._seed, f"{purpose} {first}")
        return torch.from_numpy(drawn.standard_exponential((count, self._vocabulary), np.float32))
