"""The flow-matching transformer: noisy mel + conditions + time -> velocity (spec 8.1 and 8.2).

What does not change from one ODE step to the next is worked out before the first: the modulation
of every layer at every time (`Dit.modulation`), and the part of the merged input that comes from
prompt and content (`Dit.condition`). The residual stream, the norms and all that is worked out
beforehand are float32; the products in the layers are in the dtype of their weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocalino.engines.seed_vc.config import MEL_BANDS, DitConfig
from vocalino.engines.seed_vc.rotation import turn, turns
from vocalino.nn.norm import normed

EPS = 1e-5
TOKENS = 2  # time and style stand before the frames
_TIME_SCALE = 1000.0
_TIME_BASE = 10000.0


@dataclass(frozen=True)
class Modulation:
    """What the time does at one step, for R rows; R is 1 where all are at the same time."""

    token: Tensor  # the time token [R, D]
    layers: Tensor  # [L, 6, R, 1, D]: shift, gain, gate of attention, then of feed-forward
    final: Tensor  # [2, R, 1, D]: gain and shift


@dataclass(frozen=True)
class Condition:
    """What steers R rows, the same at every step.

    `frames` [R, 2 + T, D] is the merged input without the noisy mel, the style token second.
    `seen` [R, 1, 1, 2 + T] is false behind a row's end; None: all rows fill all frames.
    """

    frames: Tensor
    seen: Tensor | None = None


class Weight(nn.Module):
    """The weight of an RMSNorm; the modulation takes it in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width))


class AdaptiveNorm(nn.Module):
    """A norm with a linear layer that makes `vectors` vectors of the time's embedding."""

    def __init__(self, width: int, vectors: int) -> None:
        super().__init__()
        self.norm = Weight(width)
        self.linear = nn.Linear(width, vectors * width)

    def vectors(self, active: Tensor, count: int) -> tuple[Tensor, ...]:
        """[R, D] -> `count` times [R, 1, D]"""
        return _wide(self.linear, active).unsqueeze(1).chunk(count, dim=-1)


