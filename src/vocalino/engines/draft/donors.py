"""The actors of the draft cast: espeak-ng voices, moved in pitch and formants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vocalino.engines.draft.acting import NEUTRAL, Acting
from vocalino.engines.draft.frames import Frames

Gender = Literal["female", "male", "child"]


@dataclass(frozen=True)
class Donor:
    """One actor. Hashable, so that what is learnt of it can be cached.

    `espeak_voice` speaks; `pitch_hz` is the median F0 it is moved to and `formants` the factor of
    its resonances; `texture` is the sound of the voice itself, for voices made from words.
    """

    name: str
    language: str
    espeak_voice: str
    gender: Gender
    pitch_hz: float
    formants: float = 1.0
    texture: Acting = NEUTRAL


def calibration(donor: Donor) -> Frames:
    """The donor speaking its language's fixed text neutrally: its own statistics, cached."""
    raise NotImplementedError
