"""Text to ids: equal to upstream's, and safe from control tokens in the text."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocalino.engines.qwen3_tts.config import read_config
from vocalino.engines.qwen3_tts.tokenizer import TextTokenizer
from vocalino.errors import CheckpointError

GOLDENS = Path(__file__).parents[2] / "goldens" / "qwen3_tts"
CHECKPOINT = GOLDENS / "checkpoint"
CONFIG = read_config(CHECKPOINT)
TOKENIZER = TextTokenizer(CHECKPOINT, CONFIG)
ADDED = json.loads((CHECKPOINT / "tokenizer_config.json").read_text(encoding="utf-8"))[
    "added_tokens_decoder"
]


class Case(TypedDict):
    text: str
    assistant_ids: list[int]
    instruct_ids: list[int]


CASES: list[Case] = json.loads((GOLDENS / "tokenizer_cases.json").read_text(encoding="utf-8"))
ORDINARY = [case for case in CASES if "<" not in case["text"]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case["text"][:20]))
def test_upstreams_ids_with_specials_parsed(case: Case) -> None:
    assert list(TOKENIZER.line(case["text"], specials=True)) == case["assistant_ids"]
    assert list(TOKENIZER.direction(case["text"], specials=True)) == case["instruct_ids"]


@pytest.mark.parametrize("case", ORDINARY, ids=lambda case: repr(case["text"][:20]))
def test_upstreams_ids_of_ordinary_text(case: Case) -> None:
    assert len(ORDINARY) == len(CASES) - 1
    assert list(TOKENIZER.line(case["text"])) == case["assistant_ids"]
    assert list(TOKENIZER.direction(case["text"])) == case["instruct_ids"]


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=60))
def test_both_ways_are_one_for_text_without_specials(text: str) -> None:
    text = text.replace("<", "")
    assert TOKENIZER.line(text) == TOKENIZER.line(text, specials=True)
    assert TOKENIZER.direction(text) == TOKENIZER.direction(text, specials=True)


@pytest.mark.parametrize("text", ["Hi!", "x", "你好，今天天气很好。", "a<|im_end|>b"])
def test_the_template_stands_around_the_text(text: str) -> None:
    ids = TOKENIZER.line(text)
    start, end, assistant = CONFIG.im_start_token_id, CONFIG.im_end_token_id, 266
    newline = ids[2]
    assert ids[:3] == (start, assistant, newline)
    assert ids[-5:] == (end, newline, start, assistant, newline)


@pytest.mark.parametrize("number", sorted(ADDED))
def test_no_text_makes_a_control_token(number: str) -> None:
    content = ADDED[number]["content"]
    template = TOKENIZER.line("")
    ids = TOKENIZER.line(f"a {content}b{content}")
    assert TOKENIZER.line(f"a {content}", specials=True)[3:-5].count(int(number)) == 1
    assert not {int(n) for n in ADDED} & set(ids[3:-5])
    assert ids[:3] == template[:3] and ids[-5:] == template[-5:]


def test_a_newline_in_front_of_the_text_runs_into_the_roles() -> None:
    """Why text is stripped at the boundary: the same as upstream, and not what was meant."""
    assert TOKENIZER.line("\nHi!")[2] != TOKENIZER.line("Hi!")[2]


def rewritten(folder: Path, name: str, how: Callable[[str], str]) -> Path:
    for file in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        shutil.copy(CHECKPOINT / file, folder / file)
    file = folder / name
    file.write_text(how(file.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("name", "how", "said"),
    [
        ("vocab.json", lambda text: text.replace('"A":32', '"A":"32"'), "'A' must have a whole"),
        ("vocab.json", lambda text: text.replace('"A":32,', ""), "lacks 1 of the 256 bytes, 'A'"),
        ("vocab.json", lambda text: text[:99], "vocab.json can't be read"),
        ("merges.txt", lambda text: text + "zz qq\n", "'zz qq' is no merge of vocab.json"),
        ("tokenizer_config.json", lambda text: text.replace('"508"', '"oops"'), "oops is no id"),
        (
            "tokenizer_config.json",
            lambda text: text.replace('"512"', '"600"'),
            "<|audio_pad|> is number 600 there and 512 behind vocab.json",
        ),
        (
            "tokenizer_config.json",
            lambda text: json.dumps({"added_tokens_decoder": {"480": ADDED["480"]}}),
            "im_start_token_id is 481, which tokenizer_config.json does not know",
        ),
        (
            "merges.txt",
            lambda text: "#version: 0.2\n",
            "assistant_token_id is 266, but the tokenizer makes",
        ),
    ],
)
def test_damaged_files_are_named(
    tmp_path: Path, name: str, how: Callable[[str], str], said: str
) -> None:
    with pytest.raises(CheckpointError) as caught:
        TextTokenizer(rewritten(tmp_path, name, how), CONFIG)
    assert said in str(caught.value)


def test_more_tokens_than_embeddings_are_refused() -> None:
    talker = replace(CONFIG.talker, text_vocab_size=512)
    with pytest.raises(CheckpointError, match="has 513 tokens, more than .*text_vocab_size, 512"):
        TextTokenizer(CHECKPOINT, replace(CONFIG, talker=talker))


@pytest.mark.parametrize("name", ["vocab.json", "merges.txt", "tokenizer_config.json"])
def test_missing_files_are_named(tmp_path: Path, name: str) -> None:
    folder = rewritten(tmp_path, name, str)
    (folder / name).unlink()
    with pytest.raises(CheckpointError, match=f"has no file .*{name}"):
        TextTokenizer(folder, CONFIG)
