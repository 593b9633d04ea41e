"""The CPU's quick steps: the reference's sums, and a row the same bits in every company."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from vocalino.nn.cpu_decoder import CpuDecoder
from vocalino.nn.decoder import Decoder, DecoderShape
from vocalino.nn.kv_cache import KVCache, Run, Window, runs_of
from vocalino.nn.linear import make_row_exact
from vocalino.nn.quantize import quantize_linears
from vocalino.nn.rope import Rotation, rotation

# Widths that fill neither the kernels' vectors nor their blocks, and some that do.
SHAPES = [
    DecoderShape(layers=2, width=48, hidden=80, heads=6, kv_heads=2, head_dim=16, eps=1e-6),
    DecoderShape(layers=2, width=37, hidden=131, heads=4, kv_heads=4, head_dim=10, eps=1e-2),
    DecoderShape(layers=1, width=128, hidden=192, heads=4, kv_heads=1, head_dim=64, eps=1e-6),
]
POSITIONS = 30
LENGTHS = (3, 3, 7, 20, 20, 7, 1, 29, 12, 3)  # of the rows' pasts


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=SHAPES, ids=lambda shape: f"{shape.width} wide")
def shape(request: pytest.FixtureRequest) -> DecoderShape:
    return request.param


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def decoder(shape: DecoderShape) -> Decoder:
    """The same weights every time."""
    made = Decoder(shape)
    for seed, weight in enumerate(made.parameters()):
        drawn = random(*weight.shape, seed=seed)
        weight.copy_(1.0 + 0.3 * drawn if weight.dim() == 1 else drawn / weight.shape[1] ** 0.5)
    made.finish()
    return made.requires_grad_(False)


def quick(shape: DecoderShape) -> CpuDecoder:
    made = decoder(shape)
    make_row_exact(made)
    steps = CpuDecoder.of(made)
    assert steps
    return steps


def turned(shape: DecoderShape) -> Rotation:
    return rotation(torch.arange(POSITIONS), shape.head_dim, 1e4)


def cache(shape: DecoderShape, rows: int) -> KVCache:
    sizes = (shape.layers, rows, shape.kv_heads, POSITIONS, shape.head_dim)
    return KVCache.empty(*sizes, device=torch.device("cpu"), dtype=torch.float32)


def pasts(shape: DecoderShape) -> KVCache:
    """Random keys and values of ten rows, each of its length; garbage behind it."""
    made = cache(shape, len(LENGTHS))
    made.keys.copy_(random(*made.keys.shape, seed=1))
    made.values.copy_(random(*made.values.shape, seed=2))
    return made


def test_a_step_is_that_of_the_reference(shape: DecoderShape) -> None:
    x, positions = random(len(LENGTHS), shape.width), torch.tensor(LENGTHS)
    kept, expected_kept = pasts(shape), pasts(shape)
    places = np.arange(len(LENGTHS))
    made = quick(shape).step(x, places, positions.numpy(), turned(shape), kept)
    turn = turned(shape).at(positions)
    turn = Rotation(turn.cos[:, None, None], turn.sin[:, None, None])
    window = Window(positions, runs_of([length + 1 for length in LENGTHS]))
    expected = decoder(shape).step(x.unsqueeze(1), turn, expected_kept, window)
    torch.testing.assert_close(made, expected[:, 0], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(kept.keys, expected_kept.keys, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(kept.values, expected_kept.values, rtol=1e-5, atol=1e-5)


def test_several_positions_of_a_row_see_what_is_before_them(shape: DecoderShape) -> None:
    rows, new = 3, 5
    x, kept = random(rows, new, shape.width), cache(shape, rows + 1)
    places, positions = np.arange(rows).repeat(new), np.tile(np.arange(new), rows)
    made = quick(shape).step(x.flatten(0, 1), places, positions, turned(shape), kept)
    turn = turned(shape).at(slice(0, new))
    whole = Rotation(turn.cos[:, None], turn.sin[:, None])
    expected = decoder(shape).whole(x, whole, cache(shape, rows))
    torch.testing.assert_close(made.view(x.shape), expected, rtol=1e-5, atol=1e-5)


def test_a_run_of_steps_stays_with_the_reference(shape: DecoderShape) -> None:
    steps, plain = quick(shape), decoder(shape)
    kept, plain_kept = cache(shape, 2), cache(shape, 2)
    for at in range(12):
        x = random(2, shape.width, seed=at)
        made = steps.step(x, np.arange(2), np.full(2, at), turned(shape), kept)
        window = Window(at, (Run(0, 2, at + 1),))
        turn = turned(shape).at(slice(at, at + 1))
        expected = plain.step(x.unsqueeze(1), turn, plain_kept, window)
        torch.testing.assert_close(made, expected[:, 0], rtol=1e-5, atol=1e-5)


def test_what_comes_in_is_left_alone(shape: DecoderShape) -> None:
    x = random(2, shape.width)
    quick(shape).step(x, np.arange(2), np.zeros(2, int), turned(shape), cache(shape, 2))
    assert torch.equal(x, random(2, shape.width))


def test_a_row_is_the_same_in_every_company(shape: DecoderShape) -> None:
    steps, x, lengths = quick(shape), random(len(LENGTHS), shape.width), np.array(LENGTHS)

    def run(rows: list[int]) -> tuple[Tensor, Tensor]:
        kept = pasts(shape)
        out = steps.step(x[rows], np.array(rows), lengths[rows], turned(shape), kept)
        return out, kept.keys[:, rows, :, lengths[rows]]

    torch.set_num_threads(1)
    alone = [run([row]) for row in range(len(LENGTHS))]
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        for rows in ([*range(10)], [7, 2], [9, 1, 4], [3, 0, 8, 6], [8, 6, 5, 2, 1, 0, 3], [5]):
            for at, row in enumerate(rows):
                out, keys = run(rows)
                assert torch.equal(out[at], alone[row][0][0]), (threads, rows, row)
                assert torch.equal(keys[at], alone[row][1][0]), (threads, rows, row)


def test_other_layers_are_left_to_the_reference() -> None:
    assert CpuDecoder.of(decoder(SHAPES[0])) is None
    narrow = decoder(SHAPES[0])
    quantize_linears(narrow)
    make_row_exact(narrow)
    assert CpuDecoder.of(narrow) is None
