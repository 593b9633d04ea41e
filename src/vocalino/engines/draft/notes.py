"""What the draft designer tells the draft converter about how a performance was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from vocalino.engines.draft.acting import Plan
from vocalino.engines.draft.donors import Donor
from vocalino.engines.draft.frames import Frames
from vocalino.seeds import generator

Sound = Literal["silence", "voiceless", "voiced"]


@dataclass(frozen=True)
class Span:
    """A phoneme or a silence, in seconds of the neutral frames."""

    sound: Sound
    start_s: float
    stop_s: float


@dataclass(frozen=True)
class Word:
    """A spoken word; `weight` is how much of a content word it is, 0 to 1."""

    start_s: float
    stop_s: float
    weight: float


@dataclass(frozen=True)
class Cue:
    """All that `perform` needs beside frames: when what is spoken, how to act it, the dice.

    Times belong to the neutral frames; frames that were converted one to one share them.
    `seed` is the take's, `sentence` counts the sentences of the line from 0.
    """

    plan: Plan
    seed: int
    sentence: int = 0
    spans: tuple[Span, ...] = ()
    words: tuple[Word, ...] = ()
    rate: float = 0.0
    """log2 of the tempo that the frames already have."""

    def dice(self, purpose: str) -> np.random.Generator:
        """Randomness of this sentence of this take, for one purpose."""
        return generator(self.seed, f"draft {purpose} of sentence {self.sentence}")


@dataclass(frozen=True)
class Sentence:
    """One sentence: neutral frames in the donor's voice, and the cue of its performance."""

    frames: Frames
    cue: Cue


@dataclass(frozen=True)
class DraftNotes:
    """A whole row. Its audio is `perform(s.frames, s.cue)` of each sentence, end to end."""

    sentences: tuple[Sentence, ...]
    donor: Donor
    seed: int
