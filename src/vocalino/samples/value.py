"""One sample: a line, how to act it, and the name its files go by."""

from __future__ import annotations

from dataclasses import dataclass

from vocalino.errors import RequestError
from vocalino.request import MAX_TAKES, Direction, Line
from vocalino.seeds import MAX_SEED
from vocalino.text import AUTO, normalise

MAX_NAME_CHARACTERS = 120


@dataclass(frozen=True)
class Sample:
    """A named line with its direction; texts are normalised as in a `TakeRequest`.

    `takes` and `seed` None leave the choice to the command that plays the sample.

    Raises:
        RequestError: no name or line, a text no engine can speak, an unknown language, or
            takes or seed out of bounds.
    """

    name: str
    line: str
    direction: str = ""
    language: str = AUTO
    takes: int | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        name = normalise(self.name, "name", MAX_NAME_CHARACTERS)
        if not name:
            raise RequestError("the name is empty: give each sample one, its files are named by it")
        line = Line(self.line, self.language)
        _within("takes", self.takes, 1, MAX_TAKES)
        _within("seed", self.seed, 0, MAX_SEED)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "line", line.text)
        object.__setattr__(self, "language", line.language)
        object.__setattr__(self, "direction", Direction(self.direction).text)


def _within(what: str, value: int | None, low: int, high: int) -> None:
    if value is not None and not low <= value <= high:
        raise RequestError(f"{what} must be a whole number from {low} to {high}, got {value}")
