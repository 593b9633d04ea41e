"""The composition root: settings in, a cast that is ready to play out. It knows everyone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from vocalino.engines import CASTS, load
from vocalino.errors import EngineUnavailable
from vocalino.judge.clipping import Clipping
from vocalino.judge.ending import Ending
from vocalino.judge.length import Length
from vocalino.judge.silence import Silence
from vocalino.judge.similarity import Similarity
from vocalino.pipeline import Engines
from vocalino.protocols import Engine, Scorer, SpeakerEncoder, SpeechDesigner, VoiceConverter
from vocalino.settings import Settings

E = TypeVar("E", bound=Engine)


@dataclass(frozen=True)
class Casting:
    """Which cast plays, and why: said aloud wherever a person can see it."""

    name: str
    why: str


def casting(settings: Settings) -> Casting:
    """Choose the cast. Asked-for engines are never swapped for others in silence.

    Raises:
        EngineUnavailable: the cast that was asked for can't play here.
    """
    if settings.designer or settings.converter or settings.encoder:
        named = [name for name in ("designer", "converter", "encoder") if getattr(settings, name)]
        return Casting("custom", f"the settings name another {' and '.join(named)}")
    if settings.cast == "auto":
        return Casting("draft", "this release has no other cast")
    source = settings.sources.get("cast", "the caller")
    if settings.cast not in CASTS:
        raise EngineUnavailable(
            f"the {settings.cast} cast was asked for by {source}, but this release has only: "
            f"{', '.join(CASTS)}. Ask for the draft cast to get a scratch track"
        )
    return Casting(settings.cast, f"asked for by {source}")


def build(settings: Settings) -> Engines:
    """Make the engines of the chosen cast, or those that the settings name instead.

    Raises:
        EngineUnavailable: an engine can't play here.
    """
    chosen = casting(settings)
    cast = CASTS["draft" if chosen.name == "custom" else chosen.name]
    designer = _engine(settings.designer or cast.designer, SpeechDesigner, settings)
    converter = _engine(settings.converter or cast.converter, VoiceConverter, settings)
    encoder = _engine(settings.encoder or cast.encoder, SpeakerEncoder, settings)
    return Engines(chosen.name, designer, converter, encoder, scorers(encoder, settings))


def scorers(encoder: SpeakerEncoder, settings: Settings) -> tuple[Scorer, ...]:
    """The ears of the judge, in the order in which they are heard."""
    similarity = Similarity(encoder, settings.emb_cache_size)
    return (similarity, Clipping(), Silence(), Ending(), Length())


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
