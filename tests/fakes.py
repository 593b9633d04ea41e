"""Small engines that satisfy the protocols, with faults on demand. Bytes are predictable:
a performance is a tone whose frequency follows from the seed, a conversion lowers its level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from vocalino.audio import Audio
from vocalino.cancel import CancelToken
from vocalino.errors import AudioError, VocalinoError
from vocalino.protocols import Embeddings, Performance, Row, RowAudio, RowFailed
from vocalino.request import ConvertOptions, DesignOptions, Direction, Line
from vocalino.take import EngineInfo, FinishReason

RATE_HZ = 16000


def tone(seed: int, duration_s: float = 1.0, level: float = 0.3) -> Audio:
    """A swelling tone: silent at both ends, its frequency and harmonics chosen by `seed`."""
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    rng = np.random.default_rng(seed)
    frequency_hz = rng.uniform(120, 400)
    wave = sum(
        weight * np.sin(2 * np.pi * frequency_hz * (k + 1) * time_s)
        for k, weight in enumerate(rng.uniform(0.2, 1.0, 6))
    )
    wave = wave / np.abs(wave).max() * level * np.sin(np.pi * time_s / duration_s) ** 2
    return Audio(wave.astype(np.float32), RATE_HZ)


def clip(seed: int = 99, duration_s: float = 4.0) -> Audio:
    """A reference clip that passes the check: bursts of tone with pauses, like speech."""
    burst = tone(seed, 0.4).samples
    pause = np.zeros(RATE_HZ // 10, np.float32)
    pieces = [burst, pause] * int(duration_s / 0.5)
    return Audio(np.concatenate(pieces), RATE_HZ)


@dataclass
class Faults:
    """What goes wrong, by row: an error, a sound of its own, how it ends, or an exception of the
    whole batch."""

    fail: Mapping[int, VocalinoError] = field(default_factory=dict)
    sound: Mapping[int, Audio] = field(default_factory=dict)
    finish: Mapping[int, FinishReason] = field(default_factory=dict)
    never_end: frozenset[int] = frozenset()
    explode_at: int | None = None
    cancel_at: int | None = None


class _FakeEngine:
    sample_rate_hz = RATE_HZ

    def __init__(self, faults: Faults | None = None) -> None:
        self.faults = faults or Faults()
        self.closed = False
        self.calls: list[list[int]] = []

    def describe(self) -> EngineInfo:
        return EngineInfo(type(self).__name__, "1", "cpu", "float32", "MIT")

    def close(self) -> None:
        self.closed = True

    def rows(self, sounds: Sequence[Audio], cancel: CancelToken) -> Iterator[Row]:
        for index, sound in enumerate(sounds):
            if self.faults.cancel_at == index:
                cancel.cancel("the test said so")
            cancel.check()
            if self.faults.explode_at == index:
                raise ZeroDivisionError("planted")
            if index in self.faults.fail:
                yield RowFailed(index, self.faults.fail[index])
                continue
            sound = self.faults.sound.get(index, sound)
            half_s = sound.duration_s / 2
            yield RowAudio(index, sound.span(0, half_s), last=False)
            if index not in self.faults.never_end:
                reason = self.faults.finish.get(index)
                yield RowAudio(index, sound.span(half_s), True, f"row {index}", reason)


class FakeDesigner(_FakeEngine):
    def design(
        self,
        line: Line,
        direction: Direction,
        options: DesignOptions,
        seeds: Sequence[int],
        cancel: CancelToken,
        like: Audio | None = None,
    ) -> Iterator[Row]:
        self.calls.append(list(seeds))
        duration_s = max(0.3, len(line.text) / 14)
        yield from self.rows([tone(seed, duration_s) for seed in seeds], cancel)


@dataclass(frozen=True)
class FakeVoicePrint:
    frequency: float
    warnings: tuple[str, ...] = ()


class FakeConverter(_FakeEngine):
    def __init__(self, faults: Faults | None = None, batch_rows: int = 8) -> None:
        super().__init__(faults)
        self.batch_rows = batch_rows
        self.prepared = 0
        self.heard: list[list[Performance]] = []

    def prepare(self, reference: Audio) -> FakeVoicePrint:
        self.prepared += 1
        return FakeVoicePrint(reference.rms, ("a fake voice",))

    def convert(
        self,
        performances: Sequence[Performance],
        voice_print: FakeVoicePrint,
        options: ConvertOptions,
        seeds: Sequence[int],
        cancel: CancelToken,
    ) -> Iterator[Row]:
        self.calls.append(list(seeds))
        self.heard.append(list(performances))
        sounds = [Audio(p.audio.samples * np.float32(0.5), RATE_HZ) for p in performances]
        yield from self.rows(sounds, cancel)


class FakeEncoder(_FakeEngine):
    """Embeds the spectrum: bands of the mean magnitude, unit length."""

    dim = 16

    def embed(self, clips: Sequence[Audio]) -> Embeddings:
        return np.stack([self._one(clip) for clip in clips])

    def _one(self, clip: Audio) -> Embeddings:
        if clip.duration_s < 0.1:
            raise AudioError(f"a clip of {clip.duration_s:.2f} s says nothing of a speaker")
        magnitude = np.abs(np.fft.rfft(clip.samples, 4096))[:640]
        bands = magnitude.reshape(self.dim, -1).mean(axis=1).astype(np.float32) + 1e-6
        return bands / np.linalg.norm(bands)
