"""The vocoder: the numbers and names of the original; windows are the whole, rows are alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from bigvgan_files import (
    CONFIG_FILE,
    CPU,
    GOLDENS,
    OFFICIAL,
    TINY,
    folded,
    folded_weights,
    golden_config,
    golden_tensors,
    random_mel,
    random_vocoder,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from vocalino.cancel import CancelToken
from vocalino.engines.seed_vc import snake
from vocalino.engines.seed_vc.bigvgan import BigVGAN, load_bigvgan
from vocalino.engines.seed_vc.bigvgan_config import read_bigvgan_config
from vocalino.engines.seed_vc.bigvgan_weights import bigvgan_places
from vocalino.engines.seed_vc.vocoding import stream, vocode, windows_of
from vocalino.errors import Cancelled, CheckpointError
from vocalino.nn import toom_cook

CLOSE = 5e-5  # of the goldens, as recorded with them
SAME = 2e-6  # the same sums in another order


@pytest.fixture(scope="module")
def weights_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("bigvgan") / "generator.safetensors"
    save_file(folded_weights(), file)
    return file


@pytest.fixture(scope="module")
def vocoder(weights_file: Path) -> BigVGAN:
    return load_bigvgan(weights_file, golden_config(), device=CPU)


def assert_near(ours: Tensor, theirs: Tensor, within: float) -> None:
    assert ours.shape == theirs.shape
    assert (ours - theirs).abs().max() <= within


# The original's numbers


@pytest.mark.parametrize("length", ["", "_short"])
def test_the_original_s_samples(vocoder: BigVGAN, length: str) -> None:
    golden = golden_tensors()
    (ours,) = vocode(vocoder, [golden[f"mel{length}"]])
    assert ours.dtype == torch.float32
    assert_near(ours, golden[f"wave{length}"], CLOSE)


def test_the_original_s_samples_with_fewer_products(
    weights_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As at official sizes: the golden one is too narrow for it."""
    monkeypatch.setattr(toom_cook, "LEAST_SUMMED", 1)
    vocoder = load_bigvgan(weights_file, golden_config(), device=CPU)
    assert "resblocks.17.convs1.0.weight" not in dict(vocoder.named_parameters())
    golden = golden_tensors()
    (ours,) = vocode(vocoder, [golden["mel"]])
    assert_near(ours, golden["wave"], CLOSE)


@pytest.mark.parametrize("name", ["filter", "filter_down"])
def test_the_filter_is_the_formula_s(name: str) -> None:
    assert_near(snake.lowpass_taps().float(), golden_tensors()[name], 1e-7)


def test_every_filter_of_the_file_is_the_formula_s() -> None:
    """Or leaving them unread would be wrong."""
    stored = [tensor for name, tensor in folded_weights().items() if name.endswith(".filter")]
    assert len(stored) == 2 * (6 * 18 + 1)
    for taps in stored:
        assert_near(snake.lowpass_taps().float(), taps.flatten(), 1e-7)


def test_up_and_down_are_the_original_s() -> None:
    """`aa_down` is `aa_in`, halved; `aa_up` is doubled (23 times, no whole block among them)."""
    golden, matrices = golden_tensors(), snake.filters(CPU)
    signal = golden["aa_in"].mT
    first, last = signal[:1].expand(3, -1), signal[-1:].expand(3, -1)
    up = signal.new_empty(2 * signal.shape[0], signal.shape[1])
    snake._filter(matrices.up, torch.cat((first, signal, last)), up, rate_in=1)
    assert_near(up.mT, golden["aa_up"], 1e-6)
    padded = torch.cat((signal[:1].expand(5, -1), signal, signal[-1:].expand(6, -1)))
    down = signal.new_empty(golden["aa_down"].shape[1], signal.shape[1])
    snake._filter(matrices.down, padded, down, rate_in=2)
    assert_near(down.mT, golden["aa_down"], 1e-6)


# Activation


@settings(deadline=None, max_examples=40)
@given(times=st.integers(1, 70), margin=st.integers(0, 4), batch=st.integers(1, 3))
def test_blocks_are_convolutions(times: int, margin: int, batch: int) -> None:
    generator = torch.Generator().manual_seed(times)
    x = torch.randn(batch, times, 5, generator=generator)
    rate, gain = 0.5 + torch.rand(2, 5, generator=generator)
    ours = snake.anti_aliased_snake(x, rate, gain, margin)
    assert_near(ours, snake._by_convolutions(x, rate, gain, margin), SAME)
    assert not ours[:, :margin].any() and not ours[:, margin + times :].any()


