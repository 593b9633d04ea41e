"""The composition root: settings in, a cast that is ready to play out. It knows everyone."""

from __future__ import annotations

from dataclasses import dataclass
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
        return Casting("draft", "the studio cast has no voice converter yet")
    return Casting(settings.cast, f"asked for by {settings.sources.get('cast', 'the caller')}")


def build(settings: Settings) -> Engines:
    """Make the engines of the chosen cast, or those that the settings name instead.

    Raises:
        EngineUnavailable: an engine can't play here.
    """
    cast = _cast(settings)
    encoder = _engine(cast.encoder, SpeakerEncoder, settings) if cast.encoder else None
    converter = _engine(cast.converter, VoiceConverter, settings) if cast.converter else None
    designer = _engine(cast.designer, SpeechDesigner, settings)
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
    base = CASTS["draft" if settings.cast == "auto" else settings.cast]
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
