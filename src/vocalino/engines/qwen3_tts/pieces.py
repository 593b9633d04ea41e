"""Long text in pieces that the model speaks well, and how many frames a piece may take.

Quality falls with the length of what is spoken in one go, and a talker that never comes to its end
has to be stopped somewhere (spec section 15).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator

from vocalino.errors import RequestError
from vocalino.text import speakable

MAX_PIECE_CHARACTERS = 300
LEAST_FRAMES = 75  # 6 s: short lines may be drawn out, too
FRAMES_PER_TOKEN = 6

_CLOSING = r"""(?:["'”’“»«)\]]|\s»(?!\S))*"""
_END = re.compile(
    r"(?<![.!?…。！？｡])"  # a run of marks is looked at once, or thousands of points take seconds
    r"(?:[.!?…]*[。！？｡][.!?…。！？｡]*[”’」』】）》)\]»]*\s*"
    rf"|(?P<spaced>[.!?…]+){_CLOSING}\s+)"
)
_CLAUSE_END = re.compile(r"[,;:](?=\s)\s*|[、，；：…—–]+[”’」』）]*\s*")
_WORD = re.compile(r"\s*\S+\s*")
_OPENING = "\"'“‘„‚«»([¿¡—–- "
# Those that stand before a name or a number; before a small letter no full stop is an end.
_ABBREVIATION = re.compile(
    r"(?<!\w)(?:[^\W\d_]|\d{1,2}|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|Sra|Srta|Hr|Fr|Nr|No|Vol|Abb|Art|Mme|"
    r"Mlle|Sig|Dott|Ing|Gen|Col|Capt|Lt|Sgt|Rev|vs|etc|pp|ул|им|гл|рис|стр|проф)\.$"
)
_LONGEST_ABBREVIATION = 8

Splitter = Callable[[str], Iterable[str]]


def pieces(text: str, limit: int = MAX_PIECE_CHARACTERS) -> tuple[str, ...]:
    """`text`, as `text.normalise` leaves it, in pieces of at most `limit` characters.

    As many sentences as fit go into a piece. A sentence that is too long by itself is parted at
    clauses, a clause at spaces, and what has no spaces between any two characters. The pieces
    are the text in order; only the space between two of them is gone. There is something to
    speak in each, unless as many marks as make a piece stand in a row.
    """
    parts = _parts(text, limit, (_sentences, _small_sentences, _clauses, _words, _clusters, list))
    return tuple(stripped for part in parts if (stripped := part.strip()))


def frame_budget(text_tokens: int, max_new_tokens: int) -> tuple[int, int]:
    """How many frames are enough for a text as a rule, and how many are the most: (soft, hard).

    Slow and expressive speech does go beyond the first number. The second stays one below
    `max_new_tokens`, as upstream never makes the frame of its last token (spec section 8.1).

    Raises:
        RequestError: `max_new_tokens` leaves no frame.
    """
    if max_new_tokens < 2:
        raise RequestError(
            f"max_new_tokens must be at least 2, got {max_new_tokens}: "
            "the last token makes no frame, so that nothing would be heard"
        )
    soft = max(LEAST_FRAMES, FRAMES_PER_TOKEN * text_tokens)
    most = max_new_tokens - 1
    return min(soft, most), min(2 * soft, most)


def _parts(text: str, limit: int, splitters: tuple[Splitter, ...]) -> list[str]:
    """Parts that fit, spaces behind them not counted, and make `text` when joined."""
    if len(text.rstrip()) <= limit:
        return [text]
    split, *finer = splitters
    packed: list[str] = []
    for unit in _units(split(text)) if finer else split(text):
        for part in _parts(unit, limit, tuple(finer)):
            if packed and len((packed[-1] + part).rstrip()) <= limit:
                packed[-1] += part
            else:
                packed.append(part)
    return packed


def _units(parts: Iterable[str]) -> list[str]:
    """Parts with nothing to speak joined to their neighbours: the one before, if there is one."""
    units: list[str] = []
    spoken = False  # whether the last unit has something to speak
    for part in parts:
        if units and not (speakable(part) and spoken):
            units[-1] += part
            spoken = spoken or speakable(part)
        else:
            units.append(part)
            spoken = speakable(part)
    return units


def _sentences(text: str) -> Iterator[str]:
    """Sentences, of which only the first may begin with a small letter."""
    return _cut(text, (end for end in _sentence_ends(text) if not _goes_on(text, end)))


def _small_sentences(text: str) -> Iterator[str]:
    """Sentences of those who write everything small."""
    return _cut(text, _sentence_ends(text))


def _clauses(text: str) -> Iterator[str]:
    return _cut(text, (match.end() for match in _CLAUSE_END.finditer(text)))


def _words(text: str) -> Iterator[str]:
    return (match[0] for match in _WORD.finditer(text))


def _clusters(text: str) -> Iterator[str]:
    """Characters, each with the marks that are set on it and what is joined to it."""
    return _cut(text, (at for at in range(1, len(text)) if not _joined(text[at - 1], text[at])))


def _cut(text: str, ends: Iterable[int]) -> Iterator[str]:
    start = 0
    for end in ends:
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


def _sentence_ends(text: str) -> Iterator[int]:
    for match in _END.finditer(text):
        end, stop = match.end(), match.end("spaced")
        if stop < 0:
            # A straight quote behind a wide mark, where no space tells, closes what was opened.
            yield end + (text.startswith('"', end) and text.count('"', 0, end) % 2)
        elif not _ABBREVIATION.search(text, max(0, stop - _LONGEST_ABBREVIATION), stop):
            yield end


def _goes_on(text: str, end: int) -> bool:
    """True when what follows begins with a small letter, as in: "Stop!" he said."""
    return text[end:].lstrip(_OPENING)[:1].islower()


def _joined(before: str, after: str) -> bool:
    joiner, skin_tones = "\u200d", range(0x1F3FB, 0x1F400)
    return (
        unicodedata.category(after).startswith("M")
        or joiner in (before, after)
        or ord(after) in skin_tones
    )
