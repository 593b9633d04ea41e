"""Every stage against the reference's numbers, by the tool that anyone can run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

TOOL = Path(__file__).parents[3] / "tools" / "parity.py"
STAGES = ["mel", "content_short", "regulators", "ar", "dit", "cfm", "bigvgan"]


def parity(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TOOL), "seed-vc", str(folder)]
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


def test_a_number_that_is_off_fails(copy: Path) -> None:
    (copy / "index.json").write_text(json.dumps({"files": ["dit", "regulators"]}))
    numbers = load_file(copy / "dit.safetensors")
    numbers["v"][1, 3, 5] += 1e-3
    save_file(numbers, copy / "dit.safetensors")
    done = parity(copy)
    assert done.returncode == 1
    assert results(done.stdout) == {"dit": "FAIL", "regulators": "pass"}


@pytest.mark.parametrize(
    ("listed", "words"),
    [("e2e_style_short", "lack e2e_style_short.json"), ("polish", "which nobody here knows")],
)
def test_a_golden_that_is_not_there(copy: Path, listed: str, words: str) -> None:
    (copy / "index.json").write_text(json.dumps({"files": [listed]}))
    done = parity(copy)
    assert done.returncode == 1 and words in done.stderr
