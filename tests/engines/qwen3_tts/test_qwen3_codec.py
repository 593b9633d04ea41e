"""The codec's decoder: the original's numbers, names and chunks; memory that is bounded."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from qwen3_codecs import (
    CPU,
    OFFICIAL,
    TINY,
    WEIGHTS,
    golden_codec,
    golden_codes,
    golden_config,
    golden_tensors,
    random_codes,
    tiny_codec,
)
from safetensors.torch import load_file, save_file
from torch import Tensor

from vocalino.engines.qwen3_tts.codec import Codec, frames_of, load_codec
from vocalino.engines.qwen3_tts.codec_blocks import SnakeBeta
from vocalino.engines.qwen3_tts.codec_transformer import blocks
from vocalino.engines.qwen3_tts.codec_weights import codec_places
from vocalino.errors import CheckpointError

CLOSE = 1e-5
FRAME = 1920  # samples

STAGES = (
    "pre_conv",
    "pre_transformer",
    "upsample0_convT",
    "upsample0",
    "upsample1_convT",
    "upsample1",
    "decoder0",
    "decoder1",
    "decoder2",
    "decoder3",
    "decoder4",
    "decoder6",
)


def assert_near(ours: Tensor, theirs: Tensor, within: float = CLOSE) -> None:
    assert ours.shape == theirs.shape
    assert (ours - theirs).abs().max() <= within


# The original's numbers


@torch.no_grad()
def test_every_stage_is_the_originals() -> None:
    codec, theirs = golden_codec(), golden_tensors()
    x = codec.quantizer(golden_codes("a"))
    assert_near(x[0].T, theirs["a.quantizer_out"])
    compared = 0
    for name, stage in zip(STAGES, codec.stages(), strict=True):
        x, _ = stage.step(x, stage.start(1))
        if f"a.{name}_out" in theirs:
            ours = x[0] if name == "pre_transformer" else x[0].T
            assert_near(ours, theirs[f"a.{name}_out"])
            compared += 1
    assert compared == 10


def test_codebook_rows_that_training_never_met() -> None:
    with torch.no_grad():
        assert_near(
            golden_codec().quantizer(golden_codes("b"))[0].T, golden_tensors()["b.quantizer_out"]
        )


@pytest.mark.parametrize("name", ["a", "b"])
def test_waveforms_are_the_originals(name: str) -> None:
    [samples] = golden_codec().decode(golden_codes(name))
    assert samples.dtype == torch.float32
    assert_near(samples, golden_tensors()[f"{name}.wav"])


def test_a_long_waveform_is_the_originals_when_it_does_not_chunk() -> None:
    [samples] = golden_codec().decode(golden_codes("c"))
    assert_near(samples[298 * FRAME : 304 * FRAME], golden_tensors()["c.wav_whole_298_304"])


def test_chunks_are_the_originals() -> None:
    [samples] = golden_codec().decode_chunked(golden_codes("a"), chunk=12, context=5)
    assert_near(samples, golden_tensors()["a.wav_chunked_12_5"])
    assert (samples - golden_tensors()["a.wav"]).abs().max() > 0.1  # it is not the whole, and shows


def test_chunks_of_three_hundred_frames_unless_asked_otherwise() -> None:
    [samples] = golden_codec().decode_chunked(golden_codes("c"))
    assert_near(samples[298 * FRAME : 304 * FRAME], golden_tensors()["c.wav_298_304"])
    assert_near(samples[::97], golden_tensors()["c.wav_every97"])


def test_a_context_that_reaches_behind_the_beginning_is_cut_short() -> None:
    codes = random_codes(1, 9)
    codec = tiny_codec()
    whole = codec.decode(codes)[0]
    assert_near(codec.decode_chunked(codes, chunk=3, context=50)[0], whole)


# The original's names and shapes


def official_shapes() -> dict[str, tuple[int, ...]]:
    """Spec section 3.3, line by line."""
    shapes: dict[str, tuple[int, ...]] = {}

    def both(name: str, *shape: int, bias: int | None = None) -> None:
        shapes[f"{name}.weight"] = shape
        shapes[f"{name}.bias"] = (shape[0] if bias is None else bias,)

    def snake(name: str, channels: int) -> None:
        shapes[f"{name}.alpha"] = shapes[f"{name}.beta"] = (channels,)

    for part, layers in (("first", 1), ("rest", 15)):
        quantizer = f"quantizer.rvq_{part}"
        shapes[f"{quantizer}.output_proj.weight"] = (512, 256, 1)
        shapes[f"{quantizer}.input_proj.weight"] = (256, 512, 1)
        for layer in range(layers):
            codebook = f"{quantizer}.vq.layers.{layer}._codebook"
            shapes[f"{codebook}.embedding_sum"] = (2048, 256)
            shapes[f"{codebook}.cluster_usage"] = (2048,)
    both("pre_conv.conv", 1024, 512, 3)
    both("pre_transformer.input_proj", 512, 1024)
    both("pre_transformer.output_proj", 1024, 512)
    shapes["pre_transformer.norm.weight"] = (512,)
    for number in range(8):
        layer = f"pre_transformer.layers.{number}"
        for norm in ("input_layernorm", "post_attention_layernorm"):
            shapes[f"{layer}.{norm}.weight"] = (512,)
        for projection in ("q_proj", "k_proj", "v_proj"):
            shapes[f"{layer}.self_attn.{projection}.weight"] = (1024, 512)
        shapes[f"{layer}.self_attn.o_proj.weight"] = (512, 1024)
        for scale in ("self_attn_layer_scale", "mlp_layer_scale"):
            shapes[f"{layer}.{scale}.scale"] = (512,)
        for projection in ("gate_proj", "up_proj"):
            shapes[f"{layer}.mlp.{projection}.weight"] = (1024, 512)
        shapes[f"{layer}.mlp.down_proj.weight"] = (512, 1024)
    for number in (0, 1):
        both(f"upsample.{number}.0.conv", 1024, 1024, 2)
        block = f"upsample.{number}.1"
        both(f"{block}.dwconv.conv", 1024, 1, 7)
        both(f"{block}.norm", 1024)
        both(f"{block}.pwconv1", 4096, 1024)
        both(f"{block}.pwconv2", 1024, 4096)
        shapes[f"{block}.gamma"] = (1024,)
    both("decoder.0.conv", 1536, 1024, 7)
    sizes = ((1536, 768, 16), (768, 384, 10), (384, 192, 8), (192, 96, 6))
    for number, (channels, half, taps) in enumerate(sizes, start=1):
        block = f"decoder.{number}.block"
        snake(f"{block}.0", channels)
        both(f"{block}.1.conv", channels, half, taps, bias=half)
        for unit in (2, 3, 4):
            snake(f"{block}.{unit}.act1", half)
            snake(f"{block}.{unit}.act2", half)
            both(f"{block}.{unit}.conv1.conv", half, half, 7)
            both(f"{block}.{unit}.conv2.conv", half, half, 1)
    snake("decoder.5", 96)
    both("decoder.6.conv", 1, 96, 7)
    return {f"decoder.{name}": shape for name, shape in shapes.items()}


def test_the_official_names_and_shapes() -> None:
    with torch.device("meta"):
        ours = Codec(OFFICIAL).state_dict()
    official, places = official_shapes(), codec_places(OFFICIAL)
    assert len(official) == 271
    assert places.keys() == official.keys()
    filled = dict.fromkeys(ours, 0)
    for name, place in places.items():
        if place is None:
            assert name.endswith("input_proj.weight")
            continue
        target = ours[place.name]
        rows = target.shape[0] - place.row if place.rows is None else place.rows
        assert official[name] == (rows, *target.shape[1:]), name
        filled[place.name] += rows
    assert filled == {name: target.shape[0] for name, target in ours.items()}
    used = (shape for name, shape in official.items() if places[name])
    parameters = sum(map(math.prod, used))
    assert parameters == sum(target.numel() for target in ours.values())


def test_a_file_that_lacks_a_codebook_is_refused_by_name(tmp_path: Path) -> None:
    tensors = load_file(WEIGHTS)
    name = "decoder.quantizer.rvq_rest.vq.layers.3._codebook.embedding_sum"
    del tensors[name]
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match=name.replace(".", r"\.")):
        load_codec(tmp_path / "model.safetensors", golden_config(), device=CPU)


def test_a_file_of_other_sizes_is_refused() -> None:
    with pytest.raises(CheckpointError, match="pre_conv"):
        load_codec(WEIGHTS, replace(golden_config(), latent_dim=50), device=CPU)


def test_the_encoder_and_the_other_half_of_the_quantizer_may_be_absent(tmp_path: Path) -> None:
    tensors = load_file(WEIGHTS)
    needed = {
        k: v for k, v in tensors.items() if "input_proj.weight" not in k or "transformer" in k
    }
    decoder = {k: v for k, v in needed.items() if k.startswith("decoder.")}
    assert len(decoder) < len(needed) < len(tensors)
    save_file(decoder, tmp_path / "model.safetensors")
    codec = load_codec(tmp_path / "model.safetensors", golden_config(), device=CPU)
    [samples] = codec.decode(golden_codes("b"))
    assert_near(samples, golden_tensors()["b.wav"])


# Rows, lengths, memory


@pytest.mark.parametrize("together", [True, False])
def test_rows_of_any_length_are_what_they_are_alone(together: bool) -> None:
    codec, lengths = tiny_codec(), [7, 0, 20, 1, 20]
    codes = random_codes(len(lengths), max(lengths))
    for row, length in enumerate(lengths):
        codes[row, :, length:] = -1
    assert frames_of(codes) == lengths
    for row, samples in enumerate(codec.decode(codes, at_once=16, together=together)):
        assert samples.shape == (lengths[row] * TINY.samples_per_frame,)
        if lengths[row]:
            assert_near(samples, codec.decode(codes[row : row + 1, :, : lengths[row]])[0])


def test_chunked_rows_of_any_length_are_what_they_are_alone() -> None:
    codec, lengths = tiny_codec(), [7, 0, 20]
    codes = random_codes(len(lengths), max(lengths))
    for row, length in enumerate(lengths):
        codes[row, :, length:] = -1
    together = codec.decode_chunked(codes, chunk=6, context=2)
    assert [samples.shape[0] for samples in together] == [12 * length for length in lengths]
    for row in (0, 2):
        alone = codes[row : row + 1, :, : lengths[row]]
        assert_near(together[row], codec.decode_chunked(alone, chunk=6, context=2)[0])


def test_on_a_cpu_a_row_is_the_same_to_the_bit_in_every_batch() -> None:
    codec, codes = tiny_codec(), random_codes(3, 40)
    for row, samples in enumerate(codec.decode(codes)):
        assert torch.equal(samples, codec.decode(codes[row : row + 1])[0])


def test_code_zero_is_sound_and_not_padding() -> None:
    codes = random_codes(1, 6)
    codes[0, 0, -1] = 0
    assert tiny_codec().decode(codes)[0].shape == (6 * TINY.samples_per_frame,)


def test_codes_below_zero_in_other_groups_read_as_zero() -> None:
    codes = random_codes(1, 4)
    codes[0, 1:, 2] = 0
    below = codes.clone()
    below[0, 1:, 2] = -1
    assert torch.equal(tiny_codec().decode(below)[0], tiny_codec().decode(codes)[0])


@pytest.mark.parametrize("frames", [0, 3])
def test_no_frames_are_no_samples(frames: int) -> None:
    nothing = torch.full((2, TINY.num_quantizers, frames), -1)
    for samples in (*tiny_codec().decode(nothing), *tiny_codec().decode_chunked(nothing)):
        assert samples.shape == (0,)
        assert samples.dtype == torch.float32


def test_no_rows_are_no_waveforms() -> None:
    assert tiny_codec().decode(random_codes(0, 5)) == []


@settings(max_examples=20, deadline=None)
@given(rows=st.integers(1, 5), at_once=st.integers(1, 40), together=st.booleans())
def test_memory_is_bounded_and_the_sound_the_same(rows: int, at_once: int, together: bool) -> None:
    codec, codes = tiny_codec(), random_codes(rows, 23)
    decoded: list[int] = []
    hook = codec.quantizer.register_forward_hook(
        lambda module, args, out: decoded.append(out.shape[0] * out.shape[1])
    )
    samples = codec.decode(codes, at_once=at_once, together=together)
    hook.remove()
    assert max(decoded) <= max(at_once, rows if together else 1)
    assert sum(decoded) == rows * 23
    for ours, whole in zip(samples, codec.decode(codes, at_once=1000), strict=True):
        assert_near(ours, whole)


@given(st.integers(0, 40), st.integers(1, 60), st.integers(1, 12))
def test_blocks_see_exactly_the_window(past: int, length: int, window: int) -> None:
    seen = torch.zeros(length, past + length, dtype=torch.int64)
    for block in blocks(min(past, window - 1), length, window, CPU):
        dropped = past - min(past, window - 1)  # keys that a state would not have any more
        keys = slice(block.keys.start + dropped, block.keys.stop + dropped)
        seen[block.queries, keys] += 1 if block.mask is None else block.mask.long()
        assert block.keys.stop - block.keys.start < 2 * window
    ago = torch.arange(past, past + length).unsqueeze(1) - torch.arange(past + length)
    assert torch.equal(seen, ((ago >= 0) & (ago < window)).long())


# Precision


def test_a_snake_is_its_formula() -> None:
    snake = SnakeBeta(4)
    random = torch.Generator().manual_seed(1)
    for parameter in snake.parameters():
        parameter.requires_grad_(False).normal_(0, 1, generator=random)
    alpha, beta = snake.alpha.double(), snake.beta.double()
    snake.finish()
    x = torch.randn(2, 9, 4, generator=random)
    wanted = x + torch.sin(x * alpha.exp()) ** 2 / (beta.exp() + 1e-9)
    assert_near(snake(x, torch.empty_like(x)), wanted.float())


def test_bfloat16_has_codebooks_that_were_computed_in_float32() -> None:
    codec = load_codec(WEIGHTS, golden_config(), device=CPU, dtype=torch.bfloat16)
    assert torch.equal(codec.quantizer.codebooks, golden_codec().quantizer.codebooks.bfloat16())
    [samples] = codec.decode(golden_codes("a"))
    assert samples.dtype == torch.float32
    theirs = golden_tensors()["a.wav"]
    assert (samples - theirs).norm() < 0.1 * theirs.norm()


def test_samples_stay_within_full_scale() -> None:
    [samples] = golden_codec().decode(golden_codes("a"))
    assert samples.abs().max() == 1.0  # the goldens are loud: some of it is clipped
