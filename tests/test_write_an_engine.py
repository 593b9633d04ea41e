"""The toy engine of docs/write-an-engine.md is real: run from the page, as a stranger would."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from vocalino.build import build
from vocalino.errors import EngineUnavailable
from vocalino.events import TakeFailed, TakeReady
from vocalino.pipeline import run
from vocalino.request import Direction, Line, TakeRequest
from vocalino.settings import Settings

PAGE = (Path(__file__).parent.parent / "docs" / "write-an-engine.md").read_text(encoding="utf-8")


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(code.strip().splitlines()) <= 45
    path = tmp_path / "toy_engine.py"
    path.write_text(code, encoding="utf-8")
    return path


def test_the_command_of_the_page_works(toy: Path) -> None:
    (command,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    program, *arguments = shlex.split(command)
    assert program == "vocalino"
    done = subprocess.run(
        [sys.executable, "-m", "vocalino", *arguments, "--json", "--no-report"],
        cwd=toy.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (sample,) = json.loads(done.stdout)["samples"]
    assert len(sample["takes"]) == 3
    assert {t["engines"]["designer"]["name"] for t in sample["takes"]} == {"toy hum"}
    assert {t["cast"] for t in sample["takes"]} == {"custom"}


def test_the_toy_keeps_the_promises_of_the_page(toy: Path) -> None:
    engines = build(Settings(designer=f"{toy}:ToyDesigner"))
    request = TakeRequest(Line("one two three"), Direction("high"), takes=4, seed=3)
    many = {e.take.index: e.take for e in run(request, engines) if isinstance(e, TakeReady)}
    alone = [e.take for e in run(request, engines, only=[2]) if isinstance(e, TakeReady)]
    assert alone[0].audio.content_hash == many[2].audio.content_hash
    assert len({take.audio.content_hash for take in many.values()}) == 4
    too_long = TakeRequest(Line("word " * 101), takes=2)
    failed = [e for e in run(too_long, engines) if isinstance(e, TakeFailed)]
    assert [f.error for f in failed] == ["101 words: I know only 100"] * 2


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("nonsense", "named as module:Class, got 'nonsense'"),
        ("no_such_module:X", "can't import the engine no_such_module:X"),
        ("no_such_file.py:X", "can't import the engine no_such_file.py:X"),
        ("vocalino.text:Missing", "vocalino.text has no class Missing"),
        ("vocalino.cancel:CancelToken", "is no SpeechDesigner: it lacks close, describe, design"),
    ],
)
def test_what_is_no_engine_is_said(spec: str, message: str) -> None:
    with pytest.raises(EngineUnavailable, match=message):
        build(Settings(designer=spec))
