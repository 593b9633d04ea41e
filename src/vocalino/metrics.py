"""How time is told: one definition each of stage seconds, TTFA and RTF."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class Stopwatch:
    """Seconds spent in each named stage since it was made."""

    def __init__(self) -> None:
        self._start_s = time.perf_counter()
        self.stages_s: dict[str, float] = {}
        self.ttfa_s: float | None = None

    @property
    def elapsed_s(self) -> float:
        return time.perf_counter() - self._start_s

    @contextmanager
    def stage(self, name: str) -> Generator[None]:
        start_s = time.perf_counter()
        try:
            yield
        finally:
            spent_s = time.perf_counter() - start_s
            self.stages_s[name] = self.stages_s.get(name, 0.0) + spent_s

    def steps(self, name: str, work: Iterator[T]) -> Iterator[T]:
        """The items of `work`, counting only the time it takes to make them.

        What the consumer does between two items belongs to other stages.
        """
        while True:
            with self.stage(name):
                try:
                    item = next(work)
                except StopIteration:
                    return
            yield item

    def first_audio(self) -> None:
        """Note that sound was handed out; only the first call counts (TTFA)."""
        if self.ttfa_s is None:
            self.ttfa_s = self.elapsed_s


def rtf(compute_s: float, audio_s: float) -> float | None:
    """Real-time factor: compute seconds per audio second, lower is better; None for no audio."""
    return compute_s / audio_s if audio_s > 0 else None
