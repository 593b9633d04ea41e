"""CAMPPlus: whose voice a recording is, as one style vector for the converter (spec section 5).

Its means and convolutions would hear padding as sound, so that nothing is padded here: one clip at
a time. Names of modules are those of the checkpoint, whose key table they therefore are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocalino.engines.seed_vc.fbank import BANDS, fbank, frames_in
from vocalino.errors import AudioError, CheckpointError, GenerationFailed
from vocalino.nn.checkpoint import Place, Places, fill, shapes

FRONT_CHANNELS = 32
FRONT_STRIDES = (2, 2, 2)  # over bands: two layers and a convolution
FRONT_WIDTH = FRONT_CHANNELS * BANDS // prod(FRONT_STRIDES)
DILATIONS = (1, 2, 2)  # of the layers of each block
SEGMENT = 100  # frames of 20 ms that share a gate
MIN_FRAMES = 4  # of 10 ms: the deviation of a single frame of 20 ms is none

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class CamPlusConfig:
    """Sizes, none of which the checkpoint says in words."""

    init_channels: int
    growth: int  # channels that a layer adds
    bottleneck: int  # channels inside a layer
    layers: tuple[int, ...]  # of each block
    embedding: int  # the style vector


def campplus_config(found: Shapes) -> CamPlusConfig:
    """The sizes of a checkpoint, from its tensors' names and shapes.

    Raises:
        CheckpointError: a tensor that tells a size is missing, or sizes make no sense.
    """
    layer = "xvector.block1.tdnnd1"
    config = CamPlusConfig(
        init_channels=_rows(found, "xvector.tdnn.linear.weight"),
        growth=_rows(found, f"{layer}.cam_layer.linear_local.weight"),
        bottleneck=_rows(found, f"{layer}.linear1.weight"),
        layers=tuple(_layers(found, block + 1) for block in range(len(DILATIONS))),
        embedding=_rows(found, "dense.linear.weight"),
    )
    halved = [config.bottleneck, *_block_widths(config)]
    if 0 in config.layers or any(width % 2 for width in halved):
        raise CheckpointError(
            f"the tensors of the style encoder add up to {config}: every block needs a layer, and "
            "the channels of bottleneck and blocks are halved. The file is none of CAMPPlus"
        )
    return config


def _rows(found: Shapes, name: str) -> int:
    shape = found.get(name)
    if shape is None or len(shape) != 3 or 0 in shape:
        what = "is not there" if shape is None else f"is {list(shape)}"
        raise CheckpointError(
            f"the style encoder's sizes are read from {name}, which {what}: it should be the "
            "weight of a convolution over time. The file is none of CAMPPlus"
        )
    return shape[0]


def _layers(found: Shapes, block: int) -> int:
    """Layers without a gap from the first on; what else there is, loading complains of."""
    count = 0
    while f"xvector.block{block}.tdnnd{count + 1}.linear1.weight" in found:
        count += 1
    return count


def _block_widths(config: CamPlusConfig) -> list[int]:
    """Channels behind each block."""
    widths, channels = [], config.init_channels
    for layers in config.layers:
        widths.append(channels + layers * config.growth)
        channels = widths[-1] // 2
    return widths


class BatchNorm(nn.Module):
    """A norm by recorded statistics, [B, C, ...]."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, *, affine: bool = True) -> None:
        super().__init__()
        self.register_buffer("running_mean", torch.empty(channels))
        self.register_buffer("running_var", torch.empty(channels))
        self.weight = nn.Parameter(torch.empty(channels)) if affine else None
        self.bias = nn.Parameter(torch.empty(channels)) if affine else None

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias)


class BatchNormReLU(nn.Module):
    """[B, C, T] -> [B, C, T]"""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.batchnorm = BatchNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.batchnorm(x).relu_()


