"""Sounds and takes for the tests of the library."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vocalino.audio import Audio
from vocalino.library import NewTake
from vocalino.receipt import Receipt
from vocalino.recordings import AudioFile
from vocalino.request import Direction, Line, Reference, TakeRequest
from vocalino.take import EngineInfo, Placing, Provenance, Ranking, Take, Verdict


def tone(hz: float, duration_s: float = 0.1) -> Audio:
    times_s = np.arange(round(duration_s * 16000)) / 16000
    return Audio(np.sin(2 * np.pi * hz * times_s).astype(np.float32) * 0.5, 16000)


def new_take(
    index: int = 0,
    *,
    line: str = "We made it",
    direction: str = "warm",
    voice: str | None = None,
    seed: int = 7,
    takes: int = 64,
    with_performance: bool = False,
) -> NewTake:
    """A finished take as the CLI would store it; other arguments give other bytes."""
    reference = None if voice is None else Reference(tone(220.0), voice)
    request = TakeRequest(Line(line), Direction(direction), reference, takes, seed)
    audio = tone(300.0 + index)
    engines = {"designer": EngineInfo("fake", "1", "cpu", "float32", "MIT")}
    verdicts = (Verdict("level", "pass", "fine", 0.5),)
    provenance = Provenance("draft", engines, {"design": 0.5})
    take = Take(index, request.seed_of(index), audio, provenance, None, verdicts)
    data = f"{line}|{direction}|{seed}|{index}|".encode() + audio.samples.tobytes()
    acting = data + b"acting" if with_performance else None
    receipt = Receipt.of(
        take,
        request,
        audio=AudioFile.of(f"take-{index}.wav", data, audio, "wav"),
        performance=AudioFile.of("acting.flac", acting, audio, "flac") if acting else None,
        ode_steps=12,
        versions={"vocalino": "0.1.0"},
    )
    return NewTake(receipt, data, acting)


def order(indices: Sequence[int]) -> Ranking:
    return Ranking(tuple(Placing(index, True, f"take {index}") for index in indices))
