"""Rotary embedding against a turn in the complex plane."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from vocalino.nn.rope import Rotation, rotate, rotation

THETA = 1e6


def turned(heads: Tensor, positions: Tensor) -> Tensor:
    """Dimensions i and i + D/2 as one complex number, turned by position * theta^(-2i/D)."""
    dim = heads.shape[-1]
    speed = THETA ** (-torch.arange(0, dim, 2, dtype=torch.float64) / dim)
    angles = positions.double().unsqueeze(-1) * speed  # [..., D/2]
    first, second = heads.double().chunk(2, dim=-1)
    out = torch.complex(first, second) * torch.polar(torch.ones_like(angles), angles)
    return torch.cat((out.real, out.imag), dim=-1)


def heads(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("dim", [2, 16, 128])
def test_rotate_turns_each_pair_by_its_angle(dim: int) -> None:
    positions = torch.arange(300)
    by = rotation(positions, dim, THETA)
    x = heads(2, 300, 3, dim)  # [B, T, H, D]
    out = rotate(x, Rotation(by.cos[:, None], by.sin[:, None]))
    torch.testing.assert_close(out.double(), turned(x, positions[:, None]), rtol=0, atol=1e-4)


def test_position_zero_turns_nothing() -> None:
    x = heads(4, 16)
    assert torch.equal(rotate(x, rotation(torch.tensor(0), 16, THETA)), x)


def test_rows_may_stand_at_positions_of_their_own() -> None:
    positions = torch.tensor([[3, 50, 0], [7, 7, 29]])
    by = rotation(torch.arange(60), 16, THETA).at(positions)
    x = heads(2, 3, 16)
    out = rotate(x, by)
    torch.testing.assert_close(out.double(), turned(x, positions), rtol=0, atol=1e-4)


def test_angles_are_rounded_at_the_end() -> None:
    """In bfloat16 positions beyond 256 would be the same as their neighbours."""
    positions = torch.tensor([0, 256, 257, 4000])
    exact, rounded = (rotation(positions, 16, THETA, t) for t in (torch.float32, torch.bfloat16))
    assert torch.equal(rounded.cos, exact.cos.bfloat16())
    assert torch.equal(rounded.sin, exact.sin.bfloat16())
    assert not torch.equal(rounded.sin[1], rounded.sin[2])
