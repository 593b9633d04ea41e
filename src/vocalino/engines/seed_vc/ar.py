"""The style model: narrow content indices -> wide ones in the voice's manner (spec 7.1, 7.2).

A row's sequence is [SEP] narrow ... [SEP] prompt ... generated ...; rotary positions begin anew at
the second separator, causality follows the places in the cache. Each row has its own places and
sees nothing but them, so that conversions can't get into each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocalino.engines.seed_vc.config import ArConfig
from vocalino.engines.seed_vc.rotation import rounded_table, turn, turns
from vocalino.nn.activation import silu
from vocalino.nn.decoder import CPU_QUERY_ROWS
from vocalino.nn.kv_cache import KVCache, Window
from vocalino.nn.linear import make_row_exact
from vocalino.nn.norm import RMSNorm

EPS = 1e-5


@dataclass(frozen=True)
class Places:
    """Where one new token of each row goes."""

    rotary: Tensor  # [B]
    window: Window


class Attention(nn.Module):
    def __init__(self, config: ArConfig) -> None:
        super().__init__()
        self.config = config
        rows = (config.heads + 2 * config.kv_heads) * config.head_dim
        self.wqkv = nn.Linear(config.width, rows, bias=False)
        self.wo = nn.Linear(config.width, config.width, bias=False)

    def project(self, x: Tensor, turning: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """[B, T, W] -> queries [B, H, T, D], keys and values [B, Hkv, T, D]"""
        heads, kv_heads = self.config.heads, self.config.kv_heads
        qkv = self.wqkv(x).unflatten(-1, (-1, self.config.head_dim))  # [B, T, H + 2 Hkv, D]
        qk, v = qkv.split((heads + kv_heads, kv_heads), dim=2)
        q, k = turn(qk, turning).split((heads, kv_heads), dim=2)
        return q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)

    def whole(self, x: Tensor, turning: Tensor, cache: KVCache, layer: int) -> Tensor:
        """Places 0 to T - 1 of every row at once, causal; fills the cache. [B, T, W]"""
        q, k, v = self.project(x, turning)
        cache.keys[layer, :, :, : x.shape[1]] = k
        cache.values[layer, :, :, : x.shape[1]] = v
        out = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        return self.wo(out.transpose(1, 2).flatten(2))

    def step(
        self, x: Tensor, turning: Tensor, cache: KVCache, layer: int, window: Window
    ) -> Tensor:
        """One new place a row. [B, 1, W]"""
        q, k, v = self.project(x, turning)
        keys, values = cache.keys[layer], cache.values[layer]
        rows = torch.arange(len(x), device=x.device)
        keys[rows, :, window.position] = k[:, :, 0]
        values[rows, :, window.position] = v[:, :, 0]
        # The queries of a group stand in for positions: [B, H, 1, D] -> [B, Hkv, G, D]
        q = q.reshape(len(x), self.config.kv_heads, -1, self.config.head_dim)
        group = q.shape[2]
        if q.device.type == "cpu":  # see nn/decoder.py: then a row is the same on every thread
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
        return self.wo(torch.cat(seen)[:, :, :group].reshape(len(x), 1, -1))


class FeedForward(nn.Module):
    def __init__(self, config: ArConfig) -> None:
        super().__init__()
        self.w1 = nn.Linear(config.width, config.hidden, bias=False)
        self.w3 = nn.Linear(config.width, config.hidden, bias=False)
        self.w2 = nn.Linear(config.hidden, config.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.w2(silu(self.w1(x)) * self.w3(x))


class Layer(nn.Module):
    def __init__(self, config: ArConfig) -> None:
        super().__init__()
        self.attention_norm = RMSNorm(config.width, EPS)
        self.attention = Attention(config)
        self.ffn_norm = RMSNorm(config.width, EPS)
        self.feed_forward = FeedForward(config)

    def whole(self, x: Tensor, turning: Tensor, cache: KVCache, layer: int) -> Tensor:
        x = x + self.attention.whole(self.attention_norm(x), turning, cache, layer)
        return x + self.feed_forward(self.ffn_norm(x))

    def step(
        self, x: Tensor, turning: Tensor, cache: KVCache, layer: int, window: Window
    ) -> Tensor:
        x = x + self.attention.step(self.attention_norm(x), turning, cache, layer, window)
        return x + self.feed_forward(self.ffn_norm(x))


class Decoder(nn.Module):
    def __init__(self, config: ArConfig) -> None:
        super().__init__()
        self.embeddings = nn.Embedding(config.vocabulary, config.width)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = RMSNorm(config.width, EPS)
        # Not tied to the embeddings: the two differ in the official file.
        self.output = nn.Linear(config.width, config.vocabulary, bias=False)


class Ar(nn.Module):
    turning: Tensor  # [P, D/2] complex64

    def __init__(self, config: ArConfig) -> None:
        super().__init__()
        self.config = config
        self.sep_token_emb = nn.Parameter(torch.empty(config.width))
        self.model = Decoder(config)
        self.register_buffer("turning", None, persistent=False)

    @property
    def _stack(self) -> list[Layer]:
        return cast("list[Layer]", list(self.model.layers))

    @torch.no_grad()
    def finish(self) -> None:
        """To be called once, when the weights are in place."""
        table = rounded_table(self.config.positions, self.config.head_dim)
        self.turning = turns(table.to(self.sep_token_emb.device))
        make_row_exact(self)

    def new_cache(self, rows: int, positions: int) -> KVCache:
        config, weight = self.config, self.sep_token_emb
        return KVCache.empty(
            config.layers,
            rows,
            config.kv_heads,
            positions,
            config.head_dim,
            device=weight.device,
            dtype=weight.dtype,
        )

    def prefill(self, narrow: Tensor, prompt: Tensor, cache: KVCache) -> Tensor:
        """Read the prefix of one row into its `cache`: embedded narrow indices [N, W] and wide
        indices [P]. The logits of the first token, [1, V] float32."""
        separator = self.sep_token_emb.unsqueeze(0)
        prompted = self.model.embeddings(prompt)
        x = torch.cat((separator, narrow.to(separator.dtype), separator, prompted)).unsqueeze(0)
        first, second = len(narrow) + 1, len(prompt) + 1
        turning = torch.cat((self.turning[:first], self.turning[:second]))[:, None]  # [T, 1, D/2]
        for number, layer in enumerate(self._stack):
            x = layer.whole(x, turning, cache, number)
        return self._logits(x[:, -1])

    def step(self, tokens: Tensor, places: Places, cache: KVCache) -> Tensor:
        """One token a row [B] -> the logits of the next, [B, V] float32."""
        x = self.model.embeddings(tokens).unsqueeze(1)
        turning = self.turning[places.rotary][:, None, None]  # [B, 1, 1, D/2]
        for number, layer in enumerate(self._stack):
            x = layer.step(x, turning, cache, number, places.window)
        return self._logits(x[:, 0])

    def _logits(self, x: Tensor) -> Tensor:
        return self.model.output(self.model.norm(x)).float()