class Attention(nn.Module):
    def __init__(self, config: DitConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.wqkv = nn.Linear(config.width, 3 * config.width, bias=False)
        self.wo = nn.Linear(config.width, config.width, bias=False)

    def forward(self, x: Tensor, turning: Tensor, seen: Tensor | None, first: int) -> Tensor:
        """[R, T, D] -> what positions from `first` on make of all of them, [R, T - first, D]"""
        qkv = self.wqkv(x).unflatten(-1, (3, self.heads, -1))  # [R, T, 3, H, D/H]
        q, k = turn(qkv[:, :, :2], turning).unbind(2)
        out = F.scaled_dot_product_attention(
            q[:, first:].transpose(1, 2),
            k.transpose(1, 2),
            qkv[:, :, 2].transpose(1, 2),
            attn_mask=seen,
        )
        return self.wo(out.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, config: DitConfig) -> None:
        super().__init__()
        self.w1 = nn.Linear(config.width, config.hidden, bias=False)
        self.w3 = nn.Linear(config.width, config.hidden, bias=False)
        self.w2 = nn.Linear(config.hidden, config.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.w2(F.silu(self.w1(x), inplace=True).mul_(self.w3(x)))


class Layer(nn.Module):
    def __init__(self, config: DitConfig) -> None:
        super().__init__()
        self.attention_norm = AdaptiveNorm(config.width, 6)
        self.attention = Attention(config)
        self.ffn_norm = Weight(config.width)
        self.feed_forward = FeedForward(config)

    def modulation(self, active: Tensor) -> Tensor:
        """SiLU of the time's embedding [R, D] -> the six vectors [6, R, 1, D]"""
        vectors = self.attention_norm.vectors(active, 6)
        shift_a, scale_a, gate_a, shift_f, scale_f, gate_f = vectors
        gain_a = (1.0 + scale_a) * self.attention_norm.norm.weight.float()
        gain_f = (1.0 + scale_f) * self.ffn_norm.weight.float()
        return torch.stack((shift_a, gain_a, gate_a, shift_f, gain_f, gate_f))

    def forward(
        self, x: Tensor, by: Tensor, turning: Tensor, seen: Tensor | None, first: int = 0
    ) -> Tensor:
        """[R, T, D] -> positions from `first` on, [R, T - first, D]"""
        shift_a, gain_a, gate_a, shift_f, gain_f, gate_f = by
        dtype = self.attention.wo.weight.dtype
        a = torch.addcmul(shift_a, normed(x, EPS), gain_a).to(dtype)
        x = torch.addcmul(x[:, first:], gate_a, self.attention(a, turning, seen, first).float())
        f = torch.addcmul(shift_f, normed(x, EPS), gain_f).to(dtype)
        return torch.addcmul(x, gate_f, self.feed_forward(f).float())


class Transformer(nn.Module):
    freqs_cis: Tensor  # [P, D/H/2, 2] bfloat16: the table of rotations, as stored

    def __init__(self, config: DitConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = AdaptiveNorm(config.width, 2)
        table = torch.empty(config.positions, config.head_dim // 2, 2)
        self.register_buffer("freqs_cis", table)

    @property
    def stack(self) -> list[Layer]:
        return cast("list[Layer]", list(self.layers))

    def forward(self, x: Tensor, by: Modulation, seen: Tensor | None, first: int) -> Tensor:
        """[R, T, D] -> normed positions from `first` on, [R, T - first, D]

        The last layer leaves out those before: nobody looks at what becomes of them.
        """
        turning = turns(self.freqs_cis[: x.shape[1], None, None])  # [T, 1, 1, D/H/2]
        last = len(self.layers) - 1
        for number, layer in enumerate(self.stack):
            x = layer(x, by.layers[number], turning, seen, first if number == last else 0)
        gain, shift = by.final
        return torch.addcmul(shift, normed(x, EPS), gain)


class TimeEmbedder(nn.Module):
    def __init__(self, config: DitConfig) -> None:
        super().__init__()
        self.features = config.time_features
        self.mlp = nn.Sequential(
            nn.Linear(config.time_features, config.width),
            nn.SiLU(),
            nn.Linear(config.width, config.width),
        )

    def forward(self, times: Tensor) -> Tensor:
        """[R], 0 to 1 -> [R, D]"""
        half = self.features // 2
        number = torch.arange(half, dtype=torch.float32, device=times.device)
        frequencies = torch.exp(-math.log(_TIME_BASE) * number / half)
        angles = _TIME_SCALE * times.unsqueeze(-1) * frequencies
        waves = torch.cat((angles.cos(), angles.sin()), dim=-1)
        return _wide(self.mlp[2], F.silu(_wide(self.mlp[0], waves)))


class Dit(nn.Module):
    def __init__(self, config: DitConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.cond_projection = nn.Linear(config.content, width)
        self.cond_x_merge_linear = nn.Linear(2 * MEL_BANDS + width, width)
        self.style_in = nn.Linear(config.style, width)
        self.t_embedder = TimeEmbedder(config)
        self.transformer = Transformer(config)
        self.final_mlp = nn.Sequential(
            nn.Linear(width, width), nn.SiLU(), nn.Linear(width, MEL_BANDS)
        )

    def room(self, prompt: int) -> int:
        """How many frames there are positions for, behind a prompt of so many."""
        return self.config.positions - TOKENS - prompt

    def modulation(self, times: Tensor) -> Modulation:
        """What the times [R] of R rows do."""
        token = self.t_embedder(times)
        active = F.silu(token)
        layers = torch.stack([layer.modulation(active) for layer in self.transformer.stack])
        norm = self.transformer.norm
        scale, shift = norm.vectors(active, 2)
        final = torch.stack(((1.0 + scale) * norm.norm.weight.float(), shift))
        return Modulation(token, layers, final)

    def condition(
        self,
        rows: int,
        frames: int,
        *,
        content: Tensor | None,
        prompt: Tensor | None,
        style: Tensor | None,
    ) -> Tensor:
        """The merged input of `rows` rows without the noisy mel: [R, 2 + T, D].

        None stands for zeros: they still pass through their layers, and biases stay.

        Args:
            content: [R or 1, T, C] from the length regulator.
            prompt: log-mel [R or 1, T or fewer, M]; frames behind it have none.
            style: [R or 1, S].
        """
        _, of_prompt, of_content = self._merge_weights()
        width = self.config.width
        silence = torch.zeros(1, 1, self.config.content, device=of_content.device)
        merged = _wide(self.cond_projection, silence if content is None else content)
        merged = F.linear(merged, of_content, self.cond_x_merge_linear.bias.float())
        out = merged.new_empty(rows, TOKENS + frames, width)
        out[:, TOKENS:] = merged
        if prompt is not None:
            out[:, TOKENS : TOKENS + prompt.shape[1]] += F.linear(prompt, of_prompt)
        none = torch.zeros(1, self.config.style, device=out.device)
        out[:, 0] = 0.0
        out[:, 1] = _wide(self.style_in, none if style is None else style)
        return out

    def forward(self, noisy: Tensor, condition: Condition, by: Modulation, prompt: int) -> Tensor:
        """The velocity of the frames behind the prompt.

        Args:
            noisy: log-mels [B, F, M] of those frames; R is a multiple of B, and the rows of
                `condition` are all B, once for each kind of guidance.
            prompt: number of frames before them; P + F = T.

        Returns:
            [R, F, M] float32.
        """
        first = TOKENS + prompt
        of_noisy, _, _ = self._merge_weights()
        x = condition.frames.clone()
        x[:, 0] = by.token
        x.unflatten(0, (-1, len(noisy)))[:, :, first:] += F.linear(noisy, of_noisy)
        x = self.transformer(x, by, condition.seen, first)
        return self.final_mlp(x.to(self.final_mlp[0].weight.dtype)).float()

    def _merge_weights(self) -> tuple[Tensor, ...]:
        """Of the noisy mel, the prompt's mel, the content."""
        sizes = (MEL_BANDS, MEL_BANDS, self.config.width)
        return self.cond_x_merge_linear.weight.float().split(sizes, dim=1)


def _wide(linear: nn.Module, x: Tensor) -> Tensor:
    """A linear layer in float32, whatever its weight is kept in."""
    assert isinstance(linear, nn.Linear)
    return F.linear(x.float(), linear.weight.float(), linear.bias.float())
