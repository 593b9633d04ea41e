"""Rotary position embedding, split-half convention: dimension i turns with i + D/2 (NeoX)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Rotation:
    """Cosines and sines of some positions, each [..., D], ready to be multiplied with heads.

    The first half of `sin` is negative, so that `rotate` needs no negation.
    """

    cos: Tensor
    sin: Tensor

    def at(self, positions: Tensor | slice) -> Rotation:
        """The rows of `positions` [...]: [..., D] each. Those of a slice are views."""
        return Rotation(self.cos[positions], self.sin[positions])


def rotation(
    positions: Tensor, head_dim: int, theta: float, dtype: torch.dtype = torch.float32
) -> Rotation:
    """Angles `position * theta^(-2i/D)`, computed in float32 and rounded to `dtype` at the end.

    Args:
        positions: [...] whole numbers.
    """
    halves = torch.arange(0, head_dim, 2, dtype=torch.int64, device=positions.device).float()
    frequencies = 1.0 / (theta ** (halves / head_dim))  # [D/2]
    angles = positions.float().unsqueeze(-1) * frequencies  # [..., D/2]
    cos, sin = angles.cos(), angles.sin()
    return Rotation(
        torch.cat((cos, cos), dim=-1).to(dtype), torch.cat((-sin, sin), dim=-1).to(dtype)
    )


def rotate(heads: Tensor, by: Rotation) -> Tensor:
    """Turn `heads` [..., D]; `by` broadcasts against it."""
    swapped = heads.roll(heads.shape[-1] // 2, dims=-1)  # [a, b] -> [b, a]
    return torch.addcmul(heads * by.cos, swapped, by.sin)
