"""The talker's prompt: ids as upstream tokenises them, vectors as it adds them up."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from vocalino.engines.qwen3_tts.config import read_config
from vocalino.engines.qwen3_tts.prompt import NONE, Prompt, build_prompt, lay_out
from vocalino.engines.qwen3_tts.tokenizer import TextTokenizer
from vocalino.errors import RequestError
from vocalino.text import LANGUAGES

GOLDENS = Path(__file__).parents[2] / "goldens" / "qwen3_tts"
CONFIG = read_config(GOLDENS / "checkpoint")
TOKENIZER = TextTokenizer(GOLDENS / "checkpoint", CONFIG)
CASES: dict[str, dict[str, Any]] = json.loads((GOLDENS / "greedy.json").read_text("utf-8"))
PAD, BOS, EOS = CONFIG.tts_pad_token_id, CONFIG.tts_bos_token_id, CONFIG.tts_eos_token_id


def built(text: str, direction: str = "", language: str = "auto", **how: bool) -> Prompt:
    return build_prompt(TOKENIZER, CONFIG, text, direction, language, **how)


def of_case(case: dict[str, Any]) -> Prompt:
    """As upstream does it, which lets an empty text pass."""
    direction_ids = TOKENIZER.direction(case["instruct"]) if case["instruct"] else ()
    return lay_out(
        CONFIG,
        TOKENIZER.line(case["text"]),
        direction_ids,
        case["language"],
        streaming_text=not case["non_streaming_mode"],
    )


class Embeddings:
    """Text and code embeddings of the golden checkpoint, computed by the formulas of the spec."""

    def __init__(self) -> None:
        file = load_file(GOLDENS / "checkpoint" / "model.safetensors")
        self.of = {name.removeprefix("talker."): t.float() for name, t in file.items()}

    def text(self, number: int) -> Tensor:
        if number == NONE:
            return torch.zeros(CONFIG.talker.hidden_size)
        x = self.of["model.text_embedding.weight"][number]
        fc1, fc2 = "text_projection.linear_fc1", "text_projection.linear_fc2"
        x = F.silu(F.linear(x, self.of[f"{fc1}.weight"], self.of[f"{fc1}.bias"]))
        return F.linear(x, self.of[f"{fc2}.weight"], self.of[f"{fc2}.bias"])

    def code(self, number: int) -> Tensor:
        if number == NONE:
            return torch.zeros(CONFIG.talker.hidden_size)
        return self.of["model.codec_embedding.weight"][number]


@pytest.fixture(scope="module")
def embeddings() -> Embeddings:
    return Embeddings()


@pytest.fixture(scope="module")
def goldens() -> dict[str, Tensor]:
    return load_file(GOLDENS / "prompt.safetensors")


@pytest.mark.parametrize("name", CASES)
def test_ids_are_upstreams(name: str) -> None:
    case = CASES[name]
    assert list(TOKENIZER.line(case["text"])) == case["input_ids"]
    direction_ids = case["instruct_ids"] or []
    prompt = of_case(case)
    assert list(prompt.text_ids[: len(direction_ids)]) == direction_ids
    assert prompt.text_tokens == len(case["input_ids"]) - 8
    if case["text"]:
        streaming = not case["non_streaming_mode"]
        language = case["language"]
        again = built(case["text"], case["instruct"], language, streaming_text=streaming)
        assert again == prompt


@pytest.mark.parametrize("name", CASES)
def test_vectors_are_upstreams(
    name: str, embeddings: Embeddings, goldens: dict[str, Tensor]
) -> None:
    prompt = of_case(CASES[name])
    pairs = zip(prompt.text_ids, prompt.codec_ids, strict=True)
    ours = torch.stack([embeddings.text(t) + embeddings.code(c) for t, c in pairs])
    torch.testing.assert_close(ours, goldens[f"{name}.inputs_embeds"], atol=1e-5, rtol=0)
    trailing_ids = prompt.trailing_ids or (prompt.pad_id,)  # upstream writes one pad out
    ours = torch.stack([embeddings.text(number) for number in trailing_ids])
    torch.testing.assert_close(ours, goldens[f"{name}.trailing_text_hidden"], atol=1e-5, rtol=0)
    pad = embeddings.text(prompt.pad_id)
    torch.testing.assert_close(pad, goldens["tts_pad_embed"], atol=1e-5, rtol=0)


def test_positions_of_a_named_language() -> None:
    prompt = built("Hi!", "Very happy.", "english")
    direction, role = TOKENIZER.direction("Very happy."), TOKENIZER.line("")[:3]
    text = TOKENIZER.line("Hi!")[3:-5]
    plain = len(direction) + 3
    assert prompt.text_ids == (*direction, *role, PAD, PAD, PAD, PAD, BOS, *text, EOS, PAD)
    assert prompt.codec_ids[:plain] == (NONE,) * plain
    assert prompt.codec_ids[plain:] == (170, 172, 66, 173, *(164,) * (len(text) + 2), 165)
    assert prompt.trailing_ids == () and prompt.pad_id == PAD
    assert len(prompt) == len(prompt.codec_ids) == plain + 5 + len(text) + 2


def test_positions_of_a_streamed_text() -> None:
    prompt = built("Hi!", streaming_text=True)
    text = TOKENIZER.line("Hi!")[3:-5]
    assert prompt.text_ids[3:] == (PAD, PAD, PAD, BOS, text[0])
    assert prompt.codec_ids == (NONE, NONE, NONE, 171, 172, 173, 164, 165)
    assert prompt.trailing_ids == (*text[1:], EOS)


def test_a_single_token_streams() -> None:
    assert built("A", streaming_text=True).trailing_ids == (EOS,)


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_ten_languages_have_their_code(language: str) -> None:
    assert built("Hi!", "", language).codec_ids[5] == CONFIG.talker.codec_language_id[language]
    assert built("Hi!", "", language.title()) == built("Hi!", "", language)


@pytest.mark.parametrize("language", ["turkish", "beijing_dialect"])
def test_a_language_that_it_does_not_speak_is_an_error(language: str) -> None:
    talker = replace(CONFIG.talker, codec_language_id={"english": 66, "beijing_dialect": 90})
    config = replace(CONFIG, talker=talker)
    with pytest.raises(RequestError, match=f"speak '{language}': choose one of auto, english$"):
        build_prompt(TOKENIZER, config, "Hi!", "", language)


@pytest.mark.parametrize("text", ["", " \n"])
@pytest.mark.parametrize("streaming_text", [True, False])
def test_empty_text_is_an_error(text: str, streaming_text: bool) -> None:
    with pytest.raises(RequestError, match="the line is empty"):
        built(text, streaming_text=streaming_text)


def test_no_text_can_be_streamed_from_ids() -> None:
    with pytest.raises(RequestError, match="no text to stream"):
        lay_out(CONFIG, TOKENIZER.line(""), (), "auto", streaming_text=True)


def test_a_newline_in_front_is_an_error() -> None:
    with pytest.raises(RequestError, match=r"begins with a newline, '\\nHi!'"):
        built("\nHi!")
