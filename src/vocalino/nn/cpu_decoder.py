"""A decoder's steps on a CPU in float32: the sums of `Decoder.step` in a third of the operations.

For a few rows an operation costs a CPU more than what it computes. Queries, keys and values are
normed, scaled, turned and stored together here, residuals are added by the products, and views are
made once. A row's result does not depend on the batch, as long as its linear layers' do not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocalino.nn.decoder import CPU_QUERY_ROWS, Decoder, DecoderLayer, DecoderShape
from vocalino.nn.kv_cache import KVCache, Run
from vocalino.nn.linear import plus
from vocalino.nn.norm import RMSNorm, inverse_rms
from vocalino.nn.rope import Rotation


class Attention(Protocol):
    """Where a step's heads go, and what its queries see."""

    def place(self, layer: int) -> Tensor | None:
        """Where the turned heads [B, T, Hq + 2 Hkv, D] are to be written, if that is settled."""
        ...

    def see(self, layer: int, heads: Tensor) -> Tensor:
        """From the turned heads to what was seen. [B, T, Hq + 2 Hkv, D] -> [B T, Hq D]"""
        ...


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer's parts at hand: looking them up in a module costs as much as an addition."""

    input_weight: Tensor | None  # None: folded into the projection
    qkv: nn.Module
    output: nn.Module
    post_weight: Tensor | None
    gate_up: nn.Module
    down: nn.Module

    @classmethod
    def of(cls, layer: DecoderLayer) -> _Layer:
        attention, mlp = layer.self_attn, layer.mlp
        return cls(
            _weight(layer.input_layernorm),
            attention.qkv_proj,
            attention.o_proj,
            _weight(layer.post_attention_layernorm),
            mlp.gate_up_proj,
            mlp.down_proj,
        )


def _weight(norm: RMSNorm) -> Tensor | None:
    return None if norm.folded else norm.weight.detach()


