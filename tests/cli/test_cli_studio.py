"""The studio cast from the command line, on a tiny checkpoint of random weights: real noise."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from program import Vocalino

CHECKPOINT = Path(__file__).parents[1] / "goldens" / "qwen3_tts" / "checkpoint"
STUDIO = ["--cast", "studio", "--model", CHECKPOINT, "--device", "cpu", "--max-new-tokens", "6"]


def test_a_voice_is_designed_and_made_again_to_the_byte(
    in_process: Vocalino, tmp_path: Path
) -> None:
    done = in_process(
        *("design", "a calm old man", "--line", "Hello.", "--seed", "3", "-k", "2", "-o", "out"),
        *(*STUDIO, "--json"),
        fakes=False,
    )
    assert done.code == 0, done.err
    assert done.json["cast"] == "studio" and done.json["why"] == "asked for by the command line"
    assert len(done.json["takes"]) == 2
    for take in done.json["takes"]:
        sound = (tmp_path / "out" / take["audio"]["name"]).read_bytes()
        assert hashlib.sha256(sound).hexdigest() == take["audio"]["sha256"]
        assert take["engines"]["designer"]["device"] == "cpu"
        assert take["design"]["max_new_tokens"] == 6
        assert take["finish_reason"] in ("eos", "budget", "loop")
        assert take["audio"]["duration_s"] <= 6 * 0.08
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "Studio cast" in page and "DRAFT" not in page
    name = done.json["takes"][1]["audio"]["name"].replace(".wav", ".take.json")
    again = in_process(
        *("rerender", f"out/{name}", "--model", CHECKPOINT, "--device", "cpu", "--json"),
        fakes=False,
    )
    assert again.code == 0, again.err
    assert again.json["same"] and again.json["differences"] == []


def test_a_line_is_acted_in_the_voice_of_the_direction(in_process: Vocalino) -> None:
    done = in_process(
        *("act", "Hello.", "-d", "calm", "-k", "1", "--seed", "1", *STUDIO, "--no-report"),
        fakes=False,
    )
    assert done.code == 0, done.err
    assert "studio cast (asked for by the command line)" in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--model", "nowhere", "--device", "cpu"], 3, "nowhere (from the command line) is no"),
        (["--model", CHECKPOINT, "--device", "cuda:99"], 3, "TTS_DEVICE is cuda:99"),
        (["--model", CHECKPOINT, "--device", "toaster"], 3, "TTS_DEVICE names no device"),
    ],
)
def test_a_studio_that_cannot_play_says_why(
    in_process: Vocalino, arguments: list[str | Path], code: int, words: str
) -> None:
    done = in_process("act", "Hello.", "--cast", "studio", *arguments, fakes=False)
    assert done.code == code, done.err
    assert words in " ".join(done.err.split())
    assert done.out == ""


def test_offline_without_weights_is_an_error_with_the_way_to_them(
    vocalino: Vocalino, tmp_path: Path
) -> None:
    done = vocalino(
        *("act", "Hello.", "--cast", "studio", "--device", "cpu"),
        fakes=False,
        HF_HOME=str(tmp_path / "hub"),
        VOCALINO_OFFLINE="1",
    )
    assert done.code == 3, done.err
    said = " ".join(done.err.split())
    assert "vocalino models pull qwen3-tts-voice-design" in said and "--model FOLDER" in said
