"""The decoder: positions one by one as all at once, rows together as alone, the sums by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocalino.nn import linear
from vocalino.nn.decoder import Attention, Decoder, DecoderShape
from vocalino.nn.kv_cache import KVCache, Run, Window, runs_of
from vocalino.nn.linear import make_row_exact
from vocalino.nn.norm import RMSNorm
from vocalino.nn.rope import Rotation, rotate, rotation

SHAPE = DecoderShape(layers=2, width=48, hidden=80, heads=6, kv_heads=2, head_dim=16, eps=1e-6)
POSITIONS = 40
TURNS = rotation(torch.arange(POSITIONS), SHAPE.head_dim, 1e4)
LENGTHS = (3, 3, 7, 20, 20, 7)  # of the rows' pasts: some share a run, some do not


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small gain nothing from more; a test that asks for them sets them itself."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def set_randomly(module: nn.Module) -> None:
    """Weights that keep the size of what passes through; norms about 1."""
    for seed, weight in enumerate(module.parameters()):
        drawn = random(*weight.shape, seed=seed)
        drawn = 1 + 0.3 * drawn if weight.ndim == 1 else drawn / weight.shape[1] ** 0.5
        weight.data = drawn
        weight.requires_grad = False


@pytest.fixture(scope="module", params=[True, False], ids=["kernels", "no kernels"])
def decoder(request: pytest.FixtureRequest) -> Decoder:
    made = Decoder(SHAPE)
    set_randomly(made)
    made.finish()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear, "has_kernels", lambda: request.param)
        make_row_exact(made)
    return made


def cache_for(rows: int) -> KVCache:
    return KVCache.empty(
        SHAPE.layers,
        rows,
        SHAPE.kv_heads,
        POSITIONS,
        SHAPE.head_dim,
        device=torch.device("cpu"),
        dtype=torch.float32,
    )


def whole(decoder: Decoder, x: Tensor, cache: KVCache) -> Tensor:
    length = x.shape[1]
    return decoder.whole(x, Rotation(TURNS.cos[:length, None], TURNS.sin[:length, None]), cache)


def step(
    decoder: Decoder, x: Tensor, positions: Tensor, cache: KVCache, *, masked: bool = False
) -> Tensor:
    """One new position per row. x [B, 1, W], positions [B]"""
    turned = TURNS.at(positions)
    turned = Rotation(turned.cos[:, None, None], turned.sin[:, None, None])
    if masked:
        mask = (torch.arange(POSITIONS) <= positions.unsqueeze(1))[:, None, None]
        window = Window(positions, (Run(0, len(x), POSITIONS),), mask)
    else:
        window = Window(positions, runs_of((positions + 1).tolist()))
    return decoder.step(x, turned, cache, window)


def pasts(decoder: Decoder) -> list[KVCache]:
    """A cache of one row for each of LENGTHS."""
    caches = [cache_for(1) for _ in LENGTHS]
    for row, (cache, length) in enumerate(zip(caches, LENGTHS, strict=True)):
        whole(decoder, random(1, length, SHAPE.width, seed=row), cache)
    return caches


def gathered(caches: list[KVCache]) -> KVCache:
    return KVCache(torch.cat([c.keys for c in caches], 1), torch.cat([c.values for c in caches], 1))


@pytest.mark.parametrize("prompt", [0, 1, 5])
def test_position_by_position_is_all_at_once(decoder: Decoder, prompt: int) -> None:
    x = random(3, 12, SHAPE.width)
    all_at_once, one_by_one = cache_for(3), cache_for(3)
    expected = whole(decoder, x, all_at_once)
    parts = [whole(decoder, x[:, :prompt], one_by_one)] if prompt else []
    for position in range(prompt, 12):
        window = Window(position, (Run(0, 3, position + 1),))
        turned = TURNS.at(torch.tensor([position]))  # [1, D]
        parts.append(decoder.step(x[:, position : position + 1], turned, one_by_one, window))
    torch.testing.assert_close(torch.cat(parts, dim=1), expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(one_by_one.keys, all_at_once.keys, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(one_by_one.values, all_at_once.values, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("threads", [1, 2])
def test_rows_of_different_lengths_are_each_as_alone(decoder: Decoder, threads: int) -> None:
    torch.set_num_threads(threads)
    alone = pasts(decoder)
    together = gathered(alone)
    positions = torch.tensor(LENGTHS)
    for at in range(4):
        x = random(len(LENGTHS), 1, SHAPE.width, seed=100 + at)
        out = step(decoder, x, positions + at, together)
        for row, cache in enumerate(alone):
            one = slice(row, row + 1)
            assert torch.equal(out[one], step(decoder, x[one], positions[one] + at, cache))
    assert torch.equal(together.keys, gathered(alone).keys)
    assert torch.equal(together.values, gathered(alone).values)


def test_a_mask_hides_what_runs_leave_out(decoder: Decoder) -> None:
    runs = gathered(pasts(decoder))
    masked = gathered(pasts(decoder))
    for row, length in enumerate(LENGTHS):  # left behind by other rows
        masked.keys[:, row, :, length:] = 50.0
        masked.values[:, row, :, length:] = 1e4
    for at in range(3):
        positions = torch.tensor(LENGTHS) + at
        x = random(len(LENGTHS), 1, SHAPE.width, seed=200 + at)
        expected = step(decoder, x, positions, runs)
        out = step(decoder, x, positions, masked, masked=True)
        torch.testing.assert_close(out, expected, rtol=1e-5, atol=1e-5)


def test_grouped_heads_by_hand() -> None:
    """Key head j serves the neighbouring query heads 3 j to 3 j + 2."""
    attention = Attention(SHAPE)
    set_randomly(attention)
    attention.finish()
    x, length, dim = random(2, 9, SHAPE.width), 9, SHAPE.head_dim
    turned = Rotation(TURNS.cos[:length, None], TURNS.sin[:length, None])
    out = attention.whole(x, turned, cache_for(2), 0)

    parts = (x.double() @ attention.qkv_proj.weight.double().T).unflatten(-1, (-1, dim))
    q, k, v = parts.split((SHAPE.heads, SHAPE.kv_heads, SHAPE.kv_heads), dim=2)  # [B, T, H, D]
    q, k = (
        rotate(F.rms_norm(heads, (dim,), norm.weight.double(), SHAPE.eps), turned)
        for heads, norm in ((q, attention.q_norm), (k, attention.k_norm))
    )
    k, v = (heads.repeat_interleave(SHAPE.heads // SHAPE.kv_heads, dim=2) for heads in (k, v))
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / dim**0.5
    future = torch.ones(length, length, dtype=torch.bool).triu(1)
    weights = scores.masked_fill(future, -torch.inf).softmax(dim=-1)
    heads = torch.einsum("bhqk,bkhd->bqhd", weights, v).flatten(2)
    expected = heads @ attention.o_proj.weight.double().T
    torch.testing.assert_close(out.double(), expected, rtol=1e-4, atol=1e-5)


def test_norms_round_before_the_weight_is_applied() -> None:
    norm = RMSNorm(64, 1e-6)
    set_randomly(norm)
    norm.bfloat16()
    x = random(8, 64, seed=7).bfloat16()
    wide = x.double()
    exact = wide / (wide.square().mean(dim=-1, keepdim=True) + 1e-6).sqrt()
    assert torch.equal(norm(x), exact.bfloat16() * norm.weight)
    assert not torch.equal(norm(x), (exact * norm.weight.double()).bfloat16())


def test_queries_and_keys_are_rounded_as_norms_of_their_own() -> None:
    attention = Attention(SHAPE)
    set_randomly(attention)
    attention.bfloat16().finish()
    x = random(2, 5, SHAPE.width).bfloat16()
    turned = rotation(torch.arange(5), SHAPE.head_dim, 1e4, torch.bfloat16)
    turned = Rotation(turned.cos[:, None], turned.sin[:, None])
    parts = attention.qkv_proj(x).unflatten(-1, (-1, SHAPE.head_dim))
    q, k, v = parts.split((SHAPE.heads, SHAPE.kv_heads, SHAPE.kv_heads), dim=2)
    expected = (rotate(attention.q_norm(q), turned), rotate(attention.k_norm(k), turned), v)
    for ours, theirs in zip(attention.project(x, turned), expected, strict=True):
        assert torch.equal(ours, theirs.transpose(1, 2))
