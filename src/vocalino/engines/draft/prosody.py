"""A direction in words, understood: a plan of acting, a casting, and an account of each word.

Words are looked up in `lexicon.py`. An intensifier scales what follows it. A negation turns graded
words mildly round ("not fast" is a little slow) and leaves out the others ("not angry"), until
the next stop, "but", or a word that is not joined by "or", "nor", "and". "starts ... ends ..." and
"... then ..." part the line. Words for one quantity strengthen each other less and less; opposed
ones cancel out, and the account says so.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from vocalino.engines.draft.acting import NAMES, NEUTRAL, Acting, Plan
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
UNKNOWN = "not known to the draft cast: no effect"
ECHO = 0.35
"""Each further word for the same quantity counts this much."""
TURNED = -0.4
"""A negated graded word: "not loud" is this much of the way to quiet."""

_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)?|[.,;:!?()—–…。、，；！？]")
_SKIPPED = frozenset("a an the his her its their my your our".split())
_STOPS = frozenset(".,;:!?()—–…。、，；！？")
_JOINS = frozenset("and or nor und oder et ou y o e и 和 と".split())
_TURNS = frozenset("but aber mais pero ma mas но just".split())
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


@dataclass(frozen=True)
class Reading:
    """A direction as understood. `account` is (words, effect in words), in order."""

    plan: Plan
    casting: Casting
    account: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]


def explain(direction: str) -> list[tuple[str, str]]:
    """What each word of a direction does, in words; function words ("with", "voice") left out.

    Unknown words stand there too, with the effect UNKNOWN.
    """
    return list(understand(direction).account)


@functools.lru_cache(maxsize=256)
def understand(direction: str) -> Reading:
    """Read a direction, in English or with the core words of the other nine languages."""
    reader = _Reader()
    tokens = _tokens(direction)
    position = 0
    while position < len(tokens):
        position += reader.read(tokens[position:])
    return reader.reading()


@dataclass
class _Part:
    """What one part of the line is to be."""

    actings: list[Acting] = field(default_factory=list[Acting])
    growing: bool = False


class _Reader:
    """Walks over the words of a direction once."""

    def __init__(self) -> None:
        self.whole = _Part()
        self.parts: list[_Part] = []
        self.casting = Casting()
        self.account: list[tuple[str, str]] = []
        self.unknown: list[str] = []
        self.factor = 1.0
        self.negated = False
        self.clause = 0  # where the clause begins among the actings of the whole
        self.spent = False  # the negation has met a word, and goes on only over "or", "and"
        self.last: tuple[_Part, Acting, int] | None = None

    def read(self, tokens: list[str]) -> int:
        """Take in the first words; returns how many."""
        word = tokens[0]
        if word in _STOPS or word in _TURNS:
            self.factor, self.negated, self.spent = 1.0, False, False
            self.clause = len(self.whole.actings)
            return 1
        count, meaning = _look_up(tokens)
        if meaning is None:
            if word not in FUNCTION_WORDS and not word.isdigit():
                self.unknown.append(word)
                self.account.append((word, UNKNOWN))
            return 1
        if word == "deep" and count == 1 and _feeling(tokens[1:]):
            meaning = Meaning("stronger", factor=1.4)  # "deep sorrow" is no deep voice
        getattr(self, "_" + meaning.role.replace(" ", "_"))(" ".join(tokens[:count]), meaning)
        if self.spent and count < len(tokens) and tokens[count] not in _JOINS:
            self.negated, self.spent = False, False
        return count

    @property
    def part(self) -> _Part:
        return self.parts[-1] if self.parts else self.whole

    def _act(self, words: str, meaning: Meaning) -> None:
        factor = self.factor
        if self.negated:
            factor = TURNED * min(factor, 1.0) if meaning.graded else 0.0
            words = f"not {words}"
            self.spent = True
        acting = meaning.acting * factor
        self.factor = 1.0
        self.part.actings.append(acting)
        self.last = (self.part, acting, len(self.account))
        self.account.append((words, in_words(acting)))

    def _voice(self, words: str, meaning: Meaning) -> None:
        if self.negated:
            self.spent = True
            self.account.append((f"not {words}", "no effect"))
        else:
            self.casting = self.casting.with_(meaning.casting.scaled(self.factor))
            self.account.append((words, meaning.casting.in_words()))
        self.factor = 1.0

    def _stronger(self, words: str, meaning: Meaning) -> None:
        self.factor = min(1.8, self.factor * meaning.factor)
        self.account.append((words, f"next word × {meaning.factor:g}"))

    def _not(self, words: str, meaning: Meaning) -> None:
        self.negated, self.spent = True, False

    def _not_before(self, words: str, meaning: Meaning) -> None:
        if self.last:
            part, acting, place = self.last
            part.actings.remove(acting)
            self.account[place] = (f"{self.account[place][0]} {words}", "no effect")
            self.last = None

    def _nothing(self, words: str, meaning: Meaning) -> None:
        pass

    def _start(self, words: str, meaning: Meaning) -> None:
        if not self.parts:
            self.parts.append(_Part(self.whole.actings[self.clause :]))  # "shy at first"
            del self.whole.actings[self.clause :]
            self.account.append((words, "the beginning of the line"))

    def _next(self, words: str, meaning: Meaning) -> None:
        if self.parts and not self.parts[-1].actings:
            return
        if not self.parts:  # what was said so far was the beginning
            if not self.whole.actings or words == "to":
                return
            self.parts.append(self.whole)
            self.whole = _Part()
        self.parts.append(_Part())
        self.negated, self.spent = False, False
        self.account.append((words, "further along the line"))

    def _grow(self, words: str, meaning: Meaning) -> None:
        self.part.growing = True
        self.account.append((words, "swells along the line"))

    def reading(self) -> Reading:
        parts = [part for part in self.parts if part.actings] or [_Part()]
        growing = self.whole.growing or any(part.growing for part in parts)
        actings = [combine([*self.whole.actings, *part.actings]) for part in parts]
        if growing and len(actings) == 1:
            actings = [actings[0] * 0.35, actings[0] * 1.2]
        for part in parts:
            self.account.extend(_conflicts([*self.whole.actings, *part.actings]))
        plan = Plan(tuple(acting.within_limits() for acting in actings))
        return Reading(plan, self.casting, tuple(self.account), tuple(self.unknown))


def combine(actings: Iterable[Acting]) -> Acting:
    """Several words at once: the strongest in full, the others as echoes, opposites cancel."""
    heard = list(actings)
    total: dict[str, float] = {}
    for name in NAMES:
        values = [getattr(acting, name) for acting in heard]
        up = sorted((v for v in values if v > 0.0), reverse=True)
        down = sorted(v for v in values if v < 0.0)
        total[name] = sum(side[0] + ECHO * sum(side[1:]) for side in (up, down) if side)
    return Acting(**total)


def in_words(acting: Acting) -> str:
    """An acting as a reader would say it: "12 % slower, 1.5 st lower, breathier"."""
    said = [
        _amount(2.0**acting.rate - 1.0, "{:.0%} faster", "{:.0%} slower", 0.01),
        _amount(acting.pause, "longer pauses", "shorter pauses"),
        _amount(acting.range, "livelier melody", "flatter melody"),
        _amount(acting.pitch, "{:.2g} st higher", "{:.2g} st lower"),
        _amount(acting.level_db, "{:.2g} dB louder", "{:.2g} dB quieter"),
        _amount(acting.effort, "more effort", "less effort"),
        _amount(acting.breath, "breathier", "less breath"),
        _amount(acting.whisper, "whispered", "more voice"),
        _amount(acting.tremor, "trembling", "steadier"),
        _amount(acting.creak, "rougher", "smoother"),
        _amount(acting.smile, "smiling", "graver"),
        _amount(acting.jitter, "unsteady", "steadier"),
        _amount(acting.attack, "more punch", "less punch"),
    ]
    return ", ".join(part for part in said if part) or "no effect"


def _amount(value: float, more: str, less: str, least: float = 0.02) -> str:
    if abs(value) < least:
        return ""
    return (more if value > 0.0 else less).format(abs(value))


def _conflicts(actings: list[Acting]) -> list[tuple[str, str]]:
    """A line of the account for each main quantity that is pulled both ways."""
    found: list[tuple[str, str]] = []
    for name, least in (("rate", 0.2), ("pitch", 2.0), ("level_db", 3.0), ("range", 0.5)):
        values = [getattr(acting, name) for acting in actings]
        if values and min(values) <= -least and max(values) >= least:
            what = {"rate": "tempo", "level_db": "loudness", "range": "melody"}.get(name, name)
            found.append((f"({what})", "asked for both ways: the difference is played"))
    return found


def _tokens(direction: str) -> list[str]:
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


def _look_up(tokens: list[str]) -> tuple[int, Meaning | None]:
    for pattern, meaning in _patterns():
        if len(pattern) <= len(tokens) and all(map(_matches, pattern, tokens)):
            return len(pattern), meaning
    return 1, None


def _feeling(tokens: list[str]) -> bool:
    meaning = _look_up(tokens)[1]
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
