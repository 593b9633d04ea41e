"""The vocoder's activation: SnakeBeta at twice the rate, so that it makes no aliases (section 9).

A signal is raised to twice its rate, goes through `x + sin(rate * x)^2 / height`, and comes back,
through the same 12-tap low-pass both times. Signals are time-major, [B, T, C].

`anti_aliased_snake` is the only way in which the network activates anything: another device gets
another implementation there, and nothing else has to know.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# The filter (section 9): a windowed sinc for a change of rate by two.
TAPS = 12
CUTOFF = 0.25
HALF_WIDTH = 0.3
# Samples that are repeated at the ends, so that the first and the last have neighbours.
REPEATED = 3  # before and behind, at the rate of the signal
REPEATED_BEFORE, REPEATED_BEHIND = 5, 6  # at twice the rate
REACH = 5  # an output depends on so many inputs before it and behind it, and on no more

HEIGHT_EPS = 1e-9

# Times that one small matrix product filters at once. A longer block multiplies more zeros, a
# shorter one is less of a matrix.
BLOCK = 16
# Numbers at twice the rate that are made at once, so that they stay in the cache...
NUMBERS_AT_ONCE = 1 << 18
LEAST_PIECE = 8 * BLOCK  # ...but so many times, or the ends of pieces would be made twice too often


def lowpass_taps() -> Tensor:
    """The filter, float64 [TAPS], which sums to one."""
    width = 4 * HALF_WIDTH
    attenuation = 2.285 * (TAPS // 2 - 1) * math.pi * width + 7.95
    assert attenuation > 50, "Kaiser's rule has other branches below"
    beta = 0.1102 * (attenuation - 8.7)
    window = torch.kaiser_window(TAPS, periodic=False, beta=beta, dtype=torch.float64)
    time = torch.arange(TAPS, dtype=torch.float64) - (TAPS - 1) / 2
    taps = 2 * CUTOFF * window * torch.sinc(2 * CUTOFF * time)
    return taps / taps.sum()


@dataclass(frozen=True)
class Filters:
    """The low-pass as matrices: a block of times out of the stretch that it depends on."""

    taps: Tensor  # [TAPS]
    up: Tensor  # [2 * BLOCK, BLOCK + 2 * REPEATED], to twice the rate
    down: Tensor  # [BLOCK, 2 * BLOCK + TAPS - 2], and back


@cache
def filters(device: torch.device) -> Filters:
    """Float32, which is what signals are filtered in."""
    taps = lowpass_taps()
    up = torch.zeros(2 * BLOCK, BLOCK + 2 * REPEATED, dtype=torch.float64)
    down = torch.zeros(BLOCK, 2 * BLOCK + TAPS - 2, dtype=torch.float64)
    for time in range(BLOCK):
        up[2 * time, time : time + 6] = 2 * taps[1::2].flip(0)
        up[2 * time + 1, time + 1 : time + 7] = 2 * taps[0::2].flip(0)
        down[time, 2 * time : 2 * time + TAPS] = taps
    return Filters(*(matrix.to(device, torch.float32) for matrix in (taps, up, down)))


class SnakeBeta(nn.Module):
    """The parameters of a snake, for each channel; logarithms until `finish`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.empty(channels))  # log of the rate
        self.beta = nn.Parameter(torch.empty(channels))  # log of the height
        self.register_buffer("rate", None, persistent=False)
        self.register_buffer("gain", None, persistent=False)  # 1 / height

    def finish(self) -> None:
        """To be called once, with the weights in place and still in float32."""
        self.rate = self.alpha.detach().exp()
        self.gain = 1 / (self.beta.detach().exp() + HEIGHT_EPS)
        del self.alpha, self.beta