def test_pieces_are_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their ends, and those of the signal, may fall anywhere."""
    monkeypatch.setattr(snake, "NUMBERS_AT_ONCE", 1)
    rate, gain = 0.5 + torch.rand(2, 5)
    for piece in (1, 2, 5, 16, 37):
        monkeypatch.setattr(snake, "LEAST_PIECE", piece)
        for times in (1, 4, 38, 64):
            x = torch.randn(1, 5, times).mT  # as a device's convolution lays it out
            ours = snake.anti_aliased_snake(x, rate, gain, 2)
            assert_near(ours, snake._by_convolutions(x, rate, gain, 2), SAME)


def test_half_precision_is_rounded_once() -> None:
    """bfloat16 in and out, and the sine of a large phase is still a sine."""
    generator = torch.Generator().manual_seed(0)
    x = (20 * torch.randn(1, 33, 4, generator=generator)).bfloat16()
    rate, gain = torch.full((4,), 7.3), torch.ones(4)
    exact = snake.anti_aliased_snake(x.float(), rate, gain, 0)
    ours = snake.anti_aliased_snake(x, rate, gain, 0)
    assert ours.dtype == torch.bfloat16
    assert torch.equal(ours, exact.bfloat16())


# Key table


def test_names_and_shapes_are_the_official_ones() -> None:
    listed = json.loads((GOLDENS / "official_tensors.json").read_text())["files"]
    official = {
        ours: tuple(shape)
        for name, (_, shape) in listed["bigvgan/bigvgan_generator.pt"].items()
        for ours in folded(name)
    }
    assert len(official) == 667  # spec section 14.1
    places = bigvgan_places(OFFICIAL)
    assert places.keys() == official.keys()
    with torch.device("meta"):
        network = BigVGAN(OFFICIAL)
    ours = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    used = {name: place.name for name, place in places.items() if place}
    assert {name: ours[target] for name, target in used.items()} == {n: official[n] for n in used}
    assert set(used.values()) == ours.keys()
    assert {name for name in places if name not in used} == {
        name for name in official if name.endswith(".filter")
    }


def test_a_missing_tensor_is_named(tmp_path: Path) -> None:
    weights = folded_weights()
    del weights["resblocks.4.activations.2.act.beta"]
    save_file(weights, tmp_path / "generator.safetensors")
    with pytest.raises(CheckpointError, match=r"missing.*resblocks\.4\.activations\.2\.act\.beta"):
        load_bigvgan(tmp_path / "generator.safetensors", golden_config(), device=CPU)


def test_an_unknown_tensor_is_named(tmp_path: Path) -> None:
    weights = folded_weights() | {"conv_post.bias": torch.zeros(1)}
    save_file(weights, tmp_path / "generator.safetensors")
    with pytest.raises(CheckpointError, match=r"unknown: conv_post\.bias"):
        load_bigvgan(tmp_path / "generator.safetensors", golden_config(), device=CPU)


# Config


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("activation", "snake"),
        ("snake_logscale", False),
        ("resblock", "2"),
        ("use_tanh_at_final", True),
        ("use_bias_at_final", True),
        ("hop_size", 512),
        ("upsample_kernel_sizes", [8, 8, 4, 4, 4]),
        ("upsample_kernel_sizes", [8, 7, 4, 4, 4, 4]),
        ("upsample_kernel_sizes", [8, 2, 4, 4, 4, 4]),
        ("upsample_initial_channel", 63),
        ("resblock_kernel_sizes", [3, 7, 10]),
        ("resblock_kernel_sizes", [3, 7]),
        ("resblock_dilation_sizes", [[1, 3, 5], [1, 3, 5]]),
        ("resblock_dilation_sizes", [[1, 3, 5], [1, 0, 5], [1, 3, 5]]),
        ("num_mels", 0),
        ("num_mels", "80"),
        ("use_tanh_at_final", None),
    ],
)
def test_what_it_can_t_be_is_refused_by_name(tmp_path: Path, key: str, value: Any) -> None:
    stored = json.loads(CONFIG_FILE.read_text()) | {key: value}
    file = tmp_path / "config.json"
    file.write_text(json.dumps(stored))
    error = "resblock_dilation_sizes" if value == [3, 7] else key
    with pytest.raises(CheckpointError, match=error):
        read_bigvgan_config(file)


@pytest.mark.parametrize("key", ["use_tanh_at_final", "snake_logscale", "upsample_rates"])
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    stored = json.loads(CONFIG_FILE.read_text())
    del stored[key]
    file = tmp_path / "config.json"
    file.write_text(json.dumps(stored))
    with pytest.raises(CheckpointError, match=f"{key} is missing"):
        read_bigvgan_config(file)


# Windows and rows


@settings(deadline=None, max_examples=30)
@given(
    frames=st.integers(1, 200),
    window=st.integers(1, 90),
    at_once=st.sampled_from([None, 1, 300]),
)
def test_windows_are_the_whole(frames: int, window: int, at_once: int | None) -> None:
    vocoder, mel = random_vocoder(), random_mel(TINY, frames)
    whole = vocoder(mel[None])[0]
    assert whole.abs().max() < 1, "clamped samples would all be alike"
    assert frames < 20 or whole.std() > 1e-3, "silence would be alike, too"
    (ours,) = vocode(vocoder, [mel], window=window, at_once=at_once)
    assert_near(ours, whole, SAME)


def test_windows_are_the_whole_at_the_original_s_kernel_sizes(vocoder: BigVGAN) -> None:
    mel = random_mel(vocoder.config, 160)
    whole = vocoder(mel[None])[0]
    (ours,) = vocode(vocoder, [mel], window=48)
    assert_near(ours, whole, SAME)


def test_contexts_shrink_on_the_way_up() -> None:
    """By reckoning; measured on the original, the first is 31 at most (spec section 9)."""
    with torch.device("meta"):
        assert BigVGAN(OFFICIAL).contexts == [39, 12, 6, 3, 2, 1, 1]


def test_a_row_is_alone_to_the_bit(vocoder: BigVGAN) -> None:
    mels = [random_mel(vocoder.config, frames, seed=frames) for frames in (40, 71, 40, 5)]
    together = vocode(vocoder, mels, window=32)
    for mel, ours in zip(mels, together, strict=True):
        assert torch.equal(ours, vocode(vocoder, [mel], window=32)[0])


def test_alike_windows_of_several_rows_go_together() -> None:
    """As on a GPU; another order of sums, no more."""
    vocoder = random_vocoder()
    mels = [random_mel(TINY, frames, seed=frames) for frames in (90, 40, 90, 61)]
    seen: list[int] = []
    vocoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape[0]))
    together = vocode(vocoder, mels, window=30, at_once=1000)
    assert max(seen) > 1
    for mel, ours in zip(mels, together, strict=True):
        assert_near(ours, vocode(vocoder, [mel], window=30)[0], SAME)


def test_a_stream_is_its_windows(vocoder: BigVGAN) -> None:
    mel = random_mel(vocoder.config, 100)
    parts = list(stream(vocoder, mel, window=40))
    assert [len(part) for part in parts] == [40 * 256, 40 * 256, 20 * 256]
    assert torch.equal(torch.cat(parts), vocode(vocoder, [mel], window=40)[0])


def test_windows_cover_a_row_once() -> None:
    windows = windows_of(0, 25, window=10, context=12)
    assert [(w.first, w.last, w.before, w.behind) for w in windows] == [
        (0, 10, 0, 12),
        (10, 20, 10, 5),
        (20, 25, 12, 0),
    ]


def test_no_rows_and_no_frames(vocoder: BigVGAN) -> None:
    assert vocode(vocoder, []) == []
    (empty,) = vocode(vocoder, [torch.zeros(80, 0)])
    assert empty.shape == (0,)


def test_cancelled_between_windows() -> None:
    vocoder, token = random_vocoder(), CancelToken()
    parts = stream(vocoder, random_mel(TINY, 30), window=10, cancel=token)
    assert next(parts).shape == (60,)
    token.cancel()
    with pytest.raises(Cancelled):
        next(parts)
    with pytest.raises(Cancelled):
        vocode(vocoder, [random_mel(TINY, 30)], cancel=token)


def test_bfloat16_is_near(weights_file: Path) -> None:
    vocoder = load_bigvgan(weights_file, golden_config(), device=CPU, dtype=torch.bfloat16)
    golden = golden_tensors()
    (ours,) = vocode(vocoder, [golden["mel"]])
    assert ours.dtype == torch.float32
    error = (ours - golden["wave"]).square().mean() / golden["wave"].square().mean()
    assert error < 0.01, "20 dB of the signal at least"


def test_transposed_convolutions_are_torch_s() -> None:
    """Odd rates and kernels that are no multiple of them, which the goldens do not have."""
    raising = random_vocoder().ups[0][0]  # type: ignore[index]
    x = torch.randn(2, 9, 12)
    theirs = F.conv_transpose1d(x.mT, raising.weight, raising.bias, stride=3, padding=2)
    assert_near(raising(x), theirs.mT, SAME)
