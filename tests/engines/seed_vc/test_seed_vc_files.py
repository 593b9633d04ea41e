"""From the published files to the tensors that the networks read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from vocalino.engines.seed_vc import files
from vocalino.engines.seed_vc.pins import Folders
from vocalino.errors import CheckpointError

State = dict[str, Tensor]


def state(*names: str, size: int = 2) -> State:
    return {name: torch.full((size,), float(number)) for number, name in enumerate(names, 1)}


def save(value: object, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(value, path)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders.under(tmp_path / "mine")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.mark.parametrize("prefix", ["module.", ""])
def test_the_timbre_file(folders: Folders, cache: Path, prefix: str) -> None:
    estimator = state("estimator.style_in.bias", "estimator.transformer.freqs_cis", "odd.module.x")
    unused = state(
        "estimator.transformer.causal_mask",
        "estimator.x_embedder.weight_g",
        "estimator.skip_linear.bias",
        "estimator.content_mask_embedder.weight",
    )
    regulator = state("embedding.weight", "model.0.bias", "mask_token")
    net = {
        "cfm": {f"{prefix}{name}": each for name, each in (estimator | unused).items()},
        "length_regulator": {f"{prefix}{name}": each for name, each in regulator.items()},
        "cfm_ema": state("estimator.style_in.bias"),
    }
    saved = {"net": net, "iters": 1, "optimizer": {"state": {0: state("exp_avg")}}}
    save(saved, folders.seed_vc / "v2" / "cfm_small.pth")
    found = load_file(files.timbre(folders, cache))
    assert set(found) == {
        "cfm.estimator.style_in.bias",
        "cfm.estimator.transformer.freqs_cis",
        "cfm.odd.module.x",  # unknown: the key table will say so
        "length_regulator.embedding.weight",
        "length_regulator.model.0.bias",
    }
    assert found["cfm.estimator.style_in.bias"].tolist() == [1, 1]


def test_the_style_file(folders: Folders, cache: Path) -> None:
    layer = "module.model.layers.0.attention"
    ar = {
        f"{layer}.wq.weight": torch.full((4, 3), 1.0),
        f"{layer}.wk.weight": torch.full((2, 3), 2.0),
        f"{layer}.wv.weight": torch.full((2, 3), 3.0),
        "module.model.layers.1.attention.wqkv.weight": torch.ones(8, 3),
        "module.model.output.weight": torch.ones(5, 3),
        **state("module.model.codebook_output.weight", "module.style_in.bias", "module.new"),
    }
    save(
        {
            "net": {
                "ar": ar,
                "length_regulator": state("module.mask_token", "module.embedding.weight"),
            }
        },
        folders.seed_vc / "v2" / "ar_base.pth",
    )
    found = load_file(files.style(folders, cache))
    assert set(found) == {
        "ar.model.layers.0.attention.wqkv.weight",
        "ar.model.layers.1.attention.wqkv.weight",
        "ar.model.output.weight",
        "ar.new",
        "length_regulator.embedding.weight",
    }
    fused = found["ar.model.layers.0.attention.wqkv.weight"]
    assert fused[:, 0].tolist() == [1, 1, 1, 1, 2, 2, 3, 3]


def test_a_third_of_an_attention_is_missing(folders: Folders, cache: Path) -> None:
    net = {"ar": state("a.attention.wq.weight", "a.attention.wv.weight")}
    save({"net": net}, folders.seed_vc / "v2" / "ar_base.pth")
    with pytest.raises(CheckpointError, match=r"ar.a.attention.wq.weight comes without its wk"):
        files.style(folders, cache)


@pytest.mark.parametrize("which", ["wide", "narrow"])
def test_the_quantiser_files(folders: Folders, cache: Path, which: str) -> None:
    saved = state(
        "encoder.blocks.0.norm.bias",
        "encoder.new",
        "quantizer.project_in.bias",
        "quantizer.project_out.bias",
        "quantizer.mask",
        "decoder.blocks.0.norm.bias",
    )
    name = "bsq2048/bsq2048_light.pth" if which == "wide" else "bsq32/bsq32_light.pth"
    save(saved, folders.astral / name)
    make = files.astral_wide if which == "wide" else files.astral_narrow
    assert set(load_file(make(folders, cache))) == {
        "encoder.blocks.0.norm.bias",
        "encoder.new",
        "quantizer.project_in.bias",
    }


def test_the_style_encoder_keeps_its_statistics(folders: Folders, cache: Path) -> None:
    saved = state(
        "head.bn1.running_mean",
        "head.bn1.running_var",
        "head.bn1.num_batches_tracked",
        "xvector.tdnn.linear.weight",
        "xvector.dense.linear.weight",
        "xvector.dense.nonlinear.batchnorm.running_var",
        "xvector.stats.new",
    )
    save(saved, folders.campplus / "campplus_cn_common.bin")
    found = load_file(files.campplus(folders, cache))
    assert {name: each[0].item() for name, each in found.items()} == {
        "head.bn1.running_mean": 1,
        "head.bn1.running_var": 2,
        "xvector.tdnn.linear.weight": 4,
        "dense.linear.weight": 5,
        "dense.nonlinear.batchnorm.running_var": 6,
        "stats.new": 7,
    }


def normed(layer: nn.Module, dim: int) -> nn.Module:
    """A layer with weight norm, whose lengths are not those of its directions."""
    torch.manual_seed(0)
    parametrizations.weight_norm(layer, dim=dim)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.normal_()
    return layer


def older(found: State) -> State:
    """The names that weight norm had before torch 2.0."""
    return {
        name.replace("parametrizations.weight.original0", "weight_g").replace(
            "parametrizations.weight.original1", "weight_v"
        ): each
        for name, each in found.items()
    }


def same(found: State) -> State:
    return found


NAMES = pytest.mark.parametrize("names", [older, same], ids=["weight_g", "parametrizations"])


@NAMES
def test_the_vocoder_has_its_weight_norm_folded(
    folders: Folders, cache: Path, names: Callable[[State], State]
) -> None:
    layers = nn.ModuleDict(
        {
            "conv": normed(nn.Conv1d(3, 4, 5), 0),
            "up": normed(nn.ConvTranspose1d(4, 2, 3), 0),
            "plain": nn.Conv1d(2, 1, 3, bias=False),
        }
    )
    saved = {"generator": names(layers.state_dict()), "steps": 3}
    save(saved, folders.bigvgan / "bigvgan_generator.pt")
    found = load_file(files.bigvgan(folders, cache))
    assert set(found) == {"conv.weight", "conv.bias", "up.weight", "up.bias", "plain.weight"}
    for name, layer in layers.items():
        torch.testing.assert_close(found[f"{name}.weight"], layer.weight, rtol=1e-6, atol=1e-7)
        assert found[f"{name}.weight"].dtype is torch.float32


@NAMES
@pytest.mark.parametrize("file", ["pytorch_model.bin", "model.safetensors"])
@pytest.mark.parametrize("prefix", ["", "hubert."])
def test_hubert_from_either_format(
    folders: Folders,
    cache: Path,
    names: Callable[[State], State],
    file: str,
    prefix: str,
) -> None:
    conv = normed(nn.Conv1d(4, 4, 6, groups=2), 2)
    inside = "encoder.pos_conv_embed.conv."
    saved = {f"{prefix}{inside}{name}": each for name, each in names(conv.state_dict()).items()}
    saved |= state(f"{prefix}encoder.layers.20.layer_norm.bias", f"{prefix}new")
    folders.hubert.mkdir(parents=True)
    if file == "model.safetensors":
        save_file(saved, folders.hubert / file)
        save({"not": "looked at"}, folders.hubert / "pytorch_model.bin")
    else:
        save(saved, folders.hubert / file)
    found = load_file(files.hubert(folders, cache))
    assert set(found) == {
        f"{inside}weight",
        f"{inside}bias",
        "encoder.layers.20.layer_norm.bias",
        "new",
    }
    torch.testing.assert_close(found[f"{inside}weight"], conv.weight, rtol=1e-6, atol=1e-7)


def test_weight_norm_that_does_not_fit(folders: Folders, cache: Path) -> None:
    file = folders.bigvgan / "bigvgan_generator.pt"
    save({"generator": {"a.weight_v": torch.ones(3, 3, 3)}}, file)
    with pytest.raises(CheckpointError, match=r"a.weight_v comes without its a.weight_g"):
        files.bigvgan(folders, cache)
    across = {"a.weight_v": torch.ones(3, 3, 3), "a.weight_g": torch.ones(1, 1, 3)}
    save({"generator": across}, file)
    with pytest.raises(
        CheckpointError, match=r"a.weight_g has the shape \[1, 1, 3\], and .*3, 1, 1"
    ):
        files.bigvgan(folders, cache)


def test_what_is_prepared_is_what_is_read(folders: Folders, cache: Path) -> None:
    for file in ("seed-vc/v2/cfm_small.pth", "seed-vc/v2/ar_base.pth"):
        save({"net": {}}, folders.seed_vc.parent / file)
    save({}, folders.astral / "bsq2048/bsq2048_light.pth")
    save({}, folders.astral / "bsq32/bsq32_light.pth")
    save({}, folders.campplus / "campplus_cn_common.bin")
    save({}, folders.hubert / "pytorch_model.bin")
    save({}, folders.bigvgan / "bigvgan_generator.pt")
    files.prepare_seed_vc(folders.seed_vc, cache)
    files.prepare_astral(folders.astral, cache)
    files.prepare_campplus(folders.campplus, cache)
    files.prepare_hubert(folders.hubert, cache)
    files.prepare_bigvgan(folders.bigvgan, cache)
    prepared = set(cache.iterdir())
    read = {
        make(folders, cache)
        for make in (
            files.timbre,
            files.style,
            files.astral_wide,
            files.astral_narrow,
            files.campplus,
            files.hubert,
            files.bigvgan,
        )
    }
    assert read == prepared == set(cache.iterdir()) and len(read) == 7
