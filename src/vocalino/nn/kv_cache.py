"""The keys and values of past positions, in buffers made once for a batch of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class KVCache:
    """`keys` and `values` [L, B, H, T, D]: layers, rows, key heads, positions, width."""

    keys: Tensor
    values: Tensor

    @classmethod
    def empty(
        cls,
        layers: int,
        rows: int,
        heads: int,
        positions: int,
        head_dim: int,
        *,
        device: torch.device,
        dtype: torch.dtype,
    ) -> Self:
        """Zeros, not garbage: masked positions are multiplied by zero, and a NaN would survive."""
        shape = (layers, rows, heads, positions, head_dim)
        keys = torch.zeros(shape, device=device, dtype=dtype)
        return cls(keys, torch.zeros_like(keys))

    @property
    def positions(self) -> int:
        return self.keys.shape[3]

    def rows(self, first: int, end: int) -> KVCache:
        """A view of some rows."""
        return KVCache(self.keys[:, first:end], self.values[:, first:end])

    def copy_row(self, source: int, to: int | slice, length: int) -> None:
        """Copy the first `length` positions of a row over those of another, or of several."""
        for buffer in (self.keys, self.values):
            row = buffer[:, source, :, :length]
            buffer[:, to, :, :length] = row if isinstance(to, int) else row.unsqueeze(1)


@dataclass(frozen=True)
class Run:
    """Neighbouring rows `first` to `end` that see the same number of positions."""

    first: int
    end: int
    length: int


@dataclass(frozen=True)
class Window:
    """Where one new position per row is written, and what the rows see of the cache.

    Without a mask every row of a run sees exactly its first `length` positions, so that a row's
    result depends on its own length alone. With one (a single run: CUDA graphs need fixed
    shapes), `mask` [B, 1, 1, length] is true where a row may look.
    """

    position: int | Tensor  # one for all rows, or [B]
    runs: tuple[Run, ...]
    mask: Tensor | None = None


def runs_of(lengths: Sequence[int]) -> tuple[Run, ...]:
    """Rows of equal length that stand side by side, taken together."""
    runs: list[Run] = []
    for row, length in enumerate(lengths):
        if runs and runs[-1].length == length:
            runs[-1] = Run(runs[-1].first, row + 1, length)
        else:
            runs.append(Run(row, row + 1, length))
    return tuple(runs)