class CpuDecoder:
    """The steps of `decoder`, whose linear layers are what they will be."""

    def __init__(self, decoder: Decoder) -> None:
        self.shape = decoder.shape
        self._layers = [_Layer.of(layer) for layer in decoder.stack]
        self._norm = decoder.norm
        self._qk_weights = torch.stack([layer.self_attn.qk_weight for layer in decoder.stack])
        self._qk_weights[:, : self.shape.heads] /= math.sqrt(self.shape.head_dim)

    def turns(self, rotation: Rotation) -> list[Rotation]:
        """What each layer's heads are multiplied with at some positions. [..., D] each

        Norms' weights, rotation and the scale of attention in one, [..., Hq + 2 Hkv, D]; values
        pass as they are.
        """
        shape = self.shape
        turned = shape.heads + shape.kv_heads
        weights = self._qk_weights.view(-1, *[1] * (rotation.cos.dim() - 1), turned, shape.head_dim)
        size = (len(weights), *rotation.cos.shape[:-1], turned + shape.kv_heads, shape.head_dim)
        cos, sin = weights.new_ones(size), weights.new_zeros(size)
        torch.mul(weights, rotation.cos.unsqueeze(-2), out=cos[..., :turned, :])
        swapped = weights.roll(shape.head_dim // 2, dims=-1)
        torch.mul(swapped, rotation.sin.unsqueeze(-2), out=sin[..., :turned, :])
        return [Rotation(*parts) for parts in zip(cos, sin, strict=True)]

    def step(self, x: Tensor, new: int, turns: Sequence[Rotation], attention: Attention) -> Tensor:
        """`new` embedded positions per row -> final-normed hidden. [B T, W] -> [B T, W]

        `turns` are of these positions: [T, H, D], or of each row [B, 1, H, D].
        """
        shape = self.shape
        heads = (-1, new, shape.heads + 2 * shape.kv_heads, shape.head_dim)
        turned = shape.heads + shape.kv_heads
        scale = x.new_ones(len(x) // new, new, heads[2], 1)  # of values it stays 1
        qk_scale = scale.narrow(2, 0, turned)
        for number, (layer, turn) in enumerate(zip(self._layers, turns, strict=True)):
            qkv = layer.qkv(_normed(x, shape.eps, layer.input_weight)).view(heads)
            inverse_rms(qkv.narrow(2, 0, turned), shape.eps, out=qk_scale)
            qkv = qkv * scale
            swapped = qkv.roll(shape.head_dim // 2, dims=-1)
            place = attention.place(number)
            qkv = torch.addcmul(qkv * turn.cos, swapped, turn.sin, out=place)
            x = plus(layer.output, attention.see(number, qkv), x)
            gate_up = layer.gate_up(_normed(x, shape.eps, layer.post_weight))
            x = plus(layer.down, _gated(gate_up, shape.hidden), x)
        return self._norm(x)


def _normed(x: Tensor, eps: float, weight: Tensor | None) -> Tensor:
    scaled = x * inverse_rms(x, eps)
    return scaled if weight is None else scaled.mul_(weight)


def _gated(gate_up: Tensor, hidden: int) -> Tensor:
    """silu(gate) * up, [N, 2 F] -> [N, F]; see nn/activation.py."""
    gate = gate_up.narrow(1, 0, hidden)
    return (gate * gate_up.narrow(1, hidden, hidden)).div_(gate.neg().exp_().add_(1.0))


@dataclass(frozen=True, slots=True)
class _Slot:
    """The views of one layer at some new positions."""

    place: Tensor  # [B, T, Hq + 2 Hkv, D]
    queries: Tensor  # [B, Hkv, G, T, 1, D]
    keys: Tensor  # [B, Hkv, 1, 1, S, D], the new positions included
    values: Tensor


class FewPositions:
    """A decoder over a few positions, up to some tens: its cache, and attention as plain sums.

    That is quicker than the attention kernel, which wants its queries padded. Every view is made
    once and kept.
    """

    def __init__(self, decoder: Decoder, rotation: Rotation, rows: int) -> None:
        """Room for `rows` rows; `rotation` [P, D] is of all positions."""
        self._decoder = CpuDecoder(decoder)
        self._turns = self._decoder.turns(rotation)
        shape, positions = decoder.shape, len(rotation.cos)
        heads = shape.heads + 2 * shape.kv_heads
        self._heads = torch.zeros(shape.layers, rows, heads, positions, shape.head_dim)
        self._windows: dict[tuple[int, int, int], _Window] = {}

    def advance(self, x: Tensor, first: int) -> Tensor:
        """Positions from `first` on of the first rows. [B, T, W] -> the last one's hidden [B, W]

        Positions before them have been there already.
        """
        rows, new, width = x.shape
        window = self._windows.get((rows, first, new))
        if window is None:
            shape, heads = self._decoder.shape, self._heads[:, :rows]
            window = _Window(shape, heads, self._turns, first, new)
            self._windows[rows, first, new] = window
        hidden = self._decoder.step(x.reshape(-1, width), new, window.turns, window)
        return hidden if new == 1 else hidden.view(x.shape)[:, -1]


class _Window:
    """`new` positions of some rows, seeing themselves and all before them."""

    def __init__(
        self, shape: DecoderShape, heads: Tensor, turns: list[Rotation], first: int, new: int
    ) -> None:
        end, groups = first + new, shape.kv_heads
        self.turns = [Rotation(turn.cos[first:end], turn.sin[first:end]) for turn in turns]
        self._slots: list[_Slot] = []
        for layer in heads:  # [B, Hq + 2 Hkv, P, D]
            queries, keys, values = layer.split((shape.heads, groups, groups), dim=1)
            self._slots.append(
                _Slot(
                    layer[:, :, first:end].transpose(1, 2),
                    queries[:, :, first:end].unflatten(1, (groups, -1)).unsqueeze(-2),
                    keys[:, :, None, None, :end],
                    values[:, :, None, None, :end],
                )
            )
        rows = heads.shape[1]
        self._seen = heads.new_empty(rows * new, shape.heads * shape.head_dim)
        by_row = self._seen.view(rows, new, groups, -1, shape.head_dim)
        self._grouped = by_row.permute(0, 2, 3, 1, 4)  # [B, Hkv, G, T, D]
        future = heads.new_full((new, end), -torch.inf).triu(first + 1)
        self._future = future if new > 1 else None

    def place(self, layer: int) -> Tensor:
        return self._slots[layer].place

    def see(self, layer: int, heads: Tensor) -> Tensor:
        slot = self._slots[layer]
        scores = (slot.queries * slot.keys).sum(dim=-1)  # [B, Hkv, G, T, S]
        if self._future is not None:
            scores = scores + self._future
        weights = scores.softmax(dim=-1).unsqueeze(-1)
        torch.sum(weights * slot.values, dim=-2, out=self._grouped)
        return self._seen


class ManyPositions:
    """One new position per row of a `KVCache`, seeing what `runs` say."""

    def __init__(self, shape: DecoderShape, cache: KVCache, runs: Sequence[Run]) -> None:
        self._shape, self._cache, self._runs = shape, cache, runs

    def place(self, layer: int) -> None:
        return None

    def see(self, layer: int, heads: Tensor) -> Tensor:
        shape = self._shape
        parts = (shape.heads, shape.kv_heads, shape.kv_heads)
        q, k, v = heads.squeeze(1).split(parts, dim=1)  # [B, H, D] each
        # The queries of a group stand in for positions: [B, Hq, D] -> [B, Hkv, G, D]
        q = q.unflatten(1, (shape.kv_heads, -1))
        group = q.shape[2]
        q = F.pad(q, (0, 0, 0, -group % CPU_QUERY_ROWS))
        keys, values = self._cache.keys[layer], self._cache.values[layer]
        seen: list[Tensor] = []
        for run in self._runs:
            rows = slice(run.first, run.end)
            keys[rows, :, run.length - 1] = k[rows]
            values[rows, :, run.length - 1] = v[rows]
            past = (keys[rows, :, : run.length], values[rows, :, : run.length])
            seen.append(F.scaled_dot_product_attention(q[rows], *past, scale=1.0))
        out = seen[0] if len(seen) == 1 else torch.cat(seen)
        return out[:, :, :group].reshape(len(heads), -1)
