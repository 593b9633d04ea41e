"""The checkpoints that the engines of this release take, by name. Importing it loads no torch."""

from __future__ import annotations

from collections.abc import Mapping

from vocalino.engines.qwen3_tts.pins import VOICE_DESIGN
from vocalino.errors import RequestError
from vocalino.hub import Pin

CHECKPOINTS: Mapping[str, Pin] = {pin.name: pin for pin in (VOICE_DESIGN,)}


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
