"""What the tests let other processes do to a library. Each function runs in a child of its own."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path
from typing import NoReturn

from library_samples import new_take, order, tone

from vocalino.errors import LibraryError, RequestError
from vocalino.library import Library


def write_many(home: Path, who: int, count: int) -> None:
    """Opens the library (together with the others, for the first time) and writes."""
    with Library.open(home) as library:
        for number in range(count):
            voice = library.voices.add(f"voice {who}-{number}", tone(200.0 + number))
            run = f"run {who}-{number}"
            for index in range(2):
                library.takes.add(run, new_take(index, seed=who), voice.id)
            library.takes.rank(run, order([1, 0]))
            library.voices.delete(voice.id) if number % 2 else None
            library.sweep(grace_s=60.0)


def claim_name(home: Path, results: Path, who: int) -> None:
    """Everyone wants the same name; says in a file who got it."""
    with Library.open(home) as library:
        try:
            library.voices.add("Ada" if who % 2 else "ADA", tone(200))
        except RequestError:
            return
        (results / str(who)).touch()


def _die(*_: object, **__: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def die_at(home: Path, point: str) -> None:
    """Killed at the worst moments of storing and deleting. Take 0 of "run" is stored before."""
    library = Library.open(home)
    first = library.takes.add("run", new_take(0, with_performance=True))
    if point == "before rename":
        os.replace = _die
    elif point == "between file and row":
        library.database.write = _die
    elif point == "before commit":
        with library.database.write() as connection:
            connection.execute("DELETE FROM takes")
            _die()
    elif point == "after commit":
        library.takes.add("run", new_take(1))
        _die()
    elif point == "between row and file":
        library.blobs.release = _die
        library.takes.delete([first.id])
    library.takes.add("run", new_take(1))


def _expect(said: str, home: Path) -> None:
    try:
        with Library.open(home) as library:
            library.voices.add("Ada", tone(200, duration_s=5.0))
    except LibraryError as error:
        assert said in str(error), error
    else:
        raise AssertionError(f"no error that says {said!r}")


def without_rights(home: Path, said: str) -> None:
    """As a user who may read `home` but not write there."""
    if os.geteuid() == 0:  # root may write everywhere
        os.setgid(65534)
        os.setuid(65534)
    _expect(said, home)


def disk_full(home: Path, said: str, limit_bytes: int) -> None:
    """No file may grow beyond `limit_bytes`: the nearest thing to a disk that is full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
    _expect(said, home)


def log_full(home: Path, limit_bytes: int) -> None:
    """The files of the takes are written, the rows are not: and nothing else goes wrong."""
    with Library.open(home) as library:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
        try:
            library.takes.add_run("run", [new_take(1, direction="x" * 4000), new_take(2)])
        except LibraryError as error:
            assert "look at the disk and its free space" in str(error), error
        else:
            raise AssertionError("no error")
        assert len(library.takes.list()) == 1  # the same process goes on reading
