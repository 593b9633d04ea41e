"""The actors of the draft cast: espeak-ng voices, moved in pitch and formants."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace

import numpy as np
import pyworld

from vocalino.audio import Audio
from vocalino.audio.resample import resample
from vocalino.engines.draft.acting import NEUTRAL, Acting
from vocalino.engines.draft.casting import Age, Casting, Gender
from vocalino.engines.draft.frames import FRAME_S, SAMPLE_RATE_HZ
from vocalino.engines.draft.reading import ESPEAK_VOICES

LISTENED_S = 15.0


@dataclass(frozen=True)
class Donor:
    """One actor. Hashable, so that what is learnt of it can be cached.

    `espeak_voice` speaks; `f0_factor` and `formants` move its F0 and its resonances, which gives
    a median F0 of about `pitch_hz` in English. `texture` is the sound of the voice itself, for
    voices that are made from words.
    """

    name: str
    language: str
    espeak_voice: str
    gender: Gender
    age: Age | None
    pitch_hz: float
    f0_factor: float = 1.0
    formants: float = 1.0
    texture: Acting = NEUTRAL


@dataclass(frozen=True)
class _Actor:
    """A row of the table below: espeak-ng variant, its median F0 in Hz, and how it is moved."""

    variant: str
    own_hz: float
    f0_factor: float = 1.0
    formants: float = 1.0
    texture: Acting = NEUTRAL


_OLD = Acting(rate=-0.1, pause=0.15, breath=0.15, tremor=0.22, creak=0.22, jitter=0.35)
# Of 60 espeak-ng variants "benjamin" and "grandpa" have the best DNSMOS (overall 3.2 and 3.1 over
# English lines); moved up to a woman's register by WORLD the former keeps 3.15, where espeak-ng's
# own female variants reach 2.9 at best: an envelope is seen best between close harmonics.
_ACTORS: dict[tuple[Gender, Age | None], _Actor] = {
    ("male", None): _Actor("benjamin", 102.0),
    ("male", "young"): _Actor("benjamin", 102.0, 1.2, 1.05),
    ("male", "old"): _Actor("grandpa", 104.0, 0.95, 0.98, _OLD),
    ("male", "child"): _Actor("benjamin", 102.0, 2.45, 1.28),
    ("female", None): _Actor("benjamin", 102.0, 1.85, 1.14),
    ("female", "young"): _Actor("benjamin", 102.0, 2.1, 1.19),
    ("female", "old"): _Actor("benjamin", 102.0, 1.65, 1.1, _OLD),
    ("female", "child"): _Actor("benjamin", 102.0, 2.7, 1.3),
}
_REGISTERS: tuple[tuple[Gender, Age | None], ...] = (
    ("male", None),
    ("female", None),
    ("female", "child"),
)


def choose(language: str, casting: Casting, like: Audio | None = None) -> Donor:
    """The donor that a direction asks for; else the one nearest in register to `like`; else a man.

    The man is the default because it is the clearest voice espeak-ng has.
    """
    if casting.gender or casting.age:
        gender = casting.gender or "male"
        return donor(language, gender, casting.age, casting.register)
    if like is not None and (register_hz := median_f0_hz(like)):
        candidates = [donor(language, *kind) for kind in _REGISTERS]
        return min(candidates, key=lambda d: abs(math.log(register_hz / d.pitch_hz)))
    return donor(language, "male", None, casting.register)


def donor(language: str, gender: Gender, age: Age | None = None, register: float = 0.0) -> Donor:
    """One actor of the draft cast; `register` from -1 (deep) to 1 (high) moves it."""
    actor = _ACTORS[gender, age]
    f0_factor = actor.f0_factor * 2.0 ** (0.32 * register)
    name = " ".join(part for part in (age, gender) if part)
    if register:
        name = f"{'deep' if register < 0.0 else 'high'} {name}"
    return Donor(
        name=name,
        language=language,
        espeak_voice=f"{ESPEAK_VOICES[language]}+{actor.variant}",
        gender=gender,
        age=age,
        pitch_hz=actor.own_hz * f0_factor,
        f0_factor=f0_factor,
        formants=actor.formants * (1.0 + 0.06 * register),
        texture=actor.texture,
    )


def without_texture(actor: Donor) -> Donor:
    """The same actor, for a performance that is given another voice anyway."""
    return replace(actor, texture=NEUTRAL)


@functools.lru_cache(maxsize=32)
def _median_f0_hz(audio: Audio) -> float:
    samples = resample(audio.span(0.0, LISTENED_S), SAMPLE_RATE_HZ).samples.astype(np.float64)
    f0_hz, _ = pyworld.dio(
        samples, SAMPLE_RATE_HZ, f0_floor=60.0, f0_ceil=650.0, frame_period=FRAME_S * 1000.0
    )
    voiced = f0_hz[f0_hz > 0.0]
    return float(np.median(voiced)) if voiced.size else 0.0


def median_f0_hz(audio: Audio) -> float:
    """Median F0 of the first 15 s, 0.0 when nothing is voiced."""
    return _median_f0_hz(audio) if audio.samples.size else 0.0
