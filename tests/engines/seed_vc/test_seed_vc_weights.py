"""Names and shapes of the official files (spec section 14), on the meta device."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from vocalino.engines.seed_vc import files
from vocalino.engines.seed_vc.ar import Ar
from vocalino.engines.seed_vc.astral import Astral
from vocalino.engines.seed_vc.config import (
    ArConfig,
    AstralConfig,
    DitConfig,
    Hints,
    RegulatorConfig,
    ar_config,
    astral_config,
    dit_config,
    read_hints,
    regulator_config,
)
from vocalino.engines.seed_vc.dit import Dit
from vocalino.engines.seed_vc.length import LengthRegulator
from vocalino.engines.seed_vc.model import Style, Timbre
from vocalino.engines.seed_vc.weights import (
    ar_places,
    astral_places,
    dit_places,
    regulator_places,
)
from vocalino.errors import CheckpointError
from vocalino.nn.checkpoint import Places

Tensors = dict[str, Tensor]


@pytest.fixture(scope="module")
def official(goldens: Path) -> Callable[[str], Tensors]:
    listed = json.loads((goldens / "official_tensors.json").read_text("utf-8"))["files"]

    def named(file: str) -> Tensors:
        """The tensors of an official file, without memory."""
        return {
            name: torch.empty(shape, dtype=getattr(torch, dtype), device="meta")
            for name, (dtype, shape) in listed[file].items()
        }

    return named


def shapes_of(tensors: Tensors) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def check(tensors: Tensors, places: Places, network: nn.Module) -> None:
    """Every tensor has its place, and every place of the network is filled by one of its shape."""
    assert set(places) == set(tensors)
    ours = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    placed = {place.name: tuple(tensors[name].shape) for name, place in places.items() if place}
    assert placed == ours


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_flow_matching_is_the_official_one(official: Callable[[str], Tensors]) -> None:
    tensors = files._timbre(official("seed-vc/v2/cfm_small.pth"))
    dit, regulator = dit_config(shapes_of(tensors)), regulator_config(shapes_of(tensors))
    assert dit == DitConfig(13, 512, 8, 1536, 512, 192, 8192, 256)
    assert regulator == RegulatorConfig(2048, 512, 4)
    with torch.device("meta"):
        network = Timbre(dit, regulator)
    check(tensors, {**dit_places(dit), **regulator_places(regulator)}, network)
    unused = 512 * 80 + 2 * 512  # x_embedder, with its weight norm: spec 14.1 counts it
    assert parameters(network.estimator) == 66_774_608 - unused
    assert parameters(network.length_regulator) == 4_200_960 - 512  # without the mask token
    assert isinstance(network.estimator, Dit)
    assert isinstance(network.length_regulator, LengthRegulator)


def test_the_style_model_is_the_official_one(official: Callable[[str], Tensors]) -> None:
    tensors = files._style(official("seed-vc/v2/ar_base.pth"))
    ar, regulator = ar_config(shapes_of(tensors), Hints()), regulator_config(shapes_of(tensors))
    assert ar == ArConfig(12, 768, 12, 2, 2304, 2049)
    assert (ar.end, ar.head_dim, ar.positions) == (2048, 64, 4096)
    assert regulator == RegulatorConfig(32, 768, 0)
    with torch.device("meta"):
        network = Style(ar, regulator)
    check(tensors, {**ar_places(ar), **regulator_places(regulator)}, network)
    assert parameters(network.ar) == 83_383_296
    assert isinstance(network.ar, Ar)


@pytest.mark.parametrize(("file", "bits"), [("bsq2048", 11), ("bsq32", 5)])
def test_the_quantisers_are_the_official_ones(
    official: Callable[[str], Tensors], file: str, bits: int
) -> None:
    tensors = files._astral(official(f"astral/{file}/{file}_light.pth"))
    config = astral_config(shapes_of(tensors))
    assert config == AstralConfig(1024, 512, 1536, 12, bits)
    with torch.device("meta"):
        network = Astral(config)
    check(tensors, astral_places(config), network)


# Sizes that make no sense


@pytest.mark.parametrize(
    ("read", "shapes", "words"),
    [
        (dit_config, {}, "no tensor cfm.estimator.cond_projection.weight"),
        (astral_config, {"encoder.input_projection.weight": (4, 4)}, "not 3 dimensions"),
        (
            lambda shapes: ar_config(shapes, Hints()),
            {
                "ar.model.embeddings.weight": (65, 48),
                "ar.model.layers.0.attention.wqkv.weight": (96, 48),
                "ar.model.layers.0.feed_forward.w1.weight": (96, 48),
            },
            "does not divide into heads of 64 .*ar.n_head in a config.json",
        ),
    ],
)
def test_sizes_that_make_no_sense(
    read: Callable[[Any], object], shapes: dict[str, tuple[int, ...]], words: str
) -> None:
    with pytest.raises(CheckpointError, match=words):
        read(shapes)


def test_hints_come_from_beside_the_folders(tmp_path: Path) -> None:
    inner = tmp_path / "checkpoints"
    inner.mkdir()
    assert read_hints(inner) == Hints(18, 64)
    (tmp_path / "config.json").write_text(
        json.dumps({"hubert": {"out_layer": 3}, "ar": {"dim": 48, "n_head": 4}})
    )
    assert read_hints(inner) == Hints(3, 12)
    (inner / "config.json").write_text(
        json.dumps({"hubert": {"out_layer": 3}, "ar": {"dim": 48, "n_head": 5}})
    )
    with pytest.raises(CheckpointError, match="n_head is 5, which does not divide the width 48"):
        read_hints(inner)
