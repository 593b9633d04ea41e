"""Playing a request on the command line: progress, Ctrl-C, and every take stored as it comes."""

from __future__ import annotations

import json
import signal
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any

from vocalino.cancel import CancelToken
from vocalino.cli.console import say, warn
from vocalino.cli.delivery import Delivery
from vocalino.cli.progress import Bars
from vocalino.errors import GenerationFailed
from vocalino.events import Finished, Ranked, Started, TakeFailed, TakeReady
from vocalino.pipeline import Engines, run
from vocalino.receipt import Receipt
from vocalino.take import EngineInfo, Ranking, Take

NOTHING_MADE = 1
"""Exit code of a run without a single take."""
SOME_FAILED = 6
"""Exit code of a run that lost takes but made others."""
CANCELLED = 130
"""Exit code of a run that Ctrl-C stopped."""


@dataclass(frozen=True)
class Played:
    """What a run gave; `receipts` best first."""

    engines: Mapping[str, EngineInfo]
    takes: tuple[Take, ...]
    failures: tuple[TakeFailed, ...]
    ranking: Ranking
    finished: Finished
    receipts: tuple[Receipt, ...]
    warnings: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        if self.finished.outcome == "cancelled":
            return CANCELLED
        if not self.receipts:
            return NOTHING_MADE
        return SOME_FAILED if self.failures else 0

    @property
    def audio_s(self) -> float:
        return sum(receipt.audio.duration_s for receipt in self.receipts)

    @property
    def best(self) -> Receipt | None:
        """The best take that passes every gate, None when none does."""
        return next((r for r in self.receipts if r.index == self.ranking.best), None)

    def without_sound(self) -> Played:
        """The same without the takes' samples, which are on the disk by now."""
        return replace(self, takes=())

    def document(self) -> dict[str, Any]:
        """The part of a command's JSON that speaks of the run."""
        return {
            "outcome": self.finished.outcome,
            "reason": self.finished.reason,
            "best": self.best and self.best.audio.name,
            "takes": [json.loads(receipt.to_json()) for receipt in self.receipts],
            "failed": [
                {"index": f.index, "seed": f.seed, "stage": f.stage, "error": f.error}
                for f in self.failures
            ],
            "warnings": list(self.warnings),
            "timings_s": dict(self.finished.timings_s),
            "ttfa_s": self.finished.ttfa_s,
            "rtf": self.finished.rtf,
        }

    def rows(self) -> list[list[str]]:
        """Place, file, length and reason of each take, best first, then what failed."""
        made = [
            [
                f"{receipt.placed.place}." if receipt.placed else "",
                receipt.audio.name,
                f"{receipt.audio.duration_s:.1f} s",
                receipt.placed.reason if receipt.placed else "",
            ]
            for receipt in self.receipts
        ]
        return made + [
            ["-", f"take {f.index + 1}", "", f"failed: {f.error}"] for f in self.failures
        ]


def overall(runs: Sequence[Played]) -> int:
    """One exit code for several runs: cancelled, nothing made, some failed, or 0."""
    codes = [played.exit_code for played in runs]
    if CANCELLED in codes:
        return CANCELLED
    if all(code == NOTHING_MADE for code in codes):
        return NOTHING_MADE
    return SOME_FAILED if any(codes) else 0


def play(delivery: Delivery, engines: Engines, title: str) -> Played:
    """Make the takes of the delivery's request and store each when it is finished.

    The first Ctrl-C stops the work and keeps what is finished, a second one ends at once.
    """
    started: Started | None = None
    finished: Finished | None = None
    takes: list[Take] = []
    failures: list[TakeFailed] = []
    ranking = Ranking(())
    with stoppable() as cancel, Bars(title) as bars:
        for event in run(delivery.request, engines, cancel):
            bars.show(event)
            match event:
                case Started():
                    started = event
                    for warning in event.warnings:
                        warn(warning)
                case TakeReady():
                    delivery.take(event.take)
                    takes.append(event.take)
                case TakeFailed():
                    failures.append(event)
                    warn(f"take {event.index + 1} failed in {event.stage}: {event.error}")
                case Ranked():
                    ranking = event.ranking
                case Finished():
                    finished = event
                case _:
                    pass
    if started is None or finished is None:
        raise GenerationFailed("the run ended without a last word; this is a fault in Vocalino")
    if finished.outcome == "cancelled":
        kept = "1 finished take is" if len(takes) == 1 else f"{len(takes)} finished takes are"
        say(f"stopped by {finished.reason}; {kept} kept")
    return Played(
        started.engines,
        tuple(takes),
        tuple(failures),
        ranking,
        finished,
        tuple(delivery.ranked(ranking)),
        started.warnings,
    )


@contextmanager
def stoppable() -> Generator[CancelToken]:
    """A token that Ctrl-C sets; a second Ctrl-C is the usual KeyboardInterrupt."""
    token = CancelToken()

    def stop(number: int, frame: FrameType | None) -> None:
        token.cancel("Ctrl-C")
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield token
    finally:
        signal.signal(signal.SIGINT, before)
