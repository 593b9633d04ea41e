"""The four parts that an engine can play, and what passes between them.

Sound crosses as numpy `Audio`, never as tensors. Rows of a batch are told apart by their
index and may end in any order; a row that can't be made is a `RowFailed`, and the others go on.
An exception out of an iterator ends every row that had not ended yet.
`docs/write-an-engine.md` builds a small engine against this file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from vocalino.audio import Audio
from vocalino.cancel import CancelToken
from vocalino.errors import VocalinoError
from vocalino.request import (
    ConvertOptions,
    ConvertRequest,
    DesignOptions,
    Direction,
    Line,
    TakeRequest,
)
from vocalino.take import EngineInfo, FinishReason, Take, Verdict

Embeddings = npt.NDArray[np.float32]  # [N, dim], rows of unit length


@dataclass(frozen=True)
class Performance:
    """Acting to be given a voice.

    `notes` is what the designer knows about how the sound was made, for a converter of the same
    family; it is opaque to everyone else, and a converter must do without it as well.
    """

    audio: Audio
    notes: object | None = None
    finish_reason: FinishReason | None = None


@dataclass(frozen=True)
class RowAudio:
    """A chunk of row `index`. The last chunk of a row has `last`, and may be empty.

    What is known of the row as a whole comes with that one: `notes` (see `Performance`), and how
    the acting ended, if the designer can tell.
    """

    index: int
    audio: Audio
    last: bool
    notes: object | None = None
    finish_reason: FinishReason | None = None


@dataclass(frozen=True)
class RowFailed:
    """Row `index` can't be made. The other rows go on."""

    index: int
    error: VocalinoError


Row = RowAudio | RowFailed


class VoicePrint(Protocol):
    """What a converter has learnt of a reference clip; opaque to everyone but that converter."""

    @property
    def warnings(self) -> Sequence[str]:
        """What a listener should know of the clip, in words."""
        ...


@runtime_checkable
class Engine(Protocol):
    def describe(self) -> EngineInfo: ...

    def close(self) -> None:
        """Give back the device and its memory. Called once, from any thread."""
        ...


@runtime_checkable
class SpeechDesigner(Engine, Protocol):
    """Line and direction in, performances out."""

    @property
    def sample_rate_hz(self) -> int: ...

    def design(
        self,
        line: Line,
        direction: Direction,
        options: DesignOptions,
        seeds: Sequence[int],
        cancel: CancelToken,
        like: Audio | None = None,
    ) -> Iterator[Row]:
        """One row a seed, all in one batch; row i depends on `seeds[i]` alone.

        `like` is the voice that the performance will be given: a designer may choose an actor
        whose register is near it. `cancel` is looked at once per step.
        """
        ...


@dataclass(frozen=True)
class Understood:
    """What a designer makes of a direction: (words, effect) pairs, and words it passes over."""

    readings: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()


@runtime_checkable
class ReadsDirections(Protocol):
    """A speech designer that can say what it makes of a direction. Optional."""

    def explain(self, direction: Direction) -> Understood: ...


@runtime_checkable
class VoiceConverter(Engine, Protocol):
    """Performances in, the same acting in another voice out."""

    @property
    def sample_rate_hz(self) -> int: ...

    @property
    def batch_rows(self) -> int:
        """How many rows it likes to get at once; 1 when a batch gains nothing."""
        ...

    def prepare(self, reference: Audio) -> VoicePrint:
        """Learn a voice from a clip that `audio.reference.check` has passed; cached."""
        ...

    def convert(
        self,
        performances: Sequence[Performance],
        voice_print: Any,
        options: ConvertOptions,
        seeds: Sequence[int],
        cancel: CancelToken,
    ) -> Iterator[Row]:
        """One row a performance, all in one batch; row i depends on its own seed alone.

        `voice_print` is what this converter's own `prepare` gave.
        """
        ...


@runtime_checkable
class SpeakerEncoder(Engine, Protocol):
    """Sound in, speaker embeddings out."""

    @property
    def dim(self) -> int: ...

    def embed(self, clips: Sequence[Audio]) -> Embeddings: ...


@runtime_checkable
class Scorer(Protocol):
    """One ear of the judge."""

    @property
    def name(self) -> str: ...

    def score(self, take: Take, request: TakeRequest | ConvertRequest) -> Verdict: ...
