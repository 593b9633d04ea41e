"""The composition root: which engines play, why, and what is said when they can't."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from vocalino.build import build, casting, check_voiced
from vocalino.engines import CASTS, Cast
from vocalino.errors import EngineUnavailable
from vocalino.settings import Settings

FAKES = Path(__file__).parent / "fakes.py"


def test_the_draft_cast_plays_by_itself_where_there_is_no_gpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vocalino.build.find_library", lambda name: None)
    chosen = casting(Settings())
    assert (chosen.name, chosen.why) == ("draft", "there is no CUDA GPU here")
    monkeypatch.setattr("vocalino.build.find_spec", lambda name: None)
    assert casting(Settings()).why == "the studio extra is not installed"


def test_the_studio_cast_plays_by_itself_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vocalino.build.find_library", lambda name: f"lib{name}.so")
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    chosen = casting(Settings())
    assert chosen.name == "studio"
    assert chosen.why == "there is a CUDA GPU, and the studio extra is installed"
    check_voiced(Settings())
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert casting(Settings()).why == "torch sees no CUDA GPU here"


def test_a_cast_that_is_asked_for_says_by_whom() -> None:
    chosen = casting(Settings.load({"cast": "studio"}, {}))
    assert (chosen.name, chosen.why) == ("studio", "asked for by the command line")


def test_named_engines_take_the_places_in_the_cast_that_is_asked_for() -> None:
    named = Settings(cast="studio", converter=f"{FAKES}:FakeConverter")
    assert casting(named).name == "custom"
    assert casting(named).why == "the settings name another converter for the studio cast"
    engines = build(Settings(cast="studio", designer=f"{FAKES}:FakeDesigner"), converts=False)
    assert engines.cast == "custom"
    assert type(engines.designer).__name__ == "FakeDesigner"
    assert engines.converter is None and engines.encoder is None
    assert "identity" not in [scorer.name for scorer in engines.scorers]
    engines.close()


def test_only_what_is_asked_for_is_loaded() -> None:
    """Nothing of the studio cast could be: there are no weights."""
    settings = Settings(cast="studio", converter=f"{FAKES}:FakeConverter")
    engines = build(settings, designs=False)
    assert engines.designer is None and engines.converter is not None
    engines.close()


def test_every_cast_can_be_given_a_voice() -> None:
    check_voiced(Settings(cast="draft"))
    check_voiced(Settings(cast="studio"))


def test_a_cast_without_a_converter_says_so_before_anything_is_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(CASTS, "studio", Cast("studio", CASTS["studio"].designer))
    with pytest.raises(EngineUnavailable, match="the studio cast has no voice converter"):
        check_voiced(Settings(cast="studio"))


def test_a_missing_extra_is_named_with_the_command_that_installs_it() -> None:
    """In a Python of its own, where torch can't be imported."""
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from vocalino.build import build; from vocalino.settings import Settings\n"
        "build(Settings(cast='studio'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    said = done.stderr.splitlines()[-1]
    assert said.startswith("vocalino.errors.EngineUnavailable: can't import the engine ")
    assert said.endswith("It comes with the studio extra: pip install 'vocalino[studio]'")
