"""Docs that can't drift: generated pages are up to date, paths exist, README commands run."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vocalino import __version__
from vocalino.errors import VocalinoError
from vocalino.events import Event
from vocalino.settings import switches

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("bench/*.md")]


def _generator():  # type: ignore[no-untyped-def]
    spec = importlib.util.spec_from_file_location("generate", ROOT / "tools" / "generate_docs.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("name", "maker"), [("settings.md", "settings_page"), ("cli.md", "cli_page")]
)
def test_generated_pages_are_up_to_date(name: str, maker: str) -> None:
    written = (ROOT / "docs" / name).read_text("utf-8")
    assert written == getattr(_generator(), maker)(), "run tools/generate_docs.py"


def test_every_switch_is_documented() -> None:
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    assert all(f"`{switch.variable}`" in page for switch in switches().values())


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_paths_in_backticks_exist(page: Path) -> None:
    for path in re.findall(r"`((?:src|tests|docs|tools|bench)/[\w./-]+)`", page.read_text("utf-8")):
        assert (ROOT / path).exists(), f"{page.name} speaks of {path}"


def test_architecture_names_every_module() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    package = ROOT / "src" / "vocalino"
    parts = [p.name for p in package.glob("*.py") if not p.name.startswith("__")]
    parts += [f"{p.name}/" for p in package.iterdir() if p.is_dir() and p.name != "__pycache__"]
    missing = [part for part in parts if f"`{part}" not in page and f"{part}`" not in page]
    assert not missing


def test_every_event_and_error_is_drawn() -> None:
    events = sys.modules["vocalino.events"].__doc__ or ""
    names = {kind.__name__ for kind in Event.__args__}  # type: ignore[attr-defined]
    assert all(name in events for name in names), names
    tree = sys.modules["vocalino.errors"].__doc__ or ""

    def below(kind: type) -> list[type]:
        return [kind, *(b for child in kind.__subclasses__() for b in below(child))]

    ours = [k for k in below(VocalinoError) if k.__module__ == "vocalino.errors"]
    assert all(kind.__name__ in tree for kind in ours)


def test_changelog_knows_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert "## [Unreleased]" in changelog or f"## [{__version__}]" in changelog


def test_makefile_targets_that_pages_name_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    named = {
        target
        for page in PAGES
        for target in re.findall(r"`(?:\w+=\S+ )?make ([a-z-]+)", page.read_text("utf-8"))
    }
    assert named <= targets


def readme_commands() -> list[str]:
    """The `vocalino` commands of the README, continued lines joined, comments cut.

    Those in `bash` blocks need weights; tests/cli/test_cli_studio.py runs the like of them.
    """
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    text = "".join(blocks).replace("\\\n", " ")
    return [line.split("  #")[0] for line in text.splitlines() if line.startswith("vocalino ")]


def test_readme_commands_run(tmp_path: Path, voice_clip: Path) -> None:
    """Word by word, in order, in an empty folder that holds only the files they name."""
    for name in ("clip.wav", "scene1.wav", "scene2.wav"):
        shutil.copy(voice_clip, tmp_path / name)
    (tmp_path / "lines.csv").write_text("name,line,direction\nHi,Hello there.,warm\n", "utf-8")
    commands = readme_commands()
    assert len(commands) >= 6
    for command in commands:
        words = [
            str(found)
            for word in shlex.split(command)[1:]
            for found in (sorted(tmp_path.glob(word)) if "*" in word else [word])
        ]
        done = subprocess.run(
            [sys.executable, "-m", "vocalino", *words], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
