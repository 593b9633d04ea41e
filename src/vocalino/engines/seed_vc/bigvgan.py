"""BigVGAN v2, the vocoder: a log-mel to a waveform (spec section 9).

Signals are time-major, [B, T, C]. Every stage raises the rate and halves the channels; behind it
three blocks of other kernel sizes see the same signal, and their mean goes on.

A window of a longer mel gives the samples of the whole: it comes with frames before it and behind
it, which are cut off piece by piece as soon as nothing further up depends on them.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocalino.engines.seed_vc import snake
from vocalino.engines.seed_vc.bigvgan_config import BigVGANConfig
from vocalino.engines.seed_vc.bigvgan_weights import bigvgan_places
from vocalino.engines.seed_vc.snake import AntiAliasedSnake, SnakeBeta
from vocalino.nn.checkpoint import fill
from vocalino.nn.conv import CausalConv1d, CausalConvTranspose1d
from vocalino.nn.toom_cook import ToomCookConv1d

END_KERNEL_SIZE = 7  # of the first and the last convolution


class AMPBlock(nn.Module):
    """Pairs of convolutions, each behind a snake; a pair adds to what goes by it."""

    def __init__(self, channels: int, kernel_size: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(
            ToomCookConv1d(channels, channels, kernel_size, dilation=d) for d in dilations
        )
        self.convs2 = nn.ModuleList(
            ToomCookConv1d(channels, channels, kernel_size) for _ in dilations
        )
        self.activations = nn.ModuleList(
            AntiAliasedSnake(channels) for _ in range(2 * len(dilations))
        )

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, C] -> [B, T, C]"""
        pairs = zip(self.convs1, self.convs2, strict=True)
        for number, (conv1, conv2) in enumerate(cast("zip[tuple[CausalConv1d, ...]]", pairs)):
            act1, act2 = self.activations[2 * number], self.activations[2 * number + 1]
            inner = conv1.valid(act1(x, conv1.context // 2))
            x = conv2.valid(act2(inner, conv2.context // 2), onto=x)
        return x

    @property
    def reach(self) -> int:
        """An output depends on so many inputs before it and behind it."""
        convs = cast("list[CausalConv1d]", [*self.convs1, *self.convs2])
        return sum(conv.context // 2 + snake.REACH for conv in convs)


class Upsampling(CausalConvTranspose1d):
    """A transposed convolution that adds as much before a signal as behind it, and cuts both."""

    @property
    def cut(self) -> int:
        return (self.weight.shape[2] - self.stride) // 2

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, C_in] -> [B, T * stride, C_out]"""
        waiting = F.pad(x, (0, 0, 0, -(-self.cut // self.stride)))
        return super().forward(waiting)[:, self.cut : self.cut + x.shape[1] * self.stride]

    def reach(self, outputs: int) -> int:
        """Inputs before and behind that `outputs` before and behind depend on."""
        return -(-(outputs + self.weight.shape[2] - 1 - self.cut) // self.stride)


class BigVGAN(nn.Module):
    """The generator. Rows of a batch do not touch each other."""

    def __init__(self, config: BigVGANConfig) -> None:
        super().__init__()
        self.config = config
        width = config.upsample_initial_channel
        self.conv_pre = CausalConv1d(config.num_mels, width, END_KERNEL_SIZE)
        self.ups = nn.ModuleList()
        self.resblocks = nn.ModuleList()
        for rate, kernel in zip(config.upsample_rates, config.upsample_kernel_sizes, strict=True):
            self.ups.append(nn.ModuleList([Upsampling(width, width // 2, kernel, rate)]))
            width //= 2
            for size, dilations in zip(
                config.resblock_kernel_sizes, config.resblock_dilation_sizes, strict=True
            ):
                self.resblocks.append(AMPBlock(width, size, dilations))
        self.activation_post = AntiAliasedSnake(width)
        self.conv_post = CausalConv1d(width, 1, END_KERNEL_SIZE, bias=False)
        self.contexts = self._contexts()

    def finish(self, dtype: torch.dtype = torch.float32) -> None:
        """To be called once, with the weights in place and still in float32.

        Convolutions are turned to `dtype`; the parameters of the snakes stay as they are.
        """
        for module in self.modules():
            if isinstance(module, CausalConv1d | CausalConvTranspose1d):
                module.to(dtype).finish()
            elif isinstance(module, SnakeBeta):
                module.finish()

    @property
    def context(self) -> int:
        """Mel frames before and behind a window that its samples depend on, and no more."""
        return self.contexts[0]

    @torch.no_grad()
    def forward(self, mel: Tensor, before: int = 0, behind: int = 0) -> Tensor:
        """A window of mels to its samples.

        Where a mel begins or ends there is nothing before or behind. Elsewhere there should be
        `context` frames; the samples are then those of the whole.

        Args:
            mel: log-mel [B, M, before + T + behind].
            before, behind: frames that are there to be looked at alone.

        Returns:
            [B, T * hop_size], float32 in [-1, 1].
        """
        margin = self.conv_pre.context // 2
        x = F.pad(mel.to(self.conv_pre.weight.dtype), (margin, margin)).mT
        x = self.conv_pre.valid(x)
        frame = 1  # samples of a mel frame, by now
        x, before, behind = _cropped(x, before, behind, self.contexts[0], frame)
        kinds = len(self.config.resblock_kernel_sizes)
        for stage, rate in enumerate(self.config.upsample_rates):
            x = cast(nn.ModuleList, self.ups[stage])[0](x)
            blocks = self.resblocks[stage * kinds : (stage + 1) * kinds]
            x = _mean(blocks, x)
            frame *= rate
            x, before, behind = _cropped(x, before, behind, self.contexts[stage + 1], frame)
        x = self.activation_post(x, self.conv_post.context // 2)
        x = self.conv_post.valid(x).squeeze(-1).float()
        return x[:, before * frame : x.shape[1] - behind * frame].clamp(-1, 1)

    def _contexts(self) -> list[int]:
        """Frames at each side that are needed still: before all, and behind each stage."""
        frame = self.config.hop_size
        kinds = len(self.config.resblock_kernel_sizes)
        reach = self.conv_post.context // 2 + snake.REACH  # in samples of the stage
        contexts: list[int] = []
        for stage in reversed(range(len(self.ups))):
            contexts.append(-(-reach // frame))
            blocks = cast("list[AMPBlock]", list(self.resblocks)[stage * kinds :][:kinds])
            reach += max(block.reach for block in blocks)
            raising = cast(Upsampling, cast(nn.ModuleList, self.ups[stage])[0])
            reach = raising.reach(reach)
            frame //= raising.stride
        contexts.append(reach + self.conv_pre.context // 2)
        return contexts[::-1]


def _mean(blocks: nn.ModuleList, x: Tensor) -> Tensor:
    total = blocks[0](x)
    for block in blocks[1:]:
        total += block(x)
    return total.div_(len(blocks))


def _cropped(
    x: Tensor, before: int, behind: int, needed: int, frame: int
) -> tuple[Tensor, int, int]:
    """`x` [B, T, C] without the frames that nothing depends on any more, and what is left."""
    first, last = max(0, before - needed), max(0, behind - needed)
    x = x[:, first * frame : x.shape[1] - last * frame]
    return x, before - first, behind - last


def load_bigvgan(
    file: Path,
    config: BigVGANConfig,
    *,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
) -> BigVGAN:
    """The vocoder of a converted generator (safetensors, weight norm folded), ready.

    Args:
        dtype: of the convolutions; the reference's is float32 (spec section 12).

    Raises:
        CheckpointError: the file is missing or damaged, or its tensors are not those of `config`.
    """
    with torch.device("meta"):
        network = BigVGAN(config)
    fill(network, file, bigvgan_places(config), device=device, dtype=torch.float32)
    network.finish(dtype)
    return network.eval()
