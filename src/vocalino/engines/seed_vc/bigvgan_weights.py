"""Key table of the vocoder's file: name in the file -> our name (spec sections 9 and 14).

The file is the converted one, with weight norm folded. Its names are ours.
"""

from __future__ import annotations

from collections.abc import Iterator

from vocalino.engines.seed_vc.bigvgan_config import BigVGANConfig
from vocalino.nn.checkpoint import Place, Places


def bigvgan_places(config: BigVGANConfig) -> Places:
    """The whole generator, as a `BigVGAN`."""
    places: dict[str, Place | None] = {}
    activations = ["activation_post"]
    convolutions = ["conv_pre"]
    convolutions += [f"ups.{stage}.0" for stage in range(len(config.upsample_rates))]
    for block, dilations in _blocks(config):
        for number in range(dilations):
            convolutions += [f"{block}.convs1.{number}", f"{block}.convs2.{number}"]
        activations += [f"{block}.activations.{number}" for number in range(2 * dilations)]
    named = {name: ("weight", "bias") for name in convolutions} | {"conv_post": ("weight",)}
    named |= {f"{name}.act": ("alpha", "beta") for name in activations}
    for name, parts in named.items():
        places |= {f"{name}.{part}": Place(f"{name}.{part}") for part in parts}
    for name in activations:
        # One and the same formula made them all (spec section 9), and makes them here.
        places |= {f"{name}.upsample.filter": None, f"{name}.downsample.lowpass.filter": None}
    return places


def _blocks(config: BigVGANConfig) -> Iterator[tuple[str, int]]:
    """The name of each block and how many dilations it has."""
    kinds = config.resblock_dilation_sizes
    for stage in range(len(config.upsample_rates)):
        for kind, dilations in enumerate(kinds):
            yield f"resblocks.{stage * len(kinds) + kind}", len(dilations)
