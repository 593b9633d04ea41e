"""What espeak-ng calls back with: samples, phonemes and words."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np

from vocalino.audio import Audio
from vocalino.errors import GenerationFailed

_END_OF_EVENTS, _WORD, _PHONEME = 0, 1, 7


class _Identity(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position_ms", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identity),
    ]


Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True)
class Phoneme:
    """One phoneme in espeak-ng's own spelling, stress marks removed."""

    name: str
    start_s: float
    stop_s: float
    stressed: bool

    @property
    def silent(self) -> bool:
        return not self.name.strip("_:|!^")


@dataclass(frozen=True)
class SpokenWord:
    text: str
    start_s: float
    stop_s: float


@dataclass(frozen=True)
class Speech:
    """22.05 kHz sound, with the phonemes and words in it."""

    audio: Audio
    phonemes: tuple[Phoneme, ...]
    words: tuple[SpokenWord, ...]


class Heard:
    """Collects what espeak-ng calls back with."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.phonemes: list[tuple[int, str]] = []
        self.words: list[tuple[int, int, int]] = []

    def __call__(self, samples: Any, count: int, events: Any) -> int:
        if count > 0 and samples:
            self.pieces.append(ctypes.string_at(samples, count * 2))
        index = 0
        while events[index].type != _END_OF_EVENTS:
            event = events[index]
            if event.type == _PHONEME:
                name = event.id.string.decode("utf-8", "replace")
                self.phonemes.append((event.sample, name))
            elif event.type == _WORD:
                self.words.append((event.sample, event.text_position - 1, event.length))
            index += 1
        return 0

    def speech(self, text: str, rate_hz: int) -> Speech:
        samples = np.frombuffer(b"".join(self.pieces), "<i2").astype(np.float32) / 32768.0
        if not samples.size:
            raise GenerationFailed(f"espeak-ng gave no sound for {text!r}")
        end_s = samples.size / rate_hz
        phonemes = self._phonemes(rate_hz, end_s)
        return Speech(
            Audio(samples, rate_hz), phonemes, self._words(text, rate_hz, phonemes, end_s)
        )

    def _phonemes(self, rate_hz: int, end_s: float) -> tuple[Phoneme, ...]:
        starts_s = [min(sample / rate_hz, end_s) for sample, _ in self.phonemes] + [end_s]
        found: list[Phoneme] = []
        for (_, name), start_s, stop_s in zip(
            self.phonemes, starts_s[:-1], starts_s[1:], strict=True
        ):
            if stop_s > start_s and not name.startswith("("):  # "(en)": a change of language
                bare = name.lstrip("',%=|") or "_"
                found.append(Phoneme(bare, start_s, stop_s, name.startswith(("'", ","))))
        return tuple(found)

    def _words(
        self, text: str, rate_hz: int, phonemes: tuple[Phoneme, ...], end_s: float
    ) -> tuple[SpokenWord, ...]:
        """Words end where the next begins, less a silence before that."""
        silences = [(p.start_s, p.stop_s) for p in phonemes if p.silent]
        starts_s = [sample / rate_hz for sample, _, _ in self.words] + [end_s]
        found: list[SpokenWord] = []
        for (_, position, length), start_s, stop_s in zip(
            self.words, starts_s[:-1], starts_s[1:], strict=True
        ):
            pause_s = next((a for a, b in silences if start_s < a < stop_s <= b + 0.001), stop_s)
            if pause_s > start_s:
                found.append(SpokenWord(text[position : position + length], start_s, pause_s))
        return tuple(found)
