"""Vocoders for tests: the one of the goldens, and others of any size with random weights."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from vocalino.engines.seed_vc.bigvgan import BigVGAN
from vocalino.engines.seed_vc.bigvgan_config import BigVGANConfig, read_bigvgan_config

GOLDENS = Path(__file__).parents[2] / "goldens" / "seed_vc"
CONFIG_FILE = GOLDENS / "checkpoints" / "bigvgan" / "config.json"
CPU = torch.device("cpu")

# As small as it can be: other kernel sizes, rates and dilations than the official ones.
TINY = BigVGANConfig(
    num_mels=5,
    sampling_rate=22050,
    hop_size=6,
    upsample_rates=(3, 2),
    upsample_kernel_sizes=(7, 4),
    upsample_initial_channel=12,
    resblock_kernel_sizes=(3, 5),
    resblock_dilation_sizes=((1, 2), (3,)),
)
OFFICIAL = BigVGANConfig(
    num_mels=80,
    sampling_rate=22050,
    hop_size=256,
    upsample_rates=(4, 4, 2, 2, 2, 2),
    upsample_kernel_sizes=(8, 8, 4, 4, 4, 4),
    upsample_initial_channel=1536,
    resblock_kernel_sizes=(3, 7, 11),
    resblock_dilation_sizes=((1, 3, 5),) * 3,
)


def golden_config() -> BigVGANConfig:
    return read_bigvgan_config(CONFIG_FILE)


@cache
def golden_tensors() -> dict[str, Tensor]:
    return load_file(GOLDENS / "bigvgan.safetensors")


def folded_weights() -> dict[str, Tensor]:
    """The golden generator as a converted file has it: weight norm folded (spec section 2)."""
    file = GOLDENS / "checkpoints" / "bigvgan" / "bigvgan_generator.pt"
    stored: dict[str, Tensor] = torch.load(file, weights_only=True)["generator"]
    weights = {k: v for k, v in stored.items() if not k.endswith(("weight_g", "weight_v"))}
    for name in stored:
        if name.endswith("weight_g"):
            layer = name.removesuffix("_g")
            direction = stored[f"{layer}_v"]
            length = direction.flatten(1).norm(dim=1).view(stored[name].shape)
            weights[layer] = stored[name] * direction / length
    return weights


def folded(name: str) -> list[str]:
    """What becomes of a name of the official file."""
    name = name.removeprefix("generator/")
    return [] if name.endswith("weight_g") else [name.replace("weight_v", "weight")]


def random_vocoder(config: BigVGANConfig = TINY, seed: int = 0) -> BigVGAN:
    """Weights that let every layer matter, and keep rounding from growing on its way."""
    network = BigVGAN(config)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(std=0.3, generator=generator)
            if parameter.dim() > 1:
                parameter /= parameter[0].numel() ** 0.5
    network.finish()
    return network.requires_grad_(False)


def random_mel(config: BigVGANConfig, frames: int, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(config.num_mels, frames, generator=generator)
