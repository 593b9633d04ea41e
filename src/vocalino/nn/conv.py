"""Causal convolutions over time: a signal whole, or chunk by chunk with the same result.

Signals are time-major here, [B, T, C]. A kernel's taps are then matrix products on views of the
signal, with neither padding nor transposition copied, and linear layers fit in between as they are.

Streaming is explicit: `start` gives the state before the first chunk, `step` takes a state and
returns the next. A state is the last `context` inputs, [B, context, C]. Before the start they are
zeros, which is what a causal convolution pads with, so that whole and chunked agree.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# Up to so many positions it costs less to copy their windows than to read the weights in parts.
FEW_POSITIONS = 128


class CausalConv1d(nn.Module):
    """A convolution whose output at a time sees that time and what came before; stride 1.

    Weights have the shapes of `torch.nn.Conv1d`.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.dilation = dilation
        self.groups = groups
        self.context = (kernel_size - 1) * dilation  # earlier inputs that an output sees
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels // groups, kernel_size))
        self.bias = nn.Parameter(torch.empty(out_channels)) if bias else None

    def finish(self) -> None:
        """To be called once the weights are in place: lays them out for speed, same values."""
        self.weight = _channels_innermost(self.weight)

    def start(self, rows: int) -> Tensor:
        """The state before the first chunk of `rows` signals."""
        return self.weight.new_zeros(rows, self.context, self.in_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Whole signals, [B, T, C_in] -> [B, T, C_out]"""
        return self.valid(F.pad(x, (0, 0, self.context, 0)))

    def step(self, x: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """The next chunk, [B, T, C_in] -> [B, T, C_out], and the state behind it."""
        window = torch.cat((past, x), dim=1)
        return self.valid(window), self.last(window)

    def room(self, past: Tensor, length: int) -> tuple[Tensor, Tensor]:
        """A window [B, context + length, C_in] that begins with `past`, and its rest.

        The rest is to be written by whoever makes the input: nothing is copied to put it there.
        """
        window = past.new_empty(past.shape[0], self.context + length, self.in_channels)
        window[:, : self.context] = past
        return window, window[:, self.context :]

    def last(self, window: Tensor) -> Tensor:
        """The state behind `window`; a copy, or it would keep the whole window alive."""
        return window[:, window.shape[1] - self.context :].clone()

    def valid(self, window: Tensor, onto: Tensor | None = None) -> Tensor:
        """Input that has its context in front, [B, context + T, C_in] -> [B, T, C_out].

        Args:
            onto: is added to the result, [B, T, C_out]; free of charge where taps are added up.
        """
        if self.groups == 1 and window.device.type == "cpu" and window.dtype == torch.float32:
            # Nearly twice as fast there as a convolution, which reorders weights at every call.
            # Not in half precision: the sum over the taps would be rounded at every tap.
            positions = window.shape[0] * (window.shape[1] - self.context)
            if positions > FEW_POSITIONS:
                return self._by_taps(window, onto)
            out = self._by_windows(window)
        else:
            out = F.conv1d(
                window.mT, self.weight, self.bias, dilation=self.dilation, groups=self.groups
            ).mT
        return out if onto is None else out + onto

    def _by_windows(self, window: Tensor) -> Tensor:
        """One matrix product that reads the weights once."""
        seen = window.unfold(1, self.context + 1, 1)[..., :: self.dilation]  # [B, T, C_in, taps]
        weight = self.weight.mT.flatten(1)  # [C_out, taps * C_in]
        return F.linear(seen.mT.flatten(2), weight, self.bias)

    def _by_taps(self, window: Tensor, onto: Tensor | None) -> Tensor:
        """One matrix product a tap, each added to the last: windows are views."""
        taps = self.weight.permute(2, 1, 0)  # [taps, C_in, C_out]
        length = window.shape[1] - self.context
        out = _beginning(self.bias, window, length, taps.shape[2], onto)
        for signal, result in zip(window, out, strict=True):
            for number, tap in enumerate(taps):
                first = number * self.dilation
                result.addmm_(signal[first : first + length], tap)
        return out


class CausalConvTranspose1d(nn.Module):
    """A transposed convolution, `stride` outputs for an input, without what it adds at the end.

    Of the full result the last `kernel_size - stride` outputs are dropped: they would wait for
    inputs to come. Weights have the shapes of `torch.nn.ConvTranspose1d`.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        assert kernel_size >= stride, (kernel_size, stride)  # or outputs would be left out
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.stride = stride
        self.context = -(-kernel_size // stride) - 1  # earlier inputs that an output sees
        self.weight = nn.Parameter(torch.empty(in_channels, out_channels, kernel_size))
        self.bias = nn.Parameter(torch.empty(out_channels)) if bias else None

    def finish(self) -> None:
        """To be called once the weights are in place: lays them out for speed, same values."""
        self.weight = _channels_innermost(self.weight)

    def start(self, rows: int) -> Tensor:
        """The state before the first chunk of `rows` signals."""
        return self.weight.new_zeros(rows, self.context, self.in_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Whole signals, [B, T, C_in] -> [B, T * stride, C_out]"""
        return self.step(x, self.start(x.shape[0]))[0]

    def step(self, x: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """The next chunk, [B, T, C_in] -> [B, T * stride, C_out], and the state behind it."""
        window = torch.cat((past, x), dim=1)
        return self._valid(window), window[:, x.shape[1] :].clone()

    def _valid(self, window: Tensor) -> Tensor:
        """An input makes `kernel_size` outputs, of which every `stride` belong to one time.

        So the outputs of a time are one row, [stride * C_out], and a sum of matrix products: of
        the input of that time, of the one before, and so on.
        """
        rows, length = window.shape[0], window.shape[1] - self.context
        weight = self.weight.mT.flatten(1)  # [C_in, taps * C_out]
        width = self.stride * self.out_channels
        bias = None if self.bias is None else self.bias.repeat(self.stride)
        out = _beginning(bias, window, length, width).view(rows * length, width)
        for ago in range(self.context + 1):
            first = self.context - ago
            inputs = window[:, first : first + length].reshape(-1, self.in_channels)
            part = weight[:, ago * width : (ago + 1) * width]  # narrower where a kernel ends early
            out[:, : part.shape[1]].addmm_(inputs, part)
        return out.view(rows, length * self.stride, self.out_channels)


def _channels_innermost(weight: Tensor) -> nn.Parameter:
    """Same shape, [., ., taps], but in memory [., taps, .]: each tap is a matrix as it lies."""
    return nn.Parameter(weight.detach().mT.contiguous().mT, requires_grad=False)


def _beginning(
    bias: Tensor | None, like: Tensor, length: int, width: int, onto: Tensor | None = None
) -> Tensor:
    """What matrix products are added to, [B, length, width]: the bias, and `onto` if any."""
    if onto is not None:
        return onto.clone() if bias is None else onto + bias
    if bias is None:
        return like.new_zeros(like.shape[0], length, width)
    return bias.expand(like.shape[0], length, width).contiguous()