class ResidualBlock(nn.Module):
    """Two convolutions over bands and time, and a shortcut. [B, C, bands, T] -> fewer bands"""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = _conv2d(channels, channels, stride)
        self.bn1 = BatchNorm(channels)
        self.conv2 = _conv2d(channels, channels)
        self.bn2 = BatchNorm(channels)
        narrower = nn.Conv2d(channels, channels, 1, (stride, 1), bias=False)
        self.shortcut = (
            nn.Identity() if stride == 1 else nn.Sequential(narrower, BatchNorm(channels))
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn1(self.conv1(x)).relu_()
        return (self.bn2(self.conv2(y)) + self.shortcut(x)).relu_()


def _conv2d(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    """3 x 3; strides are over bands, never over time."""
    return nn.Conv2d(inputs, outputs, 3, (stride, 1), padding=1, bias=False)


class Front(nn.Module):
    """Bands and time as a picture. [B, 80, T] -> [B, 320, T]"""

    def __init__(self) -> None:
        super().__init__()
        channels = FRONT_CHANNELS
        first, second, last = FRONT_STRIDES
        self.conv1 = _conv2d(1, channels)
        self.bn1 = BatchNorm(channels)
        self.layer1 = nn.Sequential(ResidualBlock(channels, first), ResidualBlock(channels, 1))
        self.layer2 = nn.Sequential(ResidualBlock(channels, second), ResidualBlock(channels, 1))
        self.conv2 = _conv2d(channels, channels, last)
        self.bn2 = BatchNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn1(self.conv1(x.unsqueeze(1))).relu_()  # [B, 32, 80, T]
        x = self.layer2(self.layer1(x))  # [B, 32, 20, T]
        x = self.bn2(self.conv2(x)).relu_()
        return x.flatten(1, 2)  # [B, 32, 10, T] -> [B, 320, T]


class Tdnn(nn.Module):
    """Every second frame. [B, C_in, T] -> [B, C_out, (T + 1) // 2]"""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Conv1d(inputs, outputs, 5, stride=2, padding=2, bias=False)
        self.nonlinear = BatchNormReLU(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.nonlinear(self.linear(x))


class CamLayer(nn.Module):
    """A convolution whose channels open and close with the means of clip and segment."""

    def __init__(self, inputs: int, outputs: int, dilation: int) -> None:
        super().__init__()
        self.linear_local = nn.Conv1d(
            inputs, outputs, 3, padding=dilation, dilation=dilation, bias=False
        )
        self.linear1 = nn.Conv1d(inputs, inputs // 2, 1)
        self.linear2 = nn.Conv1d(inputs // 2, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C_in, T] -> [B, C_out, T]"""
        # The last segment is the mean of what there is of it.
        segments = F.avg_pool1d(x, SEGMENT, ceil_mode=True)  # [B, C_in, segments]
        context = x.mean(dim=2, keepdim=True) + segments
        gate = self.linear2(self.linear1(context).relu_()).sigmoid_()
        return self.linear_local(x) * gate.repeat_interleave(SEGMENT, dim=2)[..., : x.shape[2]]


class DenseLayer(nn.Module):
    """Puts `growth` channels behind those it is given. [B, C, T] -> [B, C + growth, T]"""

    def __init__(self, channels: int, config: CamPlusConfig, dilation: int) -> None:
        super().__init__()
        self.nonlinear1 = BatchNormReLU(channels)
        self.linear1 = nn.Conv1d(channels, config.bottleneck, 1, bias=False)
        self.nonlinear2 = BatchNormReLU(config.bottleneck)
        self.cam_layer = CamLayer(config.bottleneck, config.growth, dilation)

    def forward(self, x: Tensor) -> Tensor:
        y = self.nonlinear2(self.linear1(self.nonlinear1(x)))
        return torch.cat((x, self.cam_layer(y)), dim=1)


class Transit(nn.Module):
    """[B, C, T] -> [B, C / 2, T]"""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.nonlinear = BatchNormReLU(channels)
        self.linear = nn.Conv1d(channels, channels // 2, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(self.nonlinear(x))


class Dense(nn.Module):
    """[B, C] -> [B, E]"""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Conv1d(inputs, outputs, 1, bias=False)
        self.nonlinear = nn.ModuleDict({"batchnorm": BatchNorm(outputs, affine=False)})

    def forward(self, x: Tensor) -> Tensor:
        return self.nonlinear["batchnorm"](self.linear(x.unsqueeze(2))).squeeze(2)


class CamPlus(nn.Module):
    """The whole network, in float32."""

    def __init__(self, config: CamPlusConfig) -> None:
        super().__init__()
        self.head = Front()
        self.xvector = nn.Sequential()
        self.xvector.add_module("tdnn", Tdnn(FRONT_WIDTH, config.init_channels))
        channels = config.init_channels
        for number, (layers, dilation) in enumerate(
            zip(config.layers, DILATIONS, strict=True), start=1
        ):
            block = nn.Sequential()
            for layer in range(1, layers + 1):
                block.add_module(f"tdnnd{layer}", DenseLayer(channels, config, dilation))
                channels += config.growth
            self.xvector.add_module(f"block{number}", block)
            self.xvector.add_module(f"transit{number}", Transit(channels))
            channels //= 2
        self.xvector.add_module("out_nonlinear", BatchNormReLU(channels))
        self.dense = Dense(2 * channels, config.embedding)

    def forward(self, energies: Tensor) -> Tensor:
        """Filter bank energies less their mean over time, [B, T_f, 80] -> style [B, E].

        Not of unit length. Clips of a batch have to be equally long.
        """
        x = self.xvector(self.head(energies.mT))  # [B, C, (T_f + 1) // 2]
        x = x[..., : energies.shape[1] // 2]  # upstream: of an odd T_f the last frame is dropped
        return self.dense(torch.cat((x.mean(dim=2), x.std(dim=2)), dim=1))

    @torch.inference_mode()
    def style(self, wave: Tensor) -> Tensor:
        """One clip at 16 kHz, float32 [1, T] -> style [1, E].

        Raises:
            AudioError: the clip is too short to say anything.
            GenerationFailed: the vector is not finite.
        """
        frames = frames_in(wave.shape[1])
        if frames < MIN_FRAMES:
            raise AudioError(
                f"a clip of {wave.shape[1]} samples at 16 kHz has no style: it is {frames} frames "
                f"long, and {MIN_FRAMES} are the least. Take a second or more"
            )
        energies = fbank(wave[0])
        style = self((energies - energies.mean(dim=0)).unsqueeze(0))
        if not style.isfinite().all():
            raise GenerationFailed(
                "the style vector of the reference clip holds NaN or infinite numbers: take "
                "another clip; if that doesn't help, the checkpoint of the style encoder is damaged"
            )
        return style


def campplus_places(config: CamPlusConfig) -> Places:
    """Where each tensor of the file goes: to our tensor of the same name."""
    with torch.device("meta"):
        return {name: Place(name) for name in CamPlus(config).state_dict()}


def load_campplus(file: Path, *, device: torch.device) -> CamPlus:
    """The style encoder of a safetensors file, ready.

    Raises:
        CheckpointError: the file is missing or damaged, or none of CAMPPlus.
    """
    config = campplus_config(shapes(file))
    with torch.device("meta"):
        network = CamPlus(config)
    fill(network, file, campplus_places(config), device=device, dtype=torch.float32)
    return network.eval()
