"""Every stage against the reference's numbers, by the tool that anyone can run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[3] / "tools" / "parity.py"
STAGES = [
    "tokenizer",
    "prompt",
    "prefill",
    "greedy",
    "greedy hidden",
    "batch",
    "batch hidden",
    "code predictor",
    "logits",
    "codec",
    "codec chunked",
    "codec streaming",
    "e2e",
    "speaker",
]


def parity(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TOOL), "qwen3-tts", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def results(output: str) -> dict[str, str]:
    """Stage -> pass or FAIL."""
    return {line[:16].strip(): line[16:].split()[0] for line in output.splitlines()}


def test_every_stage_is_within_its_tolerance(goldens: Path) -> None:
    done = parity(goldens)
    assert done.returncode == 0, done.stdout + done.stderr
    assert results(done.stdout) == dict.fromkeys(STAGES, "pass")


@pytest.fixture
def copy(goldens: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(goldens, tmp_path / "goldens"))


def change(file: Path, section: str, key: str, value: object) -> None:
    config = json.loads(file.read_text(encoding="utf-8"))
    config[section][key] = value
    file.write_text(json.dumps(config), encoding="utf-8")


def test_a_wrong_number_in_the_talker_is_noticed(copy: Path) -> None:
    change(copy / "checkpoint" / "config.json", "talker_config", "rope_theta", 500000)
    done = parity(copy)
    assert done.returncode == 1
    found = results(done.stdout)
    assert found["prefill"] == found["greedy hidden"] == "FAIL"
    assert found["tokenizer"] == found["prompt"] == found["codec"] == "pass"


def test_a_wrong_number_in_the_codec_is_noticed(copy: Path) -> None:
    config = copy / "checkpoint" / "speech_tokenizer" / "config.json"
    change(config, "decoder_config", "sliding_window", 15)
    done = parity(copy)
    assert done.returncode == 1
    found = results(done.stdout)
    assert found["codec"] == found["codec streaming"] == "FAIL"
    assert found["greedy"] == found["batch"] == "pass"


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / "greedy.json").unlink()
    done = parity(copy)
    assert done.returncode == 1
    assert "greedy.json" in done.stderr
