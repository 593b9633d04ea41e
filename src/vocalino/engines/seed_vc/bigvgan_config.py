"""The vocoder's sizes, read from its config.json (spec section 9).

Fields have the names of the file's keys. What the file says and this network can't do is an error
here, by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import cast

from vocalino.config_file import open_keys
from vocalino.errors import CheckpointError


@dataclass(frozen=True)
class BigVGANConfig:
    """Mel frames to samples: how the rate is raised and how wide each stage is."""

    num_mels: int
    sampling_rate: int  # Hz
    hop_size: int  # samples of a mel frame
    upsample_rates: tuple[int, ...]
    upsample_kernel_sizes: tuple[int, ...]
    upsample_initial_channel: int  # each stage halves the channels, rounding down
    resblock_kernel_sizes: tuple[int, ...]
    resblock_dilation_sizes: tuple[tuple[int, ...], ...]  # for each kernel size

    def __post_init__(self) -> None:
        for key, value in vars(self).items():
            numbers = cast("tuple[object, ...]", value if isinstance(value, tuple) else (value,))
            if not numbers or not all(_positive(number) for number in numbers):
                raise CheckpointError(f"{key} must be above zero, got {value}")
        rates, kernels = self.upsample_rates, self.upsample_kernel_sizes
        if len(rates) != len(kernels):
            raise CheckpointError(
                f"upsample_kernel_sizes must have one size for each of {len(rates)} rates, "
                f"got {len(kernels)}"
            )
        if prod(rates) != self.hop_size:
            raise CheckpointError(
                f"upsample_rates make {prod(rates)} samples of a frame, "
                f"but hop_size is {self.hop_size}"
            )
        for rate, kernel in zip(rates, kernels, strict=True):
            if kernel < rate or (kernel - rate) % 2:
                raise CheckpointError(
                    "upsample_kernel_sizes must be their rates and an even number more, "
                    f"got {kernel} for a rate of {rate}"
                )
        if self.upsample_initial_channel < 2 ** len(rates):
            raise CheckpointError(
                f"upsample_initial_channel must be {2 ** len(rates)} at least, to be halved "
                f"{len(rates)} times, got {self.upsample_initial_channel}"
            )
        if len(self.resblock_dilation_sizes) != len(self.resblock_kernel_sizes):
            raise CheckpointError(
                f"resblock_dilation_sizes must have one row for each of "
                f"{len(self.resblock_kernel_sizes)} kernel sizes, "
                f"got {len(self.resblock_dilation_sizes)}"
            )
        if not all(size % 2 for size in self.resblock_kernel_sizes):
            raise CheckpointError(
                f"resblock_kernel_sizes must be odd, got {list(self.resblock_kernel_sizes)}"
            )


def _positive(value: object) -> bool:
    if isinstance(value, tuple):
        inner = cast("tuple[int, ...]", value)
        return bool(inner) and all(number > 0 for number in inner)
    return isinstance(value, int) and value > 0


def read_bigvgan_config(file: Path) -> BigVGANConfig:
    """
    Raises:
        CheckpointError: the file is missing or damaged, a key is missing or of a wrong type, or the
            network is of a kind that this one is not.
    """
    keys = open_keys(file)
    keys.only("resblock", "1")
    keys.only("activation", "snakebeta")
    keys.only("snake_logscale", True)
    keys.only("use_tanh_at_final", False)  # upstream's defaults are true: a missing key is refused
    keys.only("use_bias_at_final", False)
    return keys.fill(BigVGANConfig)
