"""The codec's transformer over codec frames: causal, in a sliding window (spec section 9, step 3).

Its state is bounded: the keys and values of the last `window - 1` frames, rotated already, and
the number of frames so far.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocalino.engines.qwen3_tts.config import CodecConfig
from vocalino.nn.norm import RMSNorm
from vocalino.nn.rope import Rotation, rotate, rotation

LayerPast = tuple[Tensor, Tensor]  # keys and values [B, H, up to window - 1, D]
Past = tuple[Tensor, tuple[LayerPast, ...]]  # frames so far [B], and the layers


@dataclass(frozen=True)
class Block:
    """Neighbouring queries of a chunk, and the keys that they see among them.

    Blocks are one window of queries and two of keys at most, so that memory does not grow with
    the square of the chunk.
    """

    queries: slice
    keys: slice
    mask: Tensor | None  # [queries, keys], true where seen; None: all


def blocks(past: int, length: int, window: int, device: torch.device) -> list[Block]:
    """The blocks of `length` queries whose keys begin with `past` earlier ones."""
    found: list[Block] = []
    for first in range(0, length, window):
        end = min(first + window, length)
        oldest = max(0, past + first - window + 1)
        q = torch.arange(past + first, past + end, device=device).unsqueeze(1)
        k = torch.arange(oldest, past + end, device=device)
        mask = None if end - first == 1 else (k <= q) & (k > q - window)
        found.append(Block(slice(first, end), slice(oldest, past + end), mask))
    return found


class Attention(nn.Module):
    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.heads, self.kv_heads = config.num_attention_heads, config.num_key_value_heads
        self.head_dim = config.head_dim
        self.keep = config.sliding_window - 1
        qkv_rows = (self.heads + 2 * self.kv_heads) * self.head_dim
        self.qkv_proj = nn.Linear(config.hidden_size, qkv_rows, bias=False)
        self.o_proj = nn.Linear(self.heads * self.head_dim, config.hidden_size, bias=False)

    def forward(
        self, x: Tensor, turn: Rotation, past: LayerPast, seen: list[Block]
    ) -> tuple[Tensor, LayerPast]:
        """[B, T, W] -> [B, T, W]"""
        qkv = self.qkv_proj(x).unflatten(-1, (-1, self.head_dim)).transpose(1, 2)
        q, k, v = qkv.split((self.heads, self.kv_heads, self.kv_heads), dim=1)  # [B, H, T, D]
        q, k = rotate(q, turn), rotate(k, turn)
        k, v = torch.cat((past[0], k), dim=2), torch.cat((past[1], v), dim=2)
        out = [
            F.scaled_dot_product_attention(
                q[:, :, block.queries],
                k[:, :, block.keys],
                v[:, :, block.keys],
                attn_mask=block.mask,
                enable_gqa=self.heads != self.kv_heads,
            )
            for block in seen
        ]
        joined = out[0] if len(out) == 1 else torch.cat(out, dim=2)
        kept = slice(max(0, k.shape[2] - self.keep), None)
        # Copies, or the state would keep all keys and values of the chunk alive.
        return self.o_proj(joined.transpose(1, 2).flatten(2)), (
            k[:, :, kept].clone(),
            v[:, :, kept].clone(),
        )


class FeedForward(nn.Module):
    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.gate_up_proj = nn.Linear(config.hidden_size, 2 * config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate, up = self.gate_up_proj(x).chunk(2, dim=-1)
        return self.down_proj(F.silu(gate) * up)


class TransformerLayer(nn.Module):
    """Both halves are scaled per channel before they are added."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.self_attn = Attention(config)
        self.self_attn_scale = nn.Parameter(torch.empty(config.hidden_size))
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.mlp = FeedForward(config)
        self.mlp_scale = nn.Parameter(torch.empty(config.hidden_size))

    def forward(
        self, x: Tensor, turn: Rotation, past: LayerPast, seen: list[Block]
    ) -> tuple[Tensor, LayerPast]:
        """[B, T, W] -> [B, T, W]"""
        heard, past = self.self_attn(self.input_layernorm(x), turn, past, seen)
        x = torch.addcmul(x, heard, self.self_attn_scale)
        thought = self.mlp(self.post_attention_layernorm(x))
        return torch.addcmul(x, thought, self.mlp_scale), past


class CodecTransformer(nn.Module):
    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        self.input_proj = nn.Linear(config.latent_dim, config.hidden_size)
        self.layers = nn.ModuleList(
            TransformerLayer(config) for _ in range(config.num_hidden_layers)
        )
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.output_proj = nn.Linear(config.hidden_size, config.latent_dim)

    def start(self, rows: int) -> Past:
        """The state before the first chunk."""
        config, like = self.config, self.norm.weight
        nothing = like.new_empty(rows, config.num_key_value_heads, 0, config.head_dim)
        frames = torch.zeros(rows, dtype=torch.int64, device=like.device)
        return frames, ((nothing, nothing),) * config.num_hidden_layers

    def step(self, x: Tensor, past: Past) -> tuple[Tensor, Past]:
        """The next chunk, [B, T, C] -> [B, T, C], and the state behind it."""
        frames, layers = past
        length = x.shape[1]
        positions = frames.unsqueeze(1) + torch.arange(length, device=x.device)  # [B, T]
        turn = rotation(
            positions.unsqueeze(1), self.config.head_dim, self.config.rope_theta, x.dtype
        )  # [B, 1, T, D]
        seen = blocks(layers[0][0].shape[2], length, self.config.sliding_window, x.device)
        x = self.input_proj(x)
        kept: list[LayerPast] = []
        for layer, before in zip(self.layers, layers, strict=True):
            x, behind = layer(x, turn, before, seen)
            kept.append(behind)
        return self.output_proj(self.norm(x)), (frames + length, tuple(kept))
