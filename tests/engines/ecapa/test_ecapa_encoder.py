"""The speaker encoder: the original's numbers, names and sizes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from vocalino.engines.ecapa.config import EcapaConfig, read_ecapa_config
from vocalino.engines.ecapa.encoder import MEL, Ecapa
from vocalino.engines.ecapa.engine import EcapaSpeaker
from vocalino.engines.ecapa.weights import ecapa_places, load_ecapa
from vocalino.errors import CheckpointError
from vocalino.nn.mel import LogMel

CPU = torch.device("cpu")
CLOSE = 1e-4


def assert_near(ours: Tensor, theirs: Tensor, within: float = CLOSE) -> None:
    assert ours.shape == theirs.shape
    assert (ours - theirs).abs().max() <= within


# The original's numbers


@pytest.mark.parametrize("clip", ["w2", "short"])
@torch.no_grad()
def test_mel_and_embedding_are_the_originals(
    speaker: EcapaSpeaker, recorded: dict[str, Tensor], clip: str
) -> None:
    mel = LogMel(MEL, CPU)(recorded[f"{clip}.wav"].unsqueeze(0))
    assert_near(mel[0].mT, recorded[f"{clip}.mel"])
    assert_near(speaker.network(mel)[0], recorded[f"{clip}.embedding"])


@torch.no_grad()
def test_every_stage_is_the_originals(speaker: EcapaSpeaker, recorded: dict[str, Tensor]) -> None:
    network, heard = speaker.network, []
    x = recorded["w2.mel"].mT.unsqueeze(0)
    for number, block in enumerate(network.blocks):
        x = block(x)
        heard.append(x)
        assert_near(x[0], recorded[f"w2.block{number}_out"])
    x = network.mfa(torch.cat(heard[1:], dim=1))
    assert_near(x[0], recorded["w2.mfa_out"])
    assert_near(network.asp(x)[0, :, 0], recorded["w2.asp_out"])


@torch.no_grad()
def test_clips_of_a_batch_do_not_touch_each_other(speaker: EcapaSpeaker) -> None:
    mels = torch.randn(3, 128, 40, generator=torch.Generator().manual_seed(0))
    alone = torch.cat([speaker.network(mel.unsqueeze(0)) for mel in mels])
    assert_near(speaker.network(mels), alone, within=1e-5)
    assert (alone[0] - alone[1]).abs().max() > 1e-2


# Names and sizes


def official_shapes() -> dict[str, tuple[int, ...]]:
    """Spec section 3.2."""
    kernels = {
        "blocks.0.conv": (512, 128, 5),
        "mfa.conv": (1536, 1536, 1),
        "asp.tdnn.conv": (128, 4608, 1),
        "asp.conv": (1536, 128, 1),
        "fc": (2048, 3072, 1),
    }
    for block in (f"blocks.{number}" for number in (1, 2, 3)):
        kernels |= {f"{block}.{part}.conv": (512, 512, 1) for part in ("tdnn1", "tdnn2")}
        kernels |= {f"{block}.res2net_block.blocks.{i}.conv": (64, 64, 3) for i in range(7)}
        kernels |= {f"{block}.se_block.conv1": (128, 512, 1)}
        kernels |= {f"{block}.se_block.conv2": (512, 128, 1)}
    weights = {f"speaker_encoder.{k}.weight": shape for k, shape in kernels.items()}
    return weights | {f"speaker_encoder.{k}.bias": shape[:1] for k, shape in kernels.items()}


def test_names_and_shapes_are_the_official_ones(tmp_path: Path, checkpoint: Path) -> None:
    """The official config leaves all sizes but one to their defaults (spec section 2.1)."""
    config = config_with(tmp_path, checkpoint, lambda _: {"enc_dim": 2048, "sample_rate": 24000})
    with torch.device("meta"):
        network = Ecapa(config)
    targets = network.state_dict()
    places = ecapa_places(config)
    assert len(places) == 76
    ours = {name: tuple(targets[place.name].shape) for name, place in places.items() if place}
    assert ours == official_shapes()
    assert sum(parameter.numel() for parameter in network.parameters()) == 12_001_088
    assert config.min_frames == 5  # spec section 11.2


def config_with(
    folder: Path, checkpoint: Path, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> EcapaConfig:
    """The golden config with another section `speaker_encoder_config`."""
    content = json.loads((checkpoint / "config.json").read_text("utf-8"))
    content["speaker_encoder_config"] = change(content["speaker_encoder_config"])
    (folder / "config.json").write_text(json.dumps(content), "utf-8")
    return read_ecapa_config(folder / "config.json")


def test_sizes_are_read_from_the_config(checkpoint: Path) -> None:
    assert read_ecapa_config(checkpoint / "config.json") == EcapaConfig(
        enc_dim=64,
        enc_channels=(32, 32, 32, 32, 96),
        enc_attention_channels=16,
        enc_se_channels=16,
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sample_rate": 16000}, "sample_rate is 16000; this engine plays only 24000"),
        ({"mel_dim": 80}, "mel_dim is 80"),
        ({"enc_dim": "wide"}, "enc_dim"),
        ({"enc_dim": 0}, "1 or more"),
        ({"enc_channels": []}, "1 or more"),
        ({"enc_channels": [32, 32, 96]}, "must be of one length"),
        ({"enc_channels": [32, 32, 16, 32, 96]}, "all but the last must be equal"),
        ({"enc_res2net_scale": 5}, "divide 32 channels"),
    ],
)
def test_a_config_that_makes_no_sense(
    tmp_path: Path, checkpoint: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(CheckpointError, match=message):
        config_with(tmp_path, checkpoint, lambda section: section | changes)


def test_a_checkpoint_without_a_speaker_encoder(checkpoint: Path) -> None:
    with pytest.raises(CheckpointError, match='tts_model_type is "voice_design"'):
        read_ecapa_config(checkpoint.parent / "checkpoint" / "config.json")


@pytest.fixture
def copy(checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoint, tmp_path / "base"))


def test_a_file_that_lacks_a_tensor(copy: Path) -> None:
    tensors = load_file(copy / "model.safetensors")
    del tensors["speaker_encoder.fc.bias"]
    save_file(tensors, copy / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"1 missing in the file: speaker_encoder\.fc\.bias"):
        load_ecapa(copy, device=CPU)


def test_only_what_speaks_is_passed_over(copy: Path) -> None:
    tensors = load_file(copy / "model.safetensors")
    assert any(name.startswith("talker.") for name in tensors)
    load_ecapa(copy, device=CPU)
    save_file(tensors | {"speaker_encoder.extra": torch.zeros(1)}, copy / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"1 unknown: speaker_encoder\.extra"):
        load_ecapa(copy, device=CPU)
