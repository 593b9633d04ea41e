"""The CPU's quick steps: the reference's sums, and a row the same bits in every batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from vocalino.nn.cpu_decoder import CpuDecoder, FewPositions, ManyPositions
from vocalino.nn.decoder import Decoder, DecoderShape
from vocalino.nn.kv_cache import KVCache, Run, Window, runs_of
from vocalino.nn.linear import make_row_exact
from vocalino.nn.rope import Rotation, rotation

SHAPE = DecoderShape(layers=2, width=48, hidden=80, heads=6, kv_heads=2, head_dim=16, eps=1e-6)
POSITIONS = 12
TURNED = rotation(torch.arange(POSITIONS), SHAPE.head_dim, 1e4)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def decoder(*, fold_norms: bool = False, packed: bool = False) -> Decoder:
    """The same weights every time."""
    made = Decoder(SHAPE)
    for seed, weight in enumerate(made.parameters()):
        drawn = random(*weight.shape, seed=seed)
        weight.copy_(1.0 + 0.3 * drawn if weight.dim() == 1 else drawn / weight.shape[1] ** 0.5)
    made.finish(fold_norms)
    if packed:
        make_row_exact(made)
    return made.requires_grad_(False)


def cache(rows: int) -> KVCache:
    sizes = (SHAPE.layers, rows, SHAPE.kv_heads, POSITIONS, SHAPE.head_dim)
    return KVCache.empty(*sizes, device=torch.device("cpu"), dtype=torch.float32)


def reference(x: Tensor, prompt: int) -> Tensor:
    """All positions of x [B, T, W] by the plain decoder, the first `prompt` at once."""
    plain, kept = decoder(), cache(len(x))
    turned = TURNED.at(slice(0, prompt))
    start = Rotation(turned.cos[:, None], turned.sin[:, None])
    hidden = [plain.whole(x[:, :prompt], start, kept)]
    for at in range(prompt, x.shape[1]):
        window = Window(at, (Run(0, len(x), at + 1),))
        hidden.append(plain.step(x[:, at : at + 1], TURNED.at(slice(at, at + 1)), kept, window))
    return torch.cat(hidden, dim=1)


def few(made: Decoder, x: Tensor, prompt: int, rows: int = 10) -> Tensor:
    """The last of the prompt and every position behind it, [B, T - prompt + 1, W]."""
    steps = FewPositions(made, TURNED, rows)
    hidden = [steps.advance(x[:, :prompt], 0)]
    hidden += [steps.advance(x[:, at : at + 1], at) for at in range(prompt, x.shape[1])]
    return torch.stack(hidden, dim=1)


def many(made: Decoder, x: Tensor, lengths: list[int]) -> Tensor:
    """Rows x [B, 1, W] behind random pasts, `lengths` with the new position included."""
    kept = cache(len(x))
    for buffer in (kept.keys, kept.values):
        for row, length in enumerate(lengths):
            buffer[:, row] = random(*buffer[:, row].shape, seed=length)
    turned = TURNED.at(torch.tensor(lengths) - 1)
    steps = CpuDecoder(made)
    turns = steps.turns(Rotation(turned.cos[:, None], turned.sin[:, None]))
    return steps.step(x[:, 0], 1, turns, ManyPositions(SHAPE, kept, runs_of(lengths)))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("fold_norms", [False, True])
@pytest.mark.parametrize("prompt", [1, 2, 5])
def test_few_positions_are_those_of_the_reference(
    prompt: int, fold_norms: bool, packed: bool
) -> None:
    x = random(3, POSITIONS, SHAPE.width)
    made = few(decoder(fold_norms=fold_norms, packed=packed), x, prompt)
    torch.testing.assert_close(made, reference(x, prompt)[:, prompt - 1 :], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("fold_norms", [False, True])
def test_many_positions_are_those_of_the_reference(fold_norms: bool) -> None:
    lengths, plain, kept = [3, 3, 9, 12, 9], decoder(), cache(5)
    x = random(5, 1, SHAPE.width)
    for buffer in (kept.keys, kept.values):
        for row, length in enumerate(lengths):
            buffer[:, row] = random(*buffer[:, row].shape, seed=length)
    positions = torch.tensor(lengths) - 1
    turned = TURNED.at(positions)
    turned = Rotation(turned.cos[:, None, None], turned.sin[:, None, None])
    expected = plain.step(x, turned, kept, Window(positions, runs_of(lengths)))
    made = many(decoder(fold_norms=fold_norms, packed=True), x, lengths)
    torch.testing.assert_close(made, expected[:, 0], rtol=1e-5, atol=1e-5)


def test_a_cache_can_be_used_again() -> None:
    made = decoder(fold_norms=True, packed=True)
    steps, x = FewPositions(made, TURNED, 4), random(4, 3, SHAPE.width)
    first = [steps.advance(x[:, :2], 0), steps.advance(x[:, 2:], 2)]
    steps.advance(random(2, 2, SHAPE.width, seed=5), 0)
    again = [steps.advance(x[:, :2], 0), steps.advance(x[:, 2:], 2)]
    assert torch.equal(first[0], again[0]) and torch.equal(first[1], again[1])


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("way", ["few", "many"])
def test_a_row_is_the_same_in_every_batch(way: str, threads: int) -> None:
    torch.set_num_threads(threads)
    made = decoder(fold_norms=True, packed=True)
    x, lengths = random(10, POSITIONS, SHAPE.width), [5, 5, 5, 8, 8, 12, 5, 5, 9, 12]
    ways: dict[str, Callable[[list[int]], Tensor]] = {
        "few": lambda rows: few(made, x[rows], 2),
        "many": lambda rows: many(made, x[rows, :1], [lengths[row] for row in rows]),
    }
    alone = [ways[way]([row])[0] for row in range(10)]
    for rows in ([*range(10)], [7, 2], [9, 1, 4, 3], [8, 6, 5, 2, 1, 0, 3]):
        for row, out in zip(rows, ways[way](rows), strict=True):
            assert torch.equal(out, alone[row]), row
