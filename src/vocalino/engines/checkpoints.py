"""The checkpoints that the engines of this release take, by name. Importing it loads no torch."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from vocalino.engines.ecapa.pins import BASE
from vocalino.engines.qwen3_tts.pins import VOICE_DESIGN
from vocalino.engines.seed_vc.pins import PINS
from vocalino.errors import EngineUnavailable, RequestError
from vocalino.hub import INSTALL, Pin, conversions
from vocalino.settings import Settings

CHECKPOINTS: Mapping[str, Pin] = {pin.name: pin for pin in (VOICE_DESIGN, *PINS, BASE)}

_FILES = "vocalino.engines.seed_vc.files"
PREPARERS: Mapping[str, str] = {
    "seed-vc": f"{_FILES}:prepare_seed_vc",
    "astral": f"{_FILES}:prepare_astral",
    "campplus": f"{_FILES}:prepare_campplus",
    "hubert-large": f"{_FILES}:prepare_hubert",
    "bigvgan": f"{_FILES}:prepare_bigvgan",
}
"""Who makes of a checkpoint what its engine reads, as `module:function(folder, cache)`."""


def checkpoint_named(name: str) -> Pin:
    """
    Raises:
        RequestError: there is no such checkpoint.
    """
    try:
        return CHECKPOINTS[name]
    except KeyError:
        raise RequestError(
            f"no checkpoint is called {name!r}: there are {', '.join(CHECKPOINTS)}"
        ) from None


def prepare(pin: Pin, folder: Path, settings: Settings) -> None:
    """Do now what an engine would do at its first start: convert the pickles in `folder`.

    Raises:
        EngineUnavailable: the extra is not installed, or its torch can't be trusted with pickles.
        CheckpointError: a file is damaged, or holds more than tensors.
        LibraryError: the conversion can't be written.
    """
    spec = PREPARERS.get(pin.name)
    if spec is None:
        return
    module, _, function = spec.partition(":")
    try:
        preparer = getattr(import_module(module), function)
    except ImportError as error:
        raise EngineUnavailable(
            f"{pin.name} is converted with torch, which is not there ({error}): {INSTALL}"
        ) from error
    preparer(folder, conversions(settings))
