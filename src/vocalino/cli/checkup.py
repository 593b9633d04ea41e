"""What can go wrong with an installation, looked at one thing after another."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from vocalino import __version__
from vocalino.cli.models import document, size
from vocalino.cli.session import Session
from vocalino.engines.checkpoints import CHECKPOINTS
from vocalino.errors import VocalinoError
from vocalino.events import TakeReady
from vocalino.hub import INSTALL
from vocalino.pipeline import run
from vocalino.request import Direction, Line, TakeRequest

LOW_DISK_BYTES = 500 * 1024 * 1024
STUDIO_MODULES = ("huggingface_hub", "safetensors", "torch", "transformers")
"""What the extra brings; found, not imported."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at; when it is not ok, the text says what to do."""

    name: str
    ok: bool
    text: str


def checkup(session: Session) -> list[Finding]:
    """Look at everything; a check that fails doesn't keep the others from running."""
    checks: dict[str, Callable[[Session], str]] = {
        "version": _version,
        "settings": _settings,
        "cast": _cast,
        "engines": _engines,
        "checkpoints": _checkpoints,
        "library": _library,
        "disk": _disk,
    }
    return [_look(name, check, session) for name, check in checks.items()]


def _look(name: str, check: Callable[[Session], str], session: Session) -> Finding:
    try:
        return Finding(name, True, check(session))
    except VocalinoError as error:
        return Finding(name, False, str(error))


def _version(session: Session) -> str:
    return f"vocalino {__version__}, Python {platform.python_version()}, {platform.platform()}"


def _settings(session: Session) -> str:
    changed = [f"{name} from {source}" for name, source in session.settings.sources.items()]
    return "; ".join(changed) or "all at their defaults"


def _cast(session: Session) -> str:
    return f"{session.casting.name}: {session.casting.why}"


def _engines(session: Session) -> str:
    """A word is really spoken: a library that loads may still not work."""
    request = TakeRequest(Line("Ready.", "english"), Direction(), takes=1)
    spoken = [e.take for e in run(request, session.engines) if isinstance(e, TakeReady)]
    info = session.engines.playing(request)["designer"]
    return f"{info.name} {info.revision} said a word of {spoken[0].audio.duration_s:.1f} s"


def _checkpoints(session: Session) -> str:
    """What the studio cast needs; a problem only to who asks for that cast."""
    if not all(find_spec(name) for name in STUDIO_MODULES):
        return f"none are needed by the draft cast; for the studio cast: {INSTALL}"
    models = [document(pin, session.settings) for pin in CHECKPOINTS.values()]
    text = "; ".join(map(_checkpoint, models))
    if session.settings.cast == "studio" and any(model["fix"] for model in models):
        raise VocalinoError(text)
    return text


def _checkpoint(model: dict[str, Any]) -> str:
    if model["fix"]:
        return f"{model['name']} is {model['state']} ({size(model['bytes'])}): {model['fix']}"
    return f"{model['name']} in {model['folder']}{'' if model['verified'] else ', not verified'}"


def _library(session: Session) -> str:
    library = session.library
    problems = library.problems()
    if problems:
        raise VocalinoError("; ".join(problems))
    return f"{session.settings.home}: {len(library.voices.list())} voices, no file is damaged"


def _disk(session: Session) -> str:
    folder = session.settings.home
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < LOW_DISK_BYTES:
        raise VocalinoError(
            f"only {free // 2**20} MiB are free where the library is ({folder}): make room, or "
            "set VOCALINO_HOME to another disk"
        )
    return f"{free / 2**30:.1f} GiB free"
