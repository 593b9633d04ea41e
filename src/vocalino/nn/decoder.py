"""A pre-norm transformer decoder of the Qwen3 kind, whole prompts and one step at a time.

Grouped-query attention with RMSNorm on each head of queries and keys before rotation, SwiGLU,
no biases. Projections that read the same input are one matrix here: `qkv_proj`, `gate_up_proj`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocalino.nn.activation import silu
from vocalino.nn.kv_cache import KVCache, Window
from vocalino.nn.norm import RMSNorm, normed
from vocalino.nn.rope import Rotation, rotate

# The CPU's attention kernel keeps (rows of queries) * (keys + 2 + D) floats per thread, and MKL
# rounds by the alignment of what it multiplies: with whole cache lines for every length of keys,
# a row's result does not depend on the thread that it falls to.
CPU_QUERY_ROWS = 16


@dataclass(frozen=True)
class DecoderShape:
    """The sizes of a decoder."""

    layers: int
    width: int
    hidden: int  # of the feed-forward part
    heads: int
    kv_heads: int
    head_dim: int
    eps: float

    @property
    def qkv_rows(self) -> int:
        return (self.heads + 2 * self.kv_heads) * self.head_dim


class Attention(nn.Module):
    qk_weight: Tensor  # [Hq + Hkv, D]

    def __init__(self, shape: DecoderShape) -> None:
        super().__init__()
        self.shape = shape
        self.qkv_proj = nn.Linear(shape.width, shape.qkv_rows, bias=False)
        self.o_proj = nn.Linear(shape.heads * shape.head_dim, shape.width, bias=False)
        self.q_norm = RMSNorm(shape.head_dim, shape.eps)
        self.k_norm = RMSNorm(shape.head_dim, shape.eps)
        self.register_buffer("qk_weight", None, persistent=False)

    def finish(self) -> None:
        """Queries and keys are normed in one go: their weights become one [Hq + Hkv, D]."""
        shape = self.shape
        q = self.q_norm.weight.detach().expand(shape.heads, -1)
        k = self.k_norm.weight.detach().expand(shape.kv_heads, -1)
        self.qk_weight = torch.cat((q, k))

    def project(self, x: Tensor, rotation: Rotation) -> tuple[Tensor, Tensor, Tensor]:
        """[B, T, W] -> queries [B, Hq, T, D], keys and values [B, Hkv, T, D]"""
        shape = self.shape
        qkv = self.qkv_proj(x).unflatten(-1, (-1, shape.head_dim))  # [B, T, Hq + 2 Hkv, D]
        qk, v = qkv.split((shape.heads + shape.kv_heads, shape.kv_heads), dim=2)
        qk = rotate(normed(qk, shape.eps) * self.qk_weight, rotation)
        q, k = qk.split((shape.heads, shape.kv_heads), dim=2)
        return q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)

    def whole(self, x: Tensor, rotation: Rotation, cache: KVCache, layer: int) -> Tensor:
        """Positions 0 to T - 1 of every row at once, causal; fills the cache. [B, T, W]"""
        q, k, v = self.project(x, rotation)
        length = x.shape[1]
        cache.keys[layer, :, :, :length] = k
        cache.values[layer, :, :, :length] = v
        out = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        return self.o_proj(out.transpose(1, 2).flatten(2))

    def step(
        self, x: Tensor, rotation: Rotation, cache: KVCache, layer: int, window: Window
    ) -> Tensor:
        """One new position per row, seeing what `window` says. [B, 1, W]"""
        q, k, v = self.project(x, rotation)
        keys, values = cache.keys[layer], cache.values[layer]
        if isinstance(window.position, int):
            keys[:, :, window.position] = k[:, :, 0]
            values[:, :, window.position] = v[:, :, 0]
        else:
            rows = torch.arange(x.shape[0], device=x.device)
            keys[rows, :, window.position] = k[:, :, 0]
            values[rows, :, window.position] = v[:, :, 0]
        # The queries of a group stand in for positions: [B, Hq, 1, D] -> [B, Hkv, G, D]
        q = q.reshape(x.shape[0], self.shape.kv_heads, -1, self.shape.head_dim)
        group = q.shape[2]
        if q.device.type == "cpu":
            q = F.pad(q, (0, 0, 0, -group % CPU_QUERY_ROWS))
        seen = [
            F.scaled_dot_product_attention(
                q[run.first : run.end],
                keys[run.first : run.end, :, : run.length],
                values[run.first : run.end, :, : run.length],
                attn_mask=window.mask,
            )
            for run in window.runs
        ]
        out = seen[0] if len(seen) == 1 else torch.cat(seen)
        return self.o_proj(out[:, :, :group].reshape(x.shape[0], 1, -1))


class FeedForward(nn.Module):
    def __init__(self, shape: DecoderShape) -> None:
        super().__init__()
        self.gate_up_proj = nn.Linear(shape.width, 2 * shape.hidden, bias=False)
        self.down_proj = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate, up = self.gate_up_proj(x).chunk(2, dim=-1)
        return self.down_proj(silu(gate) * up)


class DecoderLayer(nn.Module):
    def __init__(self, shape: DecoderShape) -> None:
        super().__init__()
        self.input_layernorm = RMSNorm(shape.width, shape.eps)
        self.self_attn = Attention(shape)
        self.post_attention_layernorm = RMSNorm(shape.width, shape.eps)
        self.mlp = FeedForward(shape)

    def whole(self, x: Tensor, rotation: Rotation, cache: KVCache, layer: int) -> Tensor:
        x = x + self.self_attn.whole(self.input_layernorm(x), rotation, cache, layer)
        return x + self.mlp(self.post_attention_layernorm(x))

    def step(
        self, x: Tensor, rotation: Rotation, cache: KVCache, layer: int, window: Window
    ) -> Tensor:
        x = x + self.self_attn.step(self.input_layernorm(x), rotation, cache, layer, window)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    """The stack, and the norm behind it. Its output is final-normed."""

    def __init__(self, shape: DecoderShape) -> None:
        super().__init__()
        self.shape = shape
        self.layers = nn.ModuleList(DecoderLayer(shape) for _ in range(shape.layers))
        self.norm = RMSNorm(shape.width, shape.eps)

    @property
    def stack(self) -> list[DecoderLayer]:
        return cast("list[DecoderLayer]", list(self.layers))

    def finish(self) -> None:
        """To be called once, when the weights are in place."""
        for layer in self.stack:
            layer.self_attn.finish()

    def whole(self, x: Tensor, rotation: Rotation, cache: KVCache) -> Tensor:
        """Embedded positions 0 to T - 1 [B, T, W] -> hidden [B, T, W]; fills the cache.

        `rotation` is of these positions, each part [T, 1, D].
        """
        for number, layer in enumerate(self.stack):
            x = layer.whole(x, rotation, cache, number)
        return self.norm(x)

    def step(self, x: Tensor, rotation: Rotation, cache: KVCache, window: Window) -> Tensor:
        """One embedded position per row [B, 1, W] -> hidden [B, 1, W].

        `rotation` is of these positions, each part [B, 1, 1, D] or [1, D].
        """
        for number, layer in enumerate(self.stack):
            x = layer.step(x, rotation, cache, number, window)
        return self.norm(x)
