"""ECAPA-TDNN: whose voice a recording is, as one vector (spec section 11).

Convolutions mirror a clip at its ends and means are taken over all of it, so that the clips of a
batch have to be equally long. Names of modules are those of the checkpoint.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocalino.engines.ecapa.config import MEL_BANDS, SAMPLE_RATE_HZ, EcapaConfig
from vocalino.nn.mel import MelConfig

MEL = MelConfig(
    sample_rate_hz=SAMPLE_RATE_HZ,
    n_fft=1024,
    hop=256,
    window=1024,
    bands=MEL_BANDS,
    fmin_hz=0.0,
    fmax_hz=12000.0,
    padding=384,
    epsilon=1e-9,
    floor=1e-5,
)
"""Spec section 11.1."""
LEAST_VARIANCE = 1e-12


class Tdnn(nn.Module):
    """A convolution as long as its input, and a ReLU. [B, C_in, T] -> [B, C_out, T]"""

    def __init__(self, inputs: int, outputs: int, kernel_size: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv1d(
            inputs,
            outputs,
            kernel_size,
            dilation=dilation,
            padding="same",
            padding_mode="reflect" if kernel_size > 1 else "zeros",
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x).relu_()


class Res2Net(nn.Module):
    """Groups of channels, each convolved together with what became of the one before."""

    def __init__(self, channels: int, scale: int, kernel_size: int, dilation: int) -> None:
        super().__init__()
        width = channels // scale
        self.scale = scale
        self.blocks = nn.ModuleList(
            Tdnn(width, width, kernel_size, dilation) for _ in range(scale - 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, T] -> [B, C, T]"""
        first, *groups = x.chunk(self.scale, dim=1)
        done = [first]  # as it is, and not added to the second
        for number, (group, block) in enumerate(zip(groups, self.blocks, strict=True)):
            done.append(block(group if number == 0 else group + done[-1]))
        return torch.cat(done, dim=1)


class SqueezeExcitation(nn.Module):
    """Channels weighted by their means over time. [B, C, T] -> [B, C, T]"""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(channels, hidden, 1)
        self.conv2 = nn.Conv1d(hidden, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(dim=2, keepdim=True)
        return x * self.conv2(self.conv1(mean).relu_()).sigmoid_()


class Block(nn.Module):
    """[B, C, T] -> [B, C, T]"""

    def __init__(self, config: EcapaConfig, number: int) -> None:
        super().__init__()
        channels = config.enc_channels[number]
        self.tdnn1 = Tdnn(channels, channels)
        self.res2net_block = Res2Net(
            channels,
            config.enc_res2net_scale,
            config.enc_kernel_sizes[number],
            config.enc_dilations[number],
        )
        self.tdnn2 = Tdnn(channels, channels)
        self.se_block = SqueezeExcitation(channels, config.enc_se_channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.se_block(self.tdnn2(self.res2net_block(self.tdnn1(x))))


class AttentiveStatistics(nn.Module):
    """Mean and deviation over the frames that matter, for each channel. [B, C, T] -> [B, 2C, 1]"""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.tdnn = Tdnn(3 * channels, hidden)
        self.conv = nn.Conv1d(hidden, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        even = torch.full_like(x[:, :1], 1.0 / x.shape[2])
        # `tdnn` of [x; mean; deviation], without two thirds of it said again in every frame.
        frames, clip = self.tdnn.conv.weight.split((x.shape[1], 2 * x.shape[1]), dim=1)
        hidden = F.conv1d(x, frames) + F.conv1d(_statistics(x, even), clip, self.tdnn.conv.bias)
        return _statistics(x, self.conv(hidden.relu_().tanh_()).softmax(dim=2))


def _statistics(x: Tensor, weights: Tensor) -> Tensor:
    """Mean and deviation over time with weights that add up to 1. [B, C, T] -> [B, 2C, 1]"""
    mean = (weights * x).sum(dim=2, keepdim=True)
    variance = (weights * (x - mean).square()).sum(dim=2, keepdim=True)
    return torch.cat((mean, variance.clamp_min(LEAST_VARIANCE).sqrt()), dim=1)


class Ecapa(nn.Module):
    """The whole network."""

    def __init__(self, config: EcapaConfig) -> None:
        super().__init__()
        self.config = config
        first, *_, last = config.enc_channels
        numbers = range(1, len(config.enc_channels) - 1)
        self.blocks = nn.ModuleList(
            [Tdnn(MEL_BANDS, first, config.enc_kernel_sizes[0], config.enc_dilations[0])]
        )
        self.blocks.extend(Block(config, number) for number in numbers)
        self.mfa = Tdnn(
            first * len(numbers), last, config.enc_kernel_sizes[-1], config.enc_dilations[-1]
        )
        self.asp = AttentiveStatistics(last, config.enc_attention_channels)
        self.fc = nn.Conv1d(2 * last, config.enc_dim, 1)

    def forward(self, mel: Tensor) -> Tensor:
        """Mels of clips of one length, [B, 128, T] -> [B, D], not of unit length."""
        x = self.blocks[0](mel)
        heard: list[Tensor] = []
        for block in self.blocks[1:]:
            x = block(x)
            heard.append(x)
        return self.fc(self.asp(self.mfa(torch.cat(heard, dim=1)))).squeeze(2)
