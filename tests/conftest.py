"""Every test has a home folder of its own, and none sees the settings of the machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vocalino.settings import CONFIG_VARIABLE, switches


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in os.environ:
        if variable == CONFIG_VARIABLE or variable in {s.variable for s in switches().values()}:
            monkeypatch.delenv(variable)
    folder = tmp_path / "home"
    monkeypatch.setenv("VOCALINO_HOME", str(folder))
    return folder
