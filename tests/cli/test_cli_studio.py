"""The studio cast from the command line, on a tiny checkpoint of random weights: real noise."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from program import Vocalino

from vocalino.audio import Audio
from vocalino.audio.encode import encode

CHECKPOINT = Path(__file__).parents[1] / "goldens" / "qwen3_tts" / "checkpoint"
VOICE = CHECKPOINT.parents[1] / "seed_vc" / "checkpoints"
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


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Two seconds and a half of something like a voice."""
    time = np.arange(60_000) / 24_000
    phase = 2 * np.pi * np.cumsum(140 + 50 * np.sin(2 * np.pi * 0.8 * time)) / 24_000
    formant = 5 + 4 * np.sin(2 * np.pi * 1.7 * time)
    sound = sum(np.sin(k * phase) / (1 + (k - formant) ** 2) for k in range(1, 16))
    sound = sound * (0.5 + 0.5 * np.sin(2 * np.pi * 2.3 * time))
    path = tmp_path / "clip.wav"
    path.write_bytes(encode(Audio((0.2 * sound).astype(np.float32), 24_000), "wav"))
    return path


def test_a_recording_is_converted_and_made_again_to_the_byte(
    in_process: Vocalino, clip: Path, tmp_path: Path
) -> None:
    """Without a designer's checkpoint: nothing is designed."""
    voice = ["--cast", "studio", "--model", VOICE, "--device", "cpu", "--ode-steps", "2"]
    done = in_process(
        *("convert", clip, "--ref", clip, "--seed", "5", "-o", "out", *voice, "--json"),
        fakes=False,
    )
    assert done.code == 0, done.err
    (take,) = done.json["runs"][0]["takes"]
    assert take["engines"]["converter"]["name"] == "seed-vc-v2"
    assert "designer" not in take["engines"] and take["convert"]["ode_steps"] == 2
    assert abs(take["audio"]["duration_s"] - 2.5) < 1e-3
    receipt = take["audio"]["name"].replace(".wav", ".take.json")
    again = in_process(
        *("rerender", f"out/{receipt}", "--vc-model", VOICE, "--vc-device", "cpu", "--json"),
        fakes=False,
    )
    assert again.code == 0, again.err
    assert again.json["same"] and again.json["differences"] == []


@pytest.mark.parametrize("style", [[], ["--convert-style"]])
def test_the_studio_cast_acts_in_the_voice_of_a_clip(
    in_process: Vocalino, clip: Path, style: list[str]
) -> None:
    """From end to end: designer, converter, judge."""
    done = in_process(
        *("act", "Hello there.", "-d", "calm", "-k", "2", "--seed", "1", "--ref", clip, *STUDIO),
        *("--vc-model", VOICE, "--vc-device", "cpu", "--ode-steps", "2", *style, "--json"),
        fakes=False,
    )
    assert done.code == 0, done.err
    takes = done.json["samples"][0]["takes"]
    assert len(takes) == 2
    for take in takes:
        assert set(take["engines"]) == {"designer", "converter"}
        assert take["audio"]["sample_rate_hz"] == 22_050
        assert take["convert"]["convert_style"] == bool(style)


def test_a_converter_without_weights_says_how_to_get_them(
    vocalino: Vocalino, clip: Path, tmp_path: Path
) -> None:
    done = vocalino(
        *("convert", clip, "--ref", clip, "--cast", "studio", "--device", "cpu"),
        fakes=False,
        HF_HOME=str(tmp_path / "hub"),
        VOCALINO_OFFLINE="1",
    )
    assert done.code == 3, done.err
    said = " ".join(done.err.split())
    assert "vocalino models pull seed-vc" in said and "--vc-model FOLDER" in said
