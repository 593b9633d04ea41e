"""A donor speaks a sentence: espeak-ng's sound, analysed and moved to the donor's register."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vocalino.audio import Audio, concatenate
from vocalino.engines.draft.donors import Donor
from vocalino.engines.draft.espeak import FASTEST_WPM, SLOWEST_WPM, Espeak
from vocalino.engines.draft.espeak_events import Speech
from vocalino.engines.draft.frames import FRAME_S, Frames, Voicing, analyse
from vocalino.engines.draft.japanese import kana
from vocalino.engines.draft.notes import Sound, Span, Word
from vocalino.engines.draft.timbre import stretched

USUAL_WPM = 155
LEAD_S = 0.1
"""A handle before each sentence: a take that starts at once sounds cut, and may be."""
EVENT_LATENESS_S = 0.005
"""Phoneme events come a frame late, measured against dio's voicing over sibilant sentences."""

_VOICELESS = frozenset("ptkfTsSxXhcCq?")
_SONORANT = frozenset("aeiouyAEIOUV@3YWmnNlwj&0")


@dataclass(frozen=True)
class Spoken:
    """Neutral frames of a sentence, what sounds when in them, and the tempo they have (log2)."""

    frames: Frames
    spans: tuple[Span, ...]
    words: tuple[Word, ...]
    rate: float


def speak(espeak: Espeak, donor: Donor, text: str, rate: float, rest_s: float) -> Spoken:
    """`text` in the donor's voice at 2^`rate` times the usual tempo, followed by a rest.

    Raises:
        GenerationFailed: espeak-ng gave no sound, or has no such voice.
    """
    wpm = int(np.clip(round(USUAL_WPM * 2.0**rate), SLOWEST_WPM, FASTEST_WPM))
    written = kana(text) if donor.language == "japanese" else text
    speech = espeak.speak(written, donor.espeak_voice, wpm)
    spans, audio = _with_rests(speech, rest_s)
    frames = analyse(audio, voicing=_voicing(speech, audio.duration_s))
    envelope = stretched(frames.envelope, np.full(len(frames), donor.formants))
    frames = replace(frames, envelope=envelope, f0_hz=frames.f0_hz * donor.f0_factor)
    return Spoken(frames, spans, _words(speech), float(np.log2(wpm / USUAL_WPM)))


def _with_rests(speech: Speech, rest_s: float) -> tuple[tuple[Span, ...], Audio]:
    """Spans and sound between silences; espeak-ng's own silence at the end gives way."""
    rate_hz = speech.audio.sample_rate_hz
    last = max((p.stop_s for p in speech.phonemes if not p.silent), default=speech.audio.duration_s)
    end_s = min(last + 0.02, speech.audio.duration_s)
    audio = concatenate(
        [
            Audio.silence(LEAD_S, rate_hz),
            speech.audio.span(0.0, end_s),
            Audio.silence(rest_s, rate_hz),
        ]
    )
    spans = [Span("silence", 0.0, LEAD_S)]
    for phoneme in speech.phonemes:
        if phoneme.start_s < last:
            shift_s = LEAD_S - EVENT_LATENESS_S
            spans.append(
                Span(
                    _sound(phoneme.name, phoneme.silent),
                    phoneme.start_s + shift_s,
                    phoneme.stop_s + shift_s,
                )
            )
    spans.append(Span("silence", end_s + LEAD_S, audio.duration_s))
    return tuple(spans), audio


def _sound(name: str, silent: bool) -> Sound:
    if silent:
        return "silence"
    return "voiceless" if name[0] in _VOICELESS else "voiced"


def _voicing(speech: Speech, duration_s: float) -> Voicing:
    """What the phonemes say of each frame: sonorants are voiced, obstruents left to analysis."""
    voicing = np.full(round(duration_s / FRAME_S) + 1, 0, np.int8)
    for phoneme in speech.phonemes:
        kind = -1
        if phoneme.silent or phoneme.name[0] in _VOICELESS:
            kind = 0
        elif phoneme.name[0] in _SONORANT:
            kind = 1
        shift_s = LEAD_S - EVENT_LATENESS_S
        start, stop = (round((t + shift_s) / FRAME_S) for t in (phoneme.start_s, phoneme.stop_s))
        voicing[start:stop] = kind
    return voicing


def _words(speech: Speech) -> tuple[Word, ...]:
    """Words weighed by what stress and length say of their importance."""
    found: list[Word] = []
    for word in speech.words:
        inside = [p for p in speech.phonemes if word.start_s <= p.start_s < word.stop_s]
        stressed = any(p.stressed for p in inside)
        weight = min(1.0, 0.1 * len(inside) + 0.4) if stressed and len(inside) > 1 else 0.0
        shift_s = LEAD_S - EVENT_LATENESS_S
        found.append(Word(word.start_s + shift_s, word.stop_s + shift_s, weight))
    return tuple(found)
