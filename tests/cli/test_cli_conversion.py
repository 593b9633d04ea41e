"""What is asked of the voice converter arrives there, from every command and from receipts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from program import FAKE_ENGINES, Vocalino

TELLING = f"{Path(__file__).parent / 'telling_engines.py'}:TellingConverter"
STEERED = ["--ode-steps", "7", "--cfg-intelligibility", "0.2", "--cfg-similarity", "0.4"]
STEERED += ["--length-adjust", "1.5", "--convert-style"]
SAMPLED = ["--temperature", "0.6", "--top-p", "0.8", "--repetition-penalty", "1.3"]
EXPECTED = {
    "ode_steps": 7,
    "length_adjust": 1.5,
    "cfg_intelligibility": 0.2,
    "cfg_similarity": 0.4,
    "top_p": 0.9,
    "temperature": 1.0,
    "repetition_penalty": 1.0,
    "convert_style": True,
    "anonymization_only": False,
}
SHEET = "name,line,direction\nhi,Hello there.,warm\n"


def command(name: str, ref: Path, tmp_path: Path) -> list[str | Path]:
    (tmp_path / "lines.csv").write_text(SHEET)
    first = {"act": ["Hello there."], "samples": ["lines.csv"], "convert": [ref]}[name]
    takes = [] if name == "convert" else ["-k", "1"]
    return [name, *first, "--ref", ref, *takes, "--seed", "1", "-o", "out", "--no-report"]


def receipt(tmp_path: Path) -> Path:
    (found,) = (tmp_path / "out").glob("*.take.json")
    return found


def written(tmp_path: Path) -> Any:
    return json.loads(receipt(tmp_path).read_text("utf-8"))


@pytest.fixture
def telling(monkeypatch: pytest.MonkeyPatch, in_process: Vocalino) -> Vocalino:
    """The program with a converter whose sound and description follow from what it is told."""
    monkeypatch.setitem(FAKE_ENGINES, "VOCALINO_CONVERTER", TELLING)
    return in_process


@pytest.mark.parametrize("name", ["act", "samples", "convert"])
def test_options_arrive_and_are_restored(
    telling: Vocalino, ref: Path, tmp_path: Path, name: str
) -> None:
    sampled = [*SAMPLED, "--anonymization-only"] if name == "convert" else []
    done = telling(*command(name, ref, tmp_path), *STEERED, *sampled)
    assert done.code == 0, done.err
    others = {"temperature": 0.6, "top_p": 0.8, "repetition_penalty": 1.3}
    wanted = {**EXPECTED, **others, "anonymization_only": True} if sampled else EXPECTED
    assert written(tmp_path)["convert"] == wanted

    source = ["--source", ref] if name == "convert" else []
    again = telling("rerender", receipt(tmp_path), *source, "--json")
    assert again.json["same"], again.json
    changed = {**written(tmp_path), "convert": {**wanted, "cfg_similarity": 0.5}}
    receipt(tmp_path).write_text(json.dumps(changed), "utf-8")
    other = telling("rerender", receipt(tmp_path), *source, "--json")
    assert not other.json["same"], "the sound follows from the options"


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("act", ["--vc-model", "mine", "--vc-device", "cpu"]),
        ("samples", ["--vc-model", "mine", "--vc-device", "cpu"]),
        ("convert", ["--model", "mine", "--device", "cpu"]),
        ("convert", ["--vc-model", "mine", "--vc-device", "cpu"]),
    ],
)
def test_where_it_computes_and_what(
    telling: Vocalino, ref: Path, tmp_path: Path, name: str, flags: list[str]
) -> None:
    done = telling(*command(name, ref, tmp_path), *flags)
    assert done.code == 0, done.err
    played = written(tmp_path)["engines"]["converter"]
    assert (played["revision"], played["device"]) == ("mine", "cpu")


def test_a_take_is_rerendered_with_another_folder(
    telling: Vocalino, ref: Path, tmp_path: Path
) -> None:
    assert telling(*command("act", ref, tmp_path), "--vc-model", "mine").code == 0
    flags = ["--vc-model", "other", "--vc-device", "cuda:3", "--json"]
    again = telling("rerender", receipt(tmp_path), *flags)
    differences = ["converter: was telling mine on none, is telling other on cuda:3"]
    assert again.json["same"] and again.json["differences"] == differences


@pytest.mark.parametrize(
    ("flag", "value"), [("--temperature", "3"), ("--top-p", "2"), ("--repetition-penalty", "0.5")]
)
def test_values_out_of_bounds_are_errors(
    telling: Vocalino, ref: Path, tmp_path: Path, flag: str, value: str
) -> None:
    done = telling(*command("convert", ref, tmp_path), flag, value)
    assert done.code == 2 and flag.removeprefix("--").replace("-", "_") in done.err
