"""What the codec raises the rate with, from frames to samples (spec section 9, steps 4 to 7).

Every block takes and returns an explicit state, as the convolutions of `vocalino.nn.conv` do.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocalino.nn.conv import CausalConv1d, CausalConvTranspose1d

KERNEL_SIZE = 7  # of every convolution that mixes times
DILATIONS = (1, 3, 9)
EXPANSION = 4  # of the channels between the two halves of a ConvNeXt block
LAYER_NORM_EPS = 1e-6
SNAKE_EPS = 1e-9


class SnakeBeta(nn.Module):
    """`x + sin(rate * x)^2 / height`, a rate and a height for each channel.

    Nothing but the sine has more numbers to go through than these, so every pass over memory
    counts: four, and no allocation. Parameters are logarithms until `finish`.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.empty(channels))  # log of the rate
        self.beta = nn.Parameter(torch.empty(channels))  # log of the height
        self.register_buffer("rate", None, persistent=False)
        self.register_buffer("gain", None, persistent=False)  # 1 / height

    def finish(self) -> None:
        """To be called once, with the weights in place and still in float32."""
        self.rate = self.alpha.detach().exp()
        self.gain = 1 / (self.beta.detach().exp() + SNAKE_EPS)
        del self.alpha, self.beta

    def forward(self, x: Tensor, into: Tensor) -> Tensor:
        """[B, T, C], written to `into`, of the same shape and elsewhere in memory."""
        torch.mul(x, self.rate, out=into).sin_().square_()
        return torch.addcmul(x, into, self.gain, out=into)


class SnakeConv(nn.Module):
    """A snake, written to where the convolution behind it reads."""

    def __init__(self, in_channels: int, out_channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.act = SnakeBeta(in_channels)
        self.conv = CausalConv1d(in_channels, out_channels, KERNEL_SIZE, dilation=dilation)

    def start(self, rows: int) -> Tensor:
        return self.conv.start(rows)

    def step(self, x: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """The next chunk, [B, T, C_in] -> [B, T, C_out], and the state behind it."""
        window, rest = self.conv.room(past, x.shape[1])
        self.act(x, rest)
        return self.conv.valid(window), self.conv.last(window)


class ResidualUnit(nn.Module):
    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.conv1 = SnakeConv(channels, channels, dilation)
        self.act2 = SnakeBeta(channels)
        self.conv2 = CausalConv1d(channels, channels, 1)

    def start(self, rows: int) -> Tensor:
        return self.conv1.start(rows)

    def step(self, x: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """The next chunk, [B, T, C] -> [B, T, C], and the state behind it."""
        inner, past = self.conv1.step(x, past)
        return self.conv2.valid(self.act2(inner, torch.empty_like(inner)), onto=x), past


class DecoderBlock(nn.Module):
    """Raises the rate by `rate` and halves the channels."""

    def __init__(self, channels: int, rate: int) -> None:
        super().__init__()
        self.act = SnakeBeta(channels)
        self.conv = CausalConvTranspose1d(channels, channels // 2, 2 * rate, rate)
        self.units = nn.ModuleList(ResidualUnit(channels // 2, d) for d in DILATIONS)

    def start(self, rows: int) -> tuple[Tensor, ...]:
        parts = (self.conv, *self.units)
        return tuple(part.start(rows) for part in parts)  # type: ignore[operator]

    def step(self, x: Tensor, past: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The next chunk, [B, T, C] -> [B, T * rate, C / 2], and the state behind it."""
        x, behind = self.conv.step(self.act(x, torch.empty_like(x)), past[0])
        pasts = [behind]
        for unit, before in zip(self.units, past[1:], strict=True):
            x, behind = unit.step(x, before)  # type: ignore[operator]
            pasts.append(behind)
        return x, tuple(pasts)


class ConvNeXtBlock(nn.Module):
    """Times are mixed within a channel, then channels within a time."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dwconv = CausalConv1d(channels, channels, KERNEL_SIZE, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=LAYER_NORM_EPS)
        self.pwconv1 = nn.Linear(channels, EXPANSION * channels)
        self.pwconv2 = nn.Linear(EXPANSION * channels, channels)
        self.gamma = nn.Parameter(torch.empty(channels))

    def start(self, rows: int) -> Tensor:
        return self.dwconv.start(rows)

    def step(self, x: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """The next chunk, [B, T, C] -> [B, T, C], and the state behind it."""
        inner, past = self.dwconv.step(x, past)
        inner = self.pwconv2(F.gelu(self.pwconv1(self.norm(inner))))
        return torch.addcmul(x, inner, self.gamma), past
