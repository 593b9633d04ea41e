"""What is asked for: frozen values, checked once when they are made."""

from __future__ import annotations

from dataclasses import dataclass, field

from vocalino.audio import Audio
from vocalino.errors import RequestError
from vocalino.seeds import MAX_SEED, take_seed
from vocalino.text import (
    AUTO,
    MAX_DIRECTION_CHARACTERS,
    MAX_LINE_CHARACTERS,
    language_named,
    normalise,
    speakable,
)

MAX_TAKES = 64


@dataclass(frozen=True)
class Line:
    """Text to speak, and its language (one of `text.LANGUAGES`, or "auto").

    Raises:
        RequestError: empty, unspeakable or overlong text; a language nobody here speaks.
    """

    text: str
    language: str = AUTO

    def __post_init__(self) -> None:
        text = normalise(self.text, "line", MAX_LINE_CHARACTERS)
        if not text:
            raise RequestError("the line is empty: give the words to speak")
        if not speakable(text):
            raise RequestError(f"the line {text!r} holds nothing to speak: give it some words")
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "language", language_named(self.language))


@dataclass(frozen=True)
class Direction:
    """How to act the line, in plain words; empty means neutral."""

    text: str = ""

    def __post_init__(self) -> None:
        text = normalise(self.text, "direction", MAX_DIRECTION_CHARACTERS)
        object.__setattr__(self, "text", text)


def _within(name: str, value: float | None, low: float, high: float) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not low <= value <= high:  # NaN is in no bounds either
        raise RequestError(f"{name} must be from {low:g} to {high:g}, got {value!r}")


@dataclass(frozen=True)
class DesignOptions:
    """Sampling of the speech designer; None leaves a value to the engine's own default.

    A temperature of 0 is greedy: always the likeliest token. The code predictor samples by its
    own three values. Engines that don't sample (the draft cast) have no use for any of them.
    """

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    repetition_penalty: float | None = None
    max_new_tokens: int | None = None
    """The most codec frames of a take, its end included: at least one frame and the end."""
    predictor_temperature: float | None = None
    predictor_top_p: float | None = None
    predictor_top_k: int | None = None

    def __post_init__(self) -> None:
        _within("temperature", self.temperature, 0.0, 4.0)
        _within("top_p", self.top_p, 0.0, 1.0)
        _within("top_k", self.top_k, 0, 4096)
        _within("repetition_penalty", self.repetition_penalty, 0.5, 4.0)
        _within("max_new_tokens", self.max_new_tokens, 2, 8192)
        _within("predictor_temperature", self.predictor_temperature, 0.0, 4.0)
        _within("predictor_top_p", self.predictor_top_p, 0.0, 1.0)
        _within("predictor_top_k", self.predictor_top_k, 0, 4096)


@dataclass(frozen=True)
class ConvertOptions:
    """The voice converter's controls; bounds and defaults are those of Vocalino V0.1.

    `length_adjust` stretches time (2.0 = twice as long) and works on every cast; the others
    steer a generative converter. `ode_steps` None means the setting `default_diff_steps`.
    """

    ode_steps: int | None = None
    length_adjust: float = 1.0
    cfg_intelligibility: float = 0.7
    cfg_similarity: float = 0.7
    top_p: float = 0.9
    temperature: float = 1.0
    repetition_penalty: float = 1.0
    convert_style: bool = False
    anonymization_only: bool = False

    def __post_init__(self) -> None:
        _within("ode_steps", self.ode_steps, 1, 100)
        _within("length_adjust", self.length_adjust, 0.5, 2.0)
        _within("cfg_intelligibility", self.cfg_intelligibility, 0.0, 1.0)
        _within("cfg_similarity", self.cfg_similarity, 0.0, 1.0)
        _within("top_p", self.top_p, 0.0, 1.0)
        _within("temperature", self.temperature, 0.1, 2.0)
        _within("repetition_penalty", self.repetition_penalty, 1.0, 2.0)


@dataclass(frozen=True)
class Reference:
    """The clip that a voice was taken from, and the name it goes by."""

    clip: Audio
    name: str = "reference"


@dataclass(frozen=True)
class TakeRequest:
    """K takes of one line, acted as directed, in one voice.

    `reference` None leaves the voice to the direction: the performance itself is the take.

    Raises:
        RequestError: `takes` or `seed` is out of bounds.
    """

    line: Line
    direction: Direction = field(default_factory=Direction)
    reference: Reference | None = None
    takes: int = 3
    seed: int = 0
    design: DesignOptions = field(default_factory=DesignOptions)
    convert: ConvertOptions = field(default_factory=ConvertOptions)

    def __post_init__(self) -> None:
        _within("takes", self.takes, 1, MAX_TAKES)
        _within("seed", self.seed, 0, MAX_SEED)

    def seed_of(self, index: int) -> int:
        """The seed of take `index`: the same whatever K is."""
        return take_seed(self.seed, index)


@dataclass(frozen=True)
class ConvertRequest:
    """Recordings to be given the voice of a reference, one take each.

    Raises:
        RequestError: there is nothing to convert, or `seed` is out of bounds.
    """

    performances: tuple[Audio, ...]
    reference: Reference
    seed: int = 0
    convert: ConvertOptions = field(default_factory=ConvertOptions)

    def __post_init__(self) -> None:
        if not self.performances:
            raise RequestError("there is no recording to convert")
        _within("seed", self.seed, 0, MAX_SEED)

    def seed_of(self, index: int) -> int:
        return take_seed(self.seed, index)
