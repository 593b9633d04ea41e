"""The style encoder: its numbers, the official names and sizes; clips that it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from vocalino.engines.seed_vc.campplus import (
    CamLayer,
    CamPlus,
    CamPlusConfig,
    campplus_config,
    campplus_places,
    load_campplus,
)
from vocalino.errors import AudioError, CheckpointError, GenerationFailed

CPU = torch.device("cpu")
FILE = "campplus/campplus_cn_common.bin"
SMALL = CamPlusConfig(init_channels=8, growth=4, bottleneck=8, layers=(2, 3, 2), embedding=24)
RECORDED = [
    0.102484,
    -0.042615,
    0.113261,
    -0.015384,
    0.120690,
    0.204022,
    -0.081222,
    -0.000428,
    -0.074042,
    0.165609,
    -0.142626,
    0.050817,
    -0.000574,
    -0.072492,
    0.107704,
    -0.015603,
    -0.048235,
    0.138949,
    0.074688,
    -0.093497,
    0.091608,
    -0.059313,
    -0.017789,
    0.053134,
]
OFFICIAL = CamPlusConfig(
    init_channels=128, growth=32, bottleneck=128, layers=(12, 24, 16), embedding=192
)
TINY = CamPlusConfig(init_channels=4, growth=2, bottleneck=6, layers=(2, 2, 1), embedding=3)


def renamed(name: str) -> str:
    """What becomes of a name of the official file (spec section 2, rule 3)."""
    moved = name.startswith(("xvector.dense", "xvector.stats"))
    return name.removeprefix("xvector.") if moved else name


@pytest.fixture(scope="module")
def weights(goldens: Path) -> dict[str, Tensor]:
    """A small file as the converter leaves it; its weights are random, and ours."""
    stored: dict[str, Tensor] = torch.load(goldens / "checkpoints" / FILE, weights_only=True)
    return {renamed(name): tensor for name, tensor in stored.items()}


@pytest.fixture(scope="module")
def file(weights: dict[str, Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("campplus") / "campplus.safetensors"
    save_file(weights, path)
    return path


@pytest.fixture(scope="module")
def network(file: Path) -> CamPlus:
    return load_campplus(file, device=CPU)


def random_network(config: CamPlusConfig = TINY) -> CamPlus:
    made = CamPlus(config).eval()
    random = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for tensor in made.state_dict().values():
            tensor.uniform_(0.1, 0.5, generator=random)
    return made.requires_grad_(False)


# Numbers


def test_style_stays_what_it_was_when_it_was_the_originals(network: CamPlus) -> None:
    """Recorded from this network when `tools/parity.py seed-vc` held it to the reference."""
    energies = torch.linspace(-9, 3, 101 * 80).sin().view(1, 101, 80)
    with torch.no_grad():
        style = network(energies)[0]
    assert (style - torch.tensor(RECORDED)).abs().max() <= 1e-4


def test_clips_of_a_batch_do_not_touch_each_other(network: CamPlus) -> None:
    energies = torch.randn(3, 60, 80, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        batch = network(energies)
        alone = torch.cat([network(row.unsqueeze(0)) for row in energies])
    assert (batch - alone).abs().max() <= 1e-4


def test_a_gate_is_that_of_its_segment_and_clip() -> None:
    """Frame by frame as the specification has it; the last segment is a short one."""
    layer = CamLayer(6, 4, dilation=2).requires_grad_(False)
    x = torch.randn(1, 6, 230, generator=torch.Generator().manual_seed(0))
    means = [x[..., first : first + 100].mean(dim=2, keepdim=True) for first in (0, 100, 200)]
    segments = torch.cat(
        [mean.expand(1, 6, size) for mean, size in zip(means, (100, 100, 30), strict=True)], dim=2
    )
    context = x.mean(dim=2, keepdim=True) + segments
    gate = layer.linear2(layer.linear1(context).relu()).sigmoid()
    local = F.conv1d(x, layer.linear_local.weight, padding=2, dilation=2)
    assert (layer(x) - local * gate).abs().max() <= 1e-6


# Names and sizes


def test_sizes_are_read_from_shapes(weights: dict[str, Tensor]) -> None:
    assert campplus_config({k: tuple(v.shape) for k, v in weights.items()}) == SMALL


def test_names_and_shapes_are_the_official_ones(goldens: Path) -> None:
    listed = json.loads((goldens / "official_tensors.json").read_text("utf-8"))["files"][FILE]
    assert len(listed) == 937
    official = {
        renamed(name): tuple(shape)
        for name, (_, shape) in listed.items()
        if not name.endswith("num_batches_tracked")
    }
    config = campplus_config(official)
    assert config == OFFICIAL
    with torch.device("meta"):
        made = CamPlus(config)
    ours = {name: tuple(tensor.shape) for name, tensor in made.state_dict().items()}
    assert {place.name: name for name, place in campplus_places(config).items() if place} == {
        name: name for name in official
    }
    assert ours == official
    assert sum(parameter.numel() for parameter in made.parameters()) == 6_848_544  # spec 14.1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("xvector.tdnn.linear.weight", "tdnn.linear.weight, which is not there"),
        ("dense.linear.weight", "dense.linear.weight, which is not there"),
        ("xvector.block3.tdnnd1.linear1.weight", "every block needs a layer"),
        ("xvector.block2.tdnnd3.linear1.weight", "do not fit CamPlus"),
        ("head.bn1.running_var", "1 missing in the file: head.bn1.running_var"),
    ],
)
def test_a_file_that_lacks_a_tensor(
    weights: dict[str, Tensor], tmp_path: Path, name: str, message: str
) -> None:
    save_file({k: v for k, v in weights.items() if k != name}, tmp_path / "f.safetensors")
    with pytest.raises(CheckpointError, match=message):
        load_campplus(tmp_path / "f.safetensors", device=CPU)


def test_a_file_with_more_than_it_should(weights: dict[str, Tensor], tmp_path: Path) -> None:
    save_file(weights | {"xvector.block4.x": torch.zeros(2)}, tmp_path / "f.safetensors")
    with pytest.raises(CheckpointError, match="1 unknown: xvector.block4.x"):
        load_campplus(tmp_path / "f.safetensors", device=CPU)


def test_sizes_that_make_no_sense() -> None:
    def found(config: CamPlusConfig) -> dict[str, tuple[int, ...]]:
        return {k: tuple(v.shape) for k, v in CamPlus(config).state_dict().items()}

    good = found(TINY)
    assert campplus_config(good) == TINY
    for wrong in (
        found(replace(TINY, bottleneck=7)),
        found(replace(TINY, growth=3)),  # 11 channels behind the second block
        good | {"dense.linear.weight": (3, 10)},
        good | {"xvector.tdnn.linear.weight": (0, 320, 5)},
    ):
        with pytest.raises(CheckpointError, match="none of CAMPPlus"):
            campplus_config(wrong)


# Clips


def test_four_frames_are_the_least() -> None:
    network = random_network()
    noise = torch.randn(1, 880, generator=torch.Generator().manual_seed(0))
    assert network.style(noise).isfinite().all()
    with pytest.raises(AudioError, match=r"879 samples .* it is 3 frames long, and 4 are"):
        network.style(noise[:, :879])


def test_silence_has_a_style_too() -> None:
    assert random_network().style(torch.zeros(1, 16000)).isfinite().all()


def test_what_is_not_finite_is_an_error() -> None:
    network = random_network()
    network.dense.linear.weight[0] = float("inf")
    with pytest.raises(GenerationFailed, match="NaN or infinite"):
        network.style(torch.randn(1, 16000, generator=torch.Generator().manual_seed(0)))
