"""The words of the lexicon, found in a direction."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import Literal

from vocalino.engines.draft.acting import NEUTRAL, Acting
from vocalino.engines.draft.casting import VOICE_WORDS, Casting
from vocalino.engines.draft.lexicon import (
    EMOTIONS,
    FUNCTION_WORDS,
    GRADED,
    GROWING,
    INTENSIFIERS,
    MANNERS,
    NEGATED_BEFORE,
    NEGATIONS,
    NEXTS,
    NO_NEGATIONS,
    OTHER_LANGUAGES,
    STARTS,
)

Role = Literal["act", "voice", "stronger", "not", "not before", "nothing", "start", "next", "grow"]

_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)?|[.,;:!?()—–…。、，；！？]")
_SKIPPED = frozenset("a an the his her its their my your our".split())
_ENDING = re.compile(r"[\u3040-\u309f\uac00-\ud7af]")
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True)
class Meaning:
    """What a pattern of the lexicon stands for."""

    role: Role
    acting: Acting = NEUTRAL
    graded: bool = False
    factor: float = 1.0
    casting: Casting = field(default_factory=Casting)
    feeling: bool = False


def tokens_of(direction: str) -> list[str]:
    """Lower-case words and stops; articles and possessives are skipped, East Asian runs parted."""
    text = direction.casefold().replace("’", "'").replace("n't", " not")
    found: list[str] = []
    for token in _TOKEN.findall(text):
        if _EAST_ASIAN.search(token):
            found.extend(_parted(token))
        elif token not in _SKIPPED:
            found.append(token)
    return found


def _parted(run: str) -> list[str]:
    """Words of a run without spaces, longest known first; what lies between stays together."""
    found: list[str] = []
    known, stem = True, False
    position = 0
    while position < len(run):
        term = next((t for t in _east_asian_terms() if run.startswith(t.rstrip("*"), position)), "")
        length = len(term.rstrip("*")) or 1
        piece = run[position : position + length]
        ending = _ENDING.match(piece) is not None
        if found and not term and (not known or (stem and ending)):
            found[-1] += piece
        else:
            found.append(piece)
            known, stem = bool(term), term.endswith("*")
        position += length
    return found


@functools.cache
def _east_asian_terms() -> tuple[str, ...]:
    terms = {word for pattern, _ in _patterns() for word in pattern} | FUNCTION_WORDS
    return tuple(sorted(filter(_EAST_ASIAN.search, terms), key=len, reverse=True))


def look_up(tokens: list[str]) -> tuple[int, Meaning | None]:
    for pattern, meaning in _patterns():
        if len(pattern) <= len(tokens) and all(map(_matches, pattern, tokens)):
            return len(pattern), meaning
    return 1, None


def feeling_next(tokens: list[str]) -> bool:
    meaning = look_up(tokens)[1]
    return meaning is not None and meaning.feeling


def _matches(pattern: str, word: str) -> bool:
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern


@functools.cache
def _patterns() -> tuple[tuple[tuple[str, ...], Meaning], ...]:
    """Every pattern of the lexicon with its meaning: long phrases first, then exact words."""
    found: list[tuple[tuple[str, ...], Meaning]] = []

    def add(patterns: str, meaning: Meaning) -> None:
        for pattern in filter(None, (part.strip() for part in patterns.split(","))):
            words = [word for word in pattern.split() if word not in _SKIPPED]
            found.append((tuple(words), meaning))

    for casting_words, casting in VOICE_WORDS.items():
        add(casting_words, Meaning("voice", casting=casting))
    for words, factor in INTENSIFIERS.items():
        add(words, Meaning("stronger", factor=factor))
    for words, role in _ROLES:
        add(words, Meaning(role))
    english: dict[str, Meaning] = {}
    for table in (GRADED, EMOTIONS, MANNERS):
        for words, acting in table.items():
            meaning = Meaning("act", acting, graded=table is GRADED, feeling=table is EMOTIONS)
            add(words, meaning)
            english |= {word.strip().rstrip("*"): meaning for word in words.split(",")}
    for word, others in OTHER_LANGUAGES.items():
        stem = next(
            stem for stem in sorted(english, key=len, reverse=True) if word.startswith(stem)
        )
        add(others, english[stem])
    found.sort(key=_precedence)
    return tuple(found)


_ROLES: tuple[tuple[str, Role], ...] = (
    (NEGATIONS, "not"),
    (NEGATED_BEFORE, "not before"),
    (NO_NEGATIONS, "nothing"),
    (STARTS, "start"),
    (NEXTS, "next"),
    (GROWING, "grow"),
)


def _precedence(item: tuple[tuple[str, ...], Meaning]) -> tuple[int, bool, int]:
    """Phrases before words, exact words before stems, long stems before short ones."""
    words = item[0]
    return (-len(words), any(word.endswith("*") for word in words), -sum(map(len, words)))
