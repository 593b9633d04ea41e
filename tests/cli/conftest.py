"""The program as people run it: a subprocess in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
from fakes import clip
from program import FAKE_ENGINES, Ran, Vocalino


@pytest.fixture
def vocalino(tmp_path: Path, home: Path) -> Vocalino:
    """`vocalino("act", "Hello.")` plays fake engines; `fakes=False` the draft cast."""

    def run(*arguments: str | Path, fakes: bool = True, stdin: str = "", **environ: str) -> Ran:
        environment = {**os.environ, **(FAKE_ENGINES if fakes else {}), **environ}
        done = subprocess.run(
            [sys.executable, "-m", "vocalino", *map(str, arguments)],
            cwd=tmp_path,
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def ref(tmp_path: Path) -> Path:
    """A reference clip on the disk."""
    path = tmp_path / "Ada Müller.wav"
    sound = clip()
    soundfile.write(path, sound.samples, sound.sample_rate_hz, subtype="FLOAT")
    return path


@pytest.fixture
def in_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Vocalino:
    """The same program without a new Python each time: for tables of many small cases."""
    from vocalino.cli.main import main

    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path, fakes: bool = True) -> Ran:
        for name, value in FAKE_ENGINES.items():
            monkeypatch.setenv(name, value) if fakes else monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(sys, "argv", ["vocalino", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Ran(int(ended.value.code or 0), said.out, said.err)

    return run
