"""Rows of a cache: where they begin and end, how they are copied and taken together."""

from __future__ import annotations

import pytest
import torch

from vocalino.nn.kv_cache import KVCache, Run, runs_of

LAYERS, ROWS, HEADS, POSITIONS, WIDTH = 2, 5, 3, 7, 4


def numbered() -> KVCache:
    """Every number of it once."""
    keys = torch.arange(LAYERS * ROWS * HEADS * POSITIONS * WIDTH, dtype=torch.float32)
    keys = keys.reshape(LAYERS, ROWS, HEADS, POSITIONS, WIDTH)
    return KVCache(keys, -keys - 1.0)


def test_an_empty_cache_is_of_zeros() -> None:
    device = torch.device("cpu")
    cache = KVCache.empty(2, 5, 3, 7, 4, device=device, dtype=torch.bfloat16)
    assert cache.positions == 7
    for buffer in (cache.keys, cache.values):
        assert (buffer.shape, buffer.dtype) == ((2, 5, 3, 7, 4), torch.bfloat16)
        assert not buffer.any()
    cache.keys.fill_(1.0)
    assert not cache.values.any()


def test_rows_are_a_view() -> None:
    cache, before = numbered(), numbered()
    part = cache.rows(1, 3)
    assert torch.equal(part.keys, before.keys[:, 1:3])
    assert torch.equal(part.values, before.values[:, 1:3])
    part.keys.zero_()
    part.values.zero_()
    for buffer, old in ((cache.keys, before.keys), (cache.values, before.values)):
        assert not buffer[:, 1:3].any()
        assert torch.equal(buffer[:, [0, 3, 4]], old[:, [0, 3, 4]])


@pytest.mark.parametrize(("to", "rows"), [(3, [3]), (slice(2, 5), [2, 3, 4]), (slice(2, 2), [])])
@pytest.mark.parametrize("length", [0, 4, POSITIONS])
def test_a_row_is_copied_as_far_as_asked(to: int | slice, rows: list[int], length: int) -> None:
    cache, before = numbered(), numbered()
    cache.copy_row(1, to, length)
    for buffer, old in ((cache.keys, before.keys), (cache.values, before.values)):
        for row in range(ROWS):
            source = 1 if row in rows else row
            assert torch.equal(buffer[:, row, :, :length], old[:, source, :, :length])
            assert torch.equal(buffer[:, row, :, length:], old[:, row, :, length:])


@pytest.mark.parametrize(
    ("lengths", "runs"),
    [
        ([], ()),
        ([4], (Run(0, 1, 4),)),
        ([4, 4, 4], (Run(0, 3, 4),)),
        ([4, 4, 5, 4], (Run(0, 2, 4), Run(2, 3, 5), Run(3, 4, 4))),
    ],
)
def test_runs_are_of_neighbours(lengths: list[int], runs: tuple[Run, ...]) -> None:
    assert runs_of(lengths) == runs