class AntiAliasedSnake(nn.Module):
    """A snake at twice the rate. Its filters are in no file: they are the formula's."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.act = SnakeBeta(channels)

    def forward(self, x: Tensor, margin: int) -> Tensor:
        """[B, T, C] -> [B, margin + T + margin, C], with zeros in the margins."""
        return anti_aliased_snake(x, self.act.rate, self.act.gain, margin)


def anti_aliased_snake(x: Tensor, rate: Tensor, gain: Tensor, margin: int) -> Tensor:
    """`x + gain * sin(rate * x)^2` at twice the rate, and zeros on both sides of it.

    The zeros are what the convolution behind pads with: made here, nothing is copied to put them.
    All is reckoned in float32, whatever the dtype of `x` and of the result is.

    Args:
        x: [B, T, C], at least one time.
        rate, gain: [C], float32.
        margin: times with zeros before the signal and behind it.

    Returns:
        [B, margin + T + margin, C].
    """
    if x.device.type == "cpu":
        return _by_blocks(x, rate, gain, margin)
    return _by_convolutions(x, rate, gain, margin)


def _by_convolutions(x: Tensor, rate: Tensor, gain: Tensor, margin: int) -> Tensor:
    """As the definition has it; channels are rows of one convolution with one kernel."""
    taps = filters(x.device).taps.view(1, 1, TAPS)
    batch, times, channels = x.shape
    signal = x.mT.float().reshape(batch * channels, 1, times)
    wide = F.pad(signal, (REPEATED, REPEATED), mode="replicate")
    wide = 2 * F.conv_transpose1d(wide, taps, stride=2)[..., TAPS - 1 : 1 - TAPS]
    wide = wide.reshape(batch, channels, 2 * times)
    wide = torch.addcmul(wide, (wide * rate[:, None]).sin_().square_(), gain[:, None])
    wide = F.pad(
        wide.view(batch * channels, 1, 2 * times),
        (REPEATED_BEFORE, REPEATED_BEHIND),
        mode="replicate",
    )
    out = F.conv1d(wide, taps, stride=2).view(batch, channels, times)
    return F.pad(out.to(x.dtype), (margin, margin)).mT


def _by_blocks(x: Tensor, rate: Tensor, gain: Tensor, margin: int) -> Tensor:
    """A matrix product a block, several times as quick on a CPU as its convolutions.

    In pieces, so that what is made at twice the rate never leaves the cache.
    """
    batch, times, channels = x.shape
    out = x.new_empty(batch, margin + times + margin, channels, dtype=torch.float32)
    out[:, :margin].zero_()
    out[:, margin + times :].zero_()
    piece = max(LEAST_PIECE, NUMBERS_AT_ONCE // (2 * channels * BLOCK) * BLOCK)
    for signal, result in zip(x.float().contiguous(), out[:, margin : margin + times], strict=True):
        for first in range(0, times, piece):
            last = min(first + piece, times)
            _piece(signal, first, last, rate, gain, result[first:last])
    return out.to(x.dtype)


def _piece(x: Tensor, first: int, last: int, rate: Tensor, gain: Tensor, out: Tensor) -> None:
    """Times `first` to `last` of a signal [T, C] into `out` [last - first, C]."""
    matrices, times = filters(x.device), x.shape[0]
    begin, end = max(0, first - REPEATED), min(times, last + REPEATED)  # needed at twice the rate
    before, behind = min(begin, REPEATED), min(times - end, REPEATED)
    stretch = x[begin - before : end + behind]
    if before < REPEATED or behind < REPEATED:
        stretch = torch.cat(
            (x[:1].expand(REPEATED - before, -1), stretch, x[-1:].expand(REPEATED - behind, -1))
        )
    # Of the six that a time needs on each side at most, five before.
    wide = x.new_empty(2 * (last - first + 2 * REPEATED), x.shape[1])
    inner = wide[2 * (begin - first + REPEATED) :][: 2 * (end - begin)]
    _filter(matrices.up, stretch, inner, rate_in=1)
    inner.addcmul_(torch.mul(inner, rate).sin_().square_(), gain)
    wide[: 2 * (begin - first + REPEATED)] = inner[0]
    wide[2 * (end - first + REPEATED) :] = inner[-1]
    _filter(matrices.down, wide[2 * REPEATED - REPEATED_BEFORE :], out, rate_in=2)


def _filter(matrix: Tensor, signal: Tensor, out: Tensor, rate_in: int) -> None:
    """Each block of `out` [T_out, C] from the stretch of `signal` [T_in, C] that it depends on.

    Args:
        matrix: what makes one block out of one stretch; its corner makes what is left at the end.
        rate_in: samples of `signal` to a time.
    """
    channels = out.shape[1]
    made, seen = matrix.shape
    step = BLOCK * rate_in
    blocks = out.shape[0] // made
    if blocks:
        stretches = signal.as_strided(
            (blocks, seen, channels), (step * channels, channels, 1), signal.storage_offset()
        )
        whole = out[: blocks * made].view(blocks, made, channels)
        torch.bmm(matrix.expand(blocks, made, seen), stretches, out=whole)
    rest = out[blocks * made :]
    if rest.shape[0]:
        stretch = signal[blocks * step :][: rest.shape[0] * rate_in * BLOCK // made + seen - step]
        torch.mm(matrix[: rest.shape[0], : stretch.shape[0]], stretch, out=rest)
