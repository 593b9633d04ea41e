"""Configurations of a checkpoint: what is read, what is refused, and how that is said."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vocalino.engines.qwen3_tts.config import SamplingDefaults, read_config
from vocalino.errors import CheckpointError

CHECKPOINT = Path(__file__).parents[2] / "goldens" / "qwen3_tts" / "checkpoint"
MAIN = "config.json"
CODEC = "speech_tokenizer/config.json"
SAMPLING = "generation_config.json"

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "speech_tokenizer").mkdir()
    for name in (MAIN, CODEC, SAMPLING):
        shutil.copy(CHECKPOINT / name, tmp_path / name)
    return tmp_path


def change(folder: Path, name: str, how: Change) -> None:
    file = folder / name
    content = json.loads(file.read_text(encoding="utf-8"))
    how(content)
    file.write_text(json.dumps(content), encoding="utf-8")


def test_everything_is_read_from_the_files() -> None:
    config = read_config(CHECKPOINT)
    talker, predictor, codec = config.talker, config.code_predictor, config.codec
    assert (talker.hidden_size, talker.intermediate_size, talker.num_hidden_layers) == (64, 128, 3)
    assert (talker.num_attention_heads, talker.num_key_value_heads, talker.head_dim) == (4, 2, 16)
    assert (talker.rms_norm_eps, talker.rope_theta) == (1e-6, 1e6)
    assert (talker.text_vocab_size, talker.text_hidden_size, talker.vocab_size) == (520, 80, 1088)
    assert (talker.codec_pad_id, talker.codec_bos_id, talker.codec_eos_token_id) == (164, 165, 166)
    assert talker.codec_language_id["english"] == 66
    assert (predictor.hidden_size, predictor.num_hidden_layers, predictor.vocab_size) == (48, 2, 64)
    assert (codec.sample_rate_hz, codec.samples_per_frame, codec.sliding_window) == (
        24000,
        1920,
        16,
    )
    assert (codec.upsample_rates, codec.upsampling_ratios) == ((8, 5, 4, 3), (2, 2))
    assert (codec.rms_norm_eps, codec.rope_theta, codec.decoder_dim) == (1e-3, 1e4, 64)
    assert config.sampling.max_new_tokens == 8192
    assert (config.im_start_token_id, config.tts_eos_token_id) == (481, 510)


def test_a_smaller_model_of_the_family_loads(folder: Path) -> None:
    """As the 0.6B has it: talker as wide as its code predictor, heads * head_dim another number."""

    def small(content: dict[str, Any]) -> None:
        content["tts_model_size"] = "0b6"
        content["talker_config"] |= {"hidden_size": 48, "intermediate_size": 96}

    change(folder, MAIN, small)
    config = read_config(folder)
    assert config.talker.hidden_size == config.code_predictor.hidden_size == 48


def test_dialects_are_no_languages(folder: Path) -> None:
    change(
        folder,
        MAIN,
        lambda c: c["talker_config"]["codec_language_id"].update(beijing_dialect=90),
    )
    languages = read_config(folder).talker.languages
    assert len(languages) == 10 and "beijing_dialect" not in languages


def test_sampling_defaults_hold_where_the_file_says_nothing(folder: Path) -> None:
    change(folder, SAMPLING, lambda c: (c.update(top_k=None, temperature=0.7), c.pop("top_p")))
    assert read_config(folder).sampling == SamplingDefaults(temperature=0.7, max_new_tokens=8192)
    (folder / SAMPLING).unlink()
    assert read_config(folder).sampling == SamplingDefaults()
    assert SamplingDefaults().max_new_tokens == 2048


def talker(**keys: object) -> Change:
    return lambda content: content["talker_config"].update(keys)


def predictor(**keys: object) -> Change:
    return lambda content: content["talker_config"]["code_predictor_config"].update(keys)


def decoder(**keys: object) -> Change:
    return lambda content: content["decoder_config"].update(keys)


def top(**keys: object) -> Change:
    return lambda content: content.update(keys)


@pytest.mark.parametrize(
    ("name", "how", "said"),
    [
        (
            MAIN,
            top(model_type="qwen3"),
            'model_type is "qwen3"; this engine plays only "qwen3_tts"',
        ),
        (
            MAIN,
            top(tts_model_type="base"),
            'tts_model_type is "base"; this engine plays only "voice_design"',
        ),
        (MAIN, top(tokenizer_type="qwen3_tts_tokenizer_25hz"), "tokenizer_type is"),
        (MAIN, talker(hidden_act="gelu"), 'talker_config.hidden_act is "gelu"'),
        (MAIN, talker(attention_bias=True), "talker_config.attention_bias is true"),
        (
            MAIN,
            talker(rope_scaling={"rope_type": "yarn", "factor": 4}),
            'talker_config.rope_scaling.rope_type is "yarn"',
        ),
        (MAIN, talker(rope_scaling={"type": "linear"}), "rope_scaling.type is"),
        (MAIN, talker(rope_scaling="none"), "talker_config.rope_scaling must be an object"),
        (
            MAIN,
            talker(use_sliding_window=True, sliding_window=512),
            "talker_config.sliding_window is 512; this engine plays only null",
        ),
        (
            MAIN,
            predictor(layer_types=["full_attention", "sliding_attention"]),
            "code_predictor_config.layer_types is ['full_attention', 'sliding_attention']",
        ),
        (CODEC, top(model_type="mimi"), 'model_type is "mimi"'),
        (CODEC, decoder(hidden_act="gelu"), 'decoder_config.hidden_act is "gelu"'),
        # numbers that make no sense
        (
            MAIN,
            talker(hidden_size="64"),
            'talker_config.hidden_size must be a whole number, got "64"',
        ),
        (MAIN, talker(rms_norm_eps=True), "talker_config.rms_norm_eps must be a number, got true"),
        (MAIN, talker(num_hidden_layers=0), "num_hidden_layers must be above zero, got 0"),
        (MAIN, talker(num_key_value_heads=3), "multiple of num_key_value_heads, 3, got 4"),
        (MAIN, predictor(head_dim=15), "code_predictor_config.head_dim must be even"),
        (MAIN, talker(codec_eos_token_id=12), "codec_eos_token_id must be from 64 to 1087, got 12"),
        (
            MAIN,
            talker(codec_language_id={"english": 2050}),
            "codec_language_id.english must be from 64 to 1087, got 2050",
        ),
        (MAIN, top(tts_pad_token_id=520), "tts_pad_token_id must be from 0 to 519, got 520"),
        (MAIN, talker(num_code_groups=8), "same number of code groups, got 8, 16 and 16"),
        (MAIN, predictor(vocab_size=128), "same number of codes, got 64, 128 and 64"),
        (
            CODEC,
            decoder(upsample_rates=[8, 5, 4, 0]),
            "decoder_config.upsample_rates must be above",
        ),
        (CODEC, decoder(upsample_rates=[8, 5, 4, 2]), "make 1280 samples of a frame, but"),
        (CODEC, decoder(decoder_dim=72), "decoder_dim must be a multiple of 16, got 72"),
        (CODEC, decoder(codebook_dim=33), "codebook_dim must be even, got 33"),
        (SAMPLING, top(temperature=-1.0), "temperature must be from 0 to inf, got -1.0"),
        (SAMPLING, top(subtalker_top_p=1.5), "subtalker_top_p must be from 0 to 1, got 1.5"),
        (SAMPLING, top(repetition_penalty=0), "repetition_penalty must be from 0.01"),
        (SAMPLING, top(max_new_tokens=1), "max_new_tokens must be from 2 to inf, got 1"),
    ],
)
def test_what_can_not_be_played_is_named(folder: Path, name: str, how: Change, said: str) -> None:
    change(folder, name, how)
    with pytest.raises(CheckpointError) as caught:
        read_config(folder)
    assert said in str(caught.value)
    assert str(folder / name) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "how", "said"),
    [
        (MAIN, lambda c: c.pop("model_type"), "config.json: model_type is missing"),
        (MAIN, lambda c: c.pop("im_start_token_id"), "config.json: im_start_token_id is missing"),
        (
            MAIN,
            lambda c: c["talker_config"].pop("code_predictor_config"),
            "config.json: talker_config.code_predictor_config is missing",
        ),
        (
            MAIN,
            lambda c: c["talker_config"]["code_predictor_config"].pop("rope_theta"),
            "config.json: talker_config.code_predictor_config.rope_theta is missing",
        ),
        (
            CODEC,
            lambda c: c.pop("output_sample_rate"),
            "config.json: output_sample_rate is missing",
        ),
        (
            CODEC,
            lambda c: c["decoder_config"].pop("sliding_window"),
            "config.json: decoder_config.sliding_window is missing",
        ),
    ],
)
def test_a_missing_key_is_named(folder: Path, name: str, how: Change, said: str) -> None:
    change(folder, name, how)
    with pytest.raises(CheckpointError) as caught:
        read_config(folder)
    assert said in str(caught.value)


@pytest.mark.parametrize("name", [MAIN, CODEC])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(CheckpointError) as caught:
        read_config(folder)
    assert f"the checkpoint has no file {folder / name}" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe", b'{"top_k": NaN}'])
def test_a_damaged_file_is_named(folder: Path, content: bytes) -> None:
    (folder / SAMPLING).write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        read_config(folder)
    assert f"{folder / SAMPLING} can't be read: " in str(caught.value)
