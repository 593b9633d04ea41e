"""Several threads and processes, kill -9, full disks and missing rights: with real files."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from library_samples import new_take, order, tone

from vocalino.errors import RequestError
from vocalino.library import Library

if sys.platform == "win32":
    pytest.skip("signals and rights as on POSIX", allow_module_level=True)

import library_children as children

SPAWN = multiprocessing.get_context("spawn")


def run(*calls: tuple[Callable[..., None], tuple[Any, ...]]) -> list[int | None]:
    """Exit codes of children that run at the same time."""
    processes = [SPAWN.Process(target=target, args=arguments) for target, arguments in calls]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]


def test_processes_open_a_new_library_and_write_at_once(tmp_path: Path):
    calls = [(children.write_many, (tmp_path, who, 4)) for who in range(3)]
    assert run(*calls) == [0, 0, 0]
    with Library.open(tmp_path) as library:
        assert library.problems() == []
        names = {voice.name for voice in library.voices.list()}
        assert names == {f"voice {who}-{number}" for who in range(3) for number in (0, 2)}
        takes = library.takes.list(limit=1000)
        assert len(takes) == 3 * 4 * 2
        assert {take.receipt.placed and take.receipt.placed.place for take in takes} == {1, 2}
        assert sum(take.voice_id is None for take in takes) == 3 * 2 * 2
        assert library.sweep(grace_s=-1.0) == []


def test_many_open_a_new_library_at_the_same_moment(tmp_path: Path):
    """Connections of one process lock each other out as those of several do, and start closer
    together: without care some find the file locked, or half made."""
    for number in range(5):
        barrier = threading.Barrier(8)

        def first(home: Path, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            with Library.open(home) as library:
                assert library.voices.list() == ()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(first, [tmp_path / str(number)] * 8))


def test_a_name_is_given_to_one_process_only(tmp_path: Path):
    results = tmp_path / "results"
    results.mkdir()
    assert run(*[(children.claim_name, (tmp_path, results, who)) for who in range(3)]) == [0] * 3
    assert len(list(results.iterdir())) == 1
    with Library.open(tmp_path) as library:
        assert len(library.voices.list()) == 1


@pytest.mark.parametrize(
    ("point", "stored", "orphans"),
    [
        ("before rename", [0], 1),
        ("between file and row", [0], 1),
        ("before commit", [0], 0),
        ("after commit", [0, 1], 0),
        ("between row and file", [], 2),
    ],
)
def test_kill_9_loses_nothing_that_was_finished(
    tmp_path: Path, point: str, stored: list[int], orphans: int
):
    assert run((children.die_at, (tmp_path, point))) == [-9]
    with Library.open(tmp_path) as library:
        takes = library.takes.list()
        assert [take.receipt.index for take in takes] == stored
        assert library.problems() == []  # whatever has a row has its file
        assert len(library.sweep(grace_s=-1.0)) == orphans
        assert library.problems() == []
        files = [path for path in library.blobs.folder.rglob("*") if path.is_file()]
        assert len(files) == len(stored) + (0 in stored)  # take 0 has its performance too
        library.takes.add("run", new_take(2))  # and the library goes on


@pytest.fixture
def open_home() -> Iterator[Path]:
    """A folder that other users may enter, which pytest's own are not."""
    home = Path(tempfile.mkdtemp())
    home.chmod(0o755)
    yield home
    for path in [home, *home.rglob("*")]:
        path.chmod(0o755)
    shutil.rmtree(home)


def test_a_folder_that_cannot_be_written(open_home: Path):
    open_home.chmod(0o555)
    assert run((children.without_rights, (open_home, "can't make the folder"))) == [0]


def test_a_library_that_cannot_be_written(open_home: Path):
    with Library.open(open_home) as library:
        library.takes.add("run", new_take(0))
    for path in [open_home, *open_home.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    assert run((children.without_rights, (open_home, "look at the rights of"))) == [0]
    os.chmod(open_home / "library", 0o777)  # the database can be written, the blobs can not
    for path in (open_home / "library").glob("library.sqlite3*"):
        path.chmod(0o666)
    assert run((children.without_rights, (open_home, "can't write"))) == [0]


@pytest.mark.parametrize(
    ("limit_bytes", "said"),
    [
        (2_000, "library.sqlite3: "),  # not even the database opens
        (250_000, "can't write"),  # the clip of 320 kB is too much
    ],
)
def test_a_full_disk(tmp_path: Path, limit_bytes: int, said: str):
    with Library.open(tmp_path) as library:
        library.takes.add("run", new_take(0))
    arguments = (tmp_path, said, limit_bytes)
    assert run((children.disk_full, arguments)) == [0]
    with Library.open(tmp_path) as library:
        assert [take.receipt.index for take in library.takes.list()] == [0]
        library.sweep(grace_s=-1.0)
        assert library.problems() == []


def test_a_disk_that_fills_up_while_the_row_is_written(tmp_path: Path):
    with Library.open(tmp_path) as library:
        library.takes.add("run", new_take(0))
    # The files of the take and SQLite's shared memory (32 KiB) fit; its log of pages does not.
    assert run((children.log_full, (tmp_path, 34_000))) == [0]
    with Library.open(tmp_path) as library:
        assert [take.receipt.index for take in library.takes.list()] == [0]
        assert len(library.sweep(grace_s=-1.0)) == 2
        assert library.problems() == []


def test_threads_write_and_read_at_once(library: Library):
    barrier = threading.Barrier(8)

    def work(who: int) -> int:
        barrier.wait()
        for number in range(3):
            voice = library.voices.add(f"voice {who}-{number}", tone(200))
            stored = library.takes.add_run(
                f"run {who}-{number}", [new_take(0), new_take(1)], voice.id
            )
            library.takes.rank(stored[0].run_id, order([0, 1]))
            for take in library.takes.list(voice_id=voice.id):
                assert take.run_id == f"run {who}-{number}"
                assert library.takes.audio(take)
        return who

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == list(range(8))
    assert len(library.voices.list()) == 24
    assert len(library.takes.list()) == 48


def test_one_thread_gets_a_name(library: Library):
    barrier = threading.Barrier(6)

    def claim(who: int) -> bool:
        barrier.wait()
        try:
            library.voices.add("Ada" if who % 2 else "ADA", tone(200))
        except RequestError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(claim, range(6))) == 1


def test_an_update_is_not_lost(library: Library):
    """Tags and notes are changed by two threads; each change keeps the other's."""
    voice = library.voices.add("Ada", tone(200))
    with ThreadPoolExecutor(2) as pool:
        for number in range(10):
            tags = pool.submit(library.voices.update, voice.id, tags=[f"t{number}"])
            notes = pool.submit(library.voices.update, voice.id, notes=f"n{number}")
            tags.result()
            notes.result()
            changed = library.voices.get(voice.id)
            assert (changed.tags, changed.notes) == ((f"t{number}",), f"n{number}")
            assert library.voices.list(text=f"t{number} n{number}") == (changed,)


def test_a_reader_sees_one_state(library: Library):
    voice = library.voices.add("Ada", tone(200))
    with library.database.read() as connection:
        count = "SELECT count(*) FROM voices"
        assert connection.execute(count).fetchone()[0] == 1
        library.voices.delete(voice.id)
        assert connection.execute(count).fetchone()[0] == 1
    assert library.voices.list() == ()


def test_an_error_in_a_transaction_takes_all_of_it_back(library: Library):
    with pytest.raises(KeyError):
        with library.database.write() as connection:
            connection.execute("INSERT INTO runs (id) VALUES ('x')")
            raise KeyError
    with library.database.read() as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone()[0] == 0
