"""Every test has a home folder of its own, and none sees the settings of the machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vocalino.audio import concatenate
from vocalino.audio.encode import write
from vocalino.cancel import CancelToken
from vocalino.engines.draft.designer import DraftDesigner
from vocalino.protocols import RowAudio
from vocalino.request import DesignOptions, Direction, Line
from vocalino.samples.audition import AUDITION
from vocalino.settings import CONFIG_VARIABLE, switches


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in os.environ:
        if variable == CONFIG_VARIABLE or variable in {s.variable for s in switches().values()}:
            monkeypatch.delenv(variable)
    folder = tmp_path / "home"
    monkeypatch.setenv("VOCALINO_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def voice_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reference clip of ten seconds, spoken by the draft cast as a man."""
    rows = DraftDesigner().design(
        Line(AUDITION["english"], "english"),
        Direction("a deep man"),
        DesignOptions(),
        [1],
        CancelToken(),
    )
    path = tmp_path_factory.mktemp("voice") / "clip.wav"
    write(concatenate([row.audio for row in rows if isinstance(row, RowAudio)]), path)
    return path
