"""How far a run is: bars on a terminal, a line a take everywhere."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
)

from vocalino.cli.console import err, say
from vocalino.events import Event, Stage, StageProgress, TakeReady
from vocalino.take import Take

_DOING: dict[Stage, str] = {"design": "acting", "convert": "converting"}


class Bars:
    """A bar a stage while the run lasts; shown only where standard error is a terminal."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._bars: dict[Stage, TaskID] = {}
        self._progress = Progress(
            TextColumn("  {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=err,
            transient=True,
            disable=not err.is_terminal,
        )

    def __enter__(self) -> Bars:
        say(self._title)
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, event: Event) -> None:
        if isinstance(event, StageProgress):
            if event.stage not in self._bars:
                doing = _DOING.get(event.stage, event.stage)
                self._bars[event.stage] = self._progress.add_task(doing, total=event.total)
            self._progress.update(self._bars[event.stage], completed=event.done)
        elif isinstance(event, TakeReady):
            say(_line(event.take))


@contextmanager
def hashing(name: str, total: int | None) -> Generator[Callable[[int], None]]:
    """A bar that shows itself with the first bytes; what it gives is told how many more there are.

    Until then a download may have the terminal with bars of its own.
    """
    progress = Progress(
        TextColumn("  checking {task.description}"),
        BarColumn(),
        DownloadColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
    task = progress.add_task(name, total=total)

    def tick(count: int) -> None:
        progress.start()
        progress.advance(task, count)

    try:
        yield tick
    finally:
        progress.stop()


def _line(take: Take) -> str:
    identity = take.verdict("identity")
    likeness = ""
    if identity is not None and identity.value is not None:
        likeness = f", likeness {identity.value:.3f}"
    failed = "".join(f", {verdict.evidence}" for verdict in take.failed_gates)
    return f"  take {take.index + 1}: {take.audio.duration_s:.1f} s{likeness}{failed}"
