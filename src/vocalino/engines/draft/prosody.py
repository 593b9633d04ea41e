"""A direction in words, understood: a plan of acting, a casting, and an account of each word.

Words are looked up in `lexicon.py`. An intensifier scales what follows it. A negation turns graded
words mildly round ("not fast" is a little slow) and leaves out the others ("not angry"), until
the next stop, "but", or a word that is not joined by "or", "nor", "and". "starts ... ends ..." and
"... then ..." part the line. Words for one quantity strengthen each other less and less; opposed
ones cancel out, and the account says so.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass, field

from vocalino.engines.draft.acting import NAMES, Acting, Plan
from vocalino.engines.draft.casting import Casting
from vocalino.engines.draft.lexicon import FUNCTION_WORDS
from vocalino.engines.draft.vocabulary import Meaning, feeling_next, look_up, tokens_of

UNKNOWN = "not known to the draft cast: no effect"
ECHO = 0.35
"""Each further word for the same quantity counts this much."""
TURNED = -0.4
"""A negated graded word: "not loud" is this much of the way to quiet."""

_STOPS = frozenset(".,;:!?()—–…。、，；！？")
_JOINS = frozenset("and or nor und oder et ou y o e и 和 と".split())
_TURNS = frozenset("but aber mais pero ma mas но just".split())


@dataclass(frozen=True)
class Reading:
    """A direction as understood. `account` is (words, effect in words), in order."""

    plan: Plan
    casting: Casting
    account: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]


@functools.lru_cache(maxsize=256)
def understand(direction: str) -> Reading:
    """Read a direction, in English or with the core words of the other nine languages."""
    reader = _Reader()
    tokens = tokens_of(direction)
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
        count, meaning = look_up(tokens)
        if meaning is None:
            if word not in FUNCTION_WORDS and not word.isdigit():
                self.unknown.append(word)
                self.account.append((word, UNKNOWN))
            return 1
        if word == "deep" and count == 1 and feeling_next(tokens[1:]):
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
