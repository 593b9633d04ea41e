"""Rotary embedding of Seed-VC's two transformers: neighbours turn together (spec section 7.1).

The cosines and sines are rounded to bfloat16, as they were in training; the turning itself is in
float32. A pair is a complex number, so that one product turns it.
"""

from __future__ import annotations

import torch
from torch import Tensor

BASE = 10000.0


def rounded_table(positions: int, head_dim: int) -> Tensor:
    """Cosines and sines of positions 0 to `positions` - 1: [P, D/2, 2] in bfloat16.

    The order of operations decides hundreds of roundings: this is the reference's.
    """
    exponents = torch.arange(0, head_dim, 2, device="cpu").float() / head_dim
    angles = torch.outer(torch.arange(positions, device="cpu").float(), 1.0 / (BASE**exponents))
    return torch.view_as_real(torch.polar(torch.ones_like(angles), angles)).bfloat16()


def turns(table: Tensor) -> Tensor:
    """A table [..., D/2, 2] as complex numbers [..., D/2]."""
    return torch.view_as_complex(table.float().contiguous())


def turn(heads: Tensor, by: Tensor) -> Tensor:
    """Turn `heads` [..., D] by complex numbers [..., D/2] that broadcast against it."""
    pairs = torch.view_as_complex(heads.float().unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * by).flatten(-2).to(heads.dtype)
