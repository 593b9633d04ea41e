"""The composition root: settings in, a cast that is ready to play out. It knows everyone."""

from __future__ import annotations

from ctypes.util import find_library
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TypeVar

from vocalino.engines import CASTS, Cast, load
from vocalino.errors import EngineUnavailable
from vocalino.judge.clipping import Clipping
from vocalino.judge.ending import Ending
from vocalino.judge.length import Length
from vocalino.judge.silence import Silence
from vocalino.judge.similarity import Similarity
from vocalino.pipeline import Engines, no_converter
from vocalino.protocols import Engine, Scorer, SpeakerEncoder, SpeechDesigner, VoiceConverter
from vocalino.settings import Settings

E = TypeVar("E", bound=Engine)


@dataclass(frozen=True)
class Casting:
    """Which cast plays, and why: said aloud wherever a person can see it."""

    name: str
    why: str


def casting(settings: Settings) -> Casting:
    """Choose the cast. Asked-for engines are never swapped for others in silence."""
    if settings.designer or settings.converter or settings.encoder:
        named = [name for name in ("designer", "converter", "encoder") if getattr(settings, name)]
        base = "" if settings.cast == "auto" else f" for the {settings.cast} cast"
        return Casting("custom", f"the settings name another {' and '.join(named)}{base}")
    if settings.cast == "auto":
        missing = studio_lacks()
        if missing:
            return Casting("draft", missing)
        return Casting("studio", "there is a CUDA GPU, and the studio extra is installed")
    return Casting(settings.cast, f"asked for by {settings.sources.get('cast', 'the caller')}")


def studio_lacks() -> str:
    """Why the studio cast is not taken by itself here, in words; empty if it is.

    It is asked for by name where it should play on a CPU. torch is only imported where there is a
    driver: to tell the others, it need not be loaded.
    """
    if any(find_spec(name) is None for name in ("torch", "transformers")):
        return "the studio extra is not installed"
    if find_library("cuda") is None and find_library("nvcuda") is None:
        return "there is no CUDA GPU here"
    torch = import_module("torch")
    return "" if torch.cuda.is_available() else "torch sees no CUDA GPU here"


def build(settings: Settings, *, designs: bool = True, converts: bool = True) -> Engines:
    """Make the engines of the chosen cast, or those that the settings name instead.

    A run that designs nothing, or converts nothing, needs no gigabytes in vain.

    Raises:
        EngineUnavailable: an engine can't play here.
    """
    cast = _cast(settings)
    encoder = _engine(cast.encoder, SpeakerEncoder, settings) if cast.encoder else None
    wanted = cast.converter if converts else None
    converter = _engine(wanted, VoiceConverter, settings) if wanted else None
    designer = _engine(cast.designer, SpeechDesigner, settings) if designs else None
    return Engines(cast.name, designer, converter, encoder, scorers(encoder, settings))


def check_voiced(settings: Settings) -> None:
    """Before anything is loaded in vain: can the cast act in the voice of a clip?

    Raises:
        EngineUnavailable: it has no voice converter.
    """
    cast = _cast(settings)
    if cast.converter is None:
        raise no_converter(cast.name)


def scorers(encoder: SpeakerEncoder | None, settings: Settings) -> tuple[Scorer, ...]:
    """The ears of the judge, in the order in which they are heard."""
    similarity = (Similarity(encoder, settings.emb_cache_size),) if encoder else ()
    return (*similarity, Clipping(), Silence(), Ending(), Length())


def _cast(settings: Settings) -> Cast:
    """The chosen cast, with the engines that the settings name in their places."""
    name = settings.cast
    if name == "auto":
        name = "draft" if studio_lacks() else "studio"
    base = CASTS[name]
    return Cast(
        casting(settings).name,
        settings.designer or base.designer,
        settings.converter or base.converter,
        settings.encoder or base.encoder,
    )


def _engine(spec: str, role: type[E], settings: Settings) -> E:
    engine = load(spec, settings)
    if not isinstance(engine, role):
        needed = [name for name in sorted(_members(role)) if not hasattr(engine, name)]
        raise EngineUnavailable(
            f"{spec} is no {role.__name__}: it lacks {', '.join(needed)} "
            "(docs/write-an-engine.md shows one)"
        )
    return engine


def _members(role: type) -> set[str]:
    return {name for kind in role.__mro__ for name in vars(kind) if not name.startswith("_")}
