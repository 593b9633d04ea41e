"""The SQLite file: opening, transactions, and its errors in words.

Threads: each transaction borrows a connection that no one else uses meanwhile, from a small
pool, so readers of many threads go on beside a writer (WAL). Processes: SQLite's own locks;
a writer waits up to `BUSY_TIMEOUT_S` for another. A forked child must open its own.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from vocalino.errors import LibraryError
from vocalino.library.migrations import check_origin, migrate

BUSY_TIMEOUT_S = 15.0


class Database:
    """One SQLite file, brought to the newest schema when it is opened.

    Raises:
        LibraryError: it can't be opened or written, is damaged, is no library, or was written
            by a newer Vocalino.
    """

    def __init__(self, path: Path, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self.path = path
        self._busy_timeout_s = busy_timeout_s
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False
        try:
            with self._borrowed() as connection:
                check_origin(connection, path)  # before anything is changed in the file
                self._enter_wal(connection)
                migrate(connection, path)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def read(self) -> Generator[sqlite3.Connection]:
        """A snapshot: all reads in the block see the same state."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def write(self) -> Generator[sqlite3.Connection]:
        """All of the block or none of it. Not to be nested: the inner one would wait in vain.

        IMMEDIATE takes the write lock at once; a transaction that first reads and then writes
        could not wait for it any more and would fail under contention.
        """
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    def problems(self) -> list[str]:
        """What SQLite finds wrong with the file, none when it is sound. Reads all of it."""
        try:
            with self.read() as connection:
                rows = connection.execute("PRAGMA quick_check").fetchall()
                rows += [
                    (f"a row of {row['table']} refers to a row of {row['parent']} that is gone",)
                    for row in connection.execute("PRAGMA foreign_key_check")
                ]
        except LibraryError as error:
            return [str(error)]
        return [str(row[0]) for row in rows if row[0] != "ok"]

    def forget_deleted(self) -> None:
        """Empty the write-ahead log, where deleted rows would stay readable for a while.

        Best effort: while a reader is at work, the log is emptied by a later checkpoint.
        """
        with self._borrowed() as connection:
            # or a deletion would wait out the whole timeout for a slow reader
            connection.execute("PRAGMA busy_timeout = 0")
            try:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                connection.execute(f"PRAGMA busy_timeout = {round(1000 * self._busy_timeout_s)}")

    def close(self) -> None:
        """Close what is idle; a connection at work is closed when its block ends."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _transaction(self, begin: str) -> Generator[sqlite3.Connection]:
        with self._borrowed() as connection:
            connection.execute(begin)
            try:
                yield connection
            except BaseException:
                if connection.in_transaction:  # SQLite itself rolls back when the disk is full
                    connection.execute("ROLLBACK")
                raise
            try:
                connection.execute("COMMIT")
            except sqlite3.Error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _borrowed(self) -> Generator[sqlite3.Connection]:
        with in_words(self.path):
            connection = self._take()
            try:
                yield connection
            finally:
                self._give(connection)

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise LibraryError(f"the library {self.path} has been closed: open it again")
            if self._idle:
                return self._idle.pop()
        return self._connect()

    def _give(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed and not connection.in_transaction:
                self._idle.append(connection)
                return
        connection.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=self._busy_timeout_s,
            isolation_level=None,  # transactions are begun by us, never behind our back
            check_same_thread=False,  # the pool sees to it that one thread at a time has it
        )
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            # FULL, not WAL's usual NORMAL: with NORMAL a power cut may take back commits of the
            # last seconds, and a take that was called finished must stay. One fsync a take.
            connection.execute("PRAGMA synchronous = FULL")
            # A deleted voice is personal data: overwrite it instead of leaving it in free pages.
            connection.execute("PRAGMA secure_delete = ON")
        except BaseException:
            connection.close()
            raise
        return connection

    def _enter_wal(self, connection: sqlite3.Connection) -> None:
        # Two that change the mode of a new file at once would wait for each other, so SQLite
        # refuses one without waiting: 5 of 900 openings, six processes at a time.
        deadline = time.monotonic() + self._busy_timeout_s
        while True:
            try:
                mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            except sqlite3.OperationalError as error:
                if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
                continue
            if mode != "wal":
                raise LibraryError(
                    f"{self.path} lies on a file system that can't do SQLite's write-ahead log "
                    f"(it stays in mode {mode!r}): choose another folder for the library"
                )
            return


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the extended part


_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full: make room and try again",
    sqlite3.SQLITE_READONLY: "it can't be written: look at the rights of its folder",
    sqlite3.SQLITE_CANTOPEN: "it can't be opened: look at the rights of its folder",
    sqlite3.SQLITE_PERM: "access is refused: look at the rights of its folder",
    sqlite3.SQLITE_IOERR: "reading or writing it failed: look at the disk and its free space",
    sqlite3.SQLITE_BUSY: "another process has kept it locked for too long: end that one first",
    sqlite3.SQLITE_LOCKED: "another process has kept it locked for too long: end that one first",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: restore it from a copy",
    sqlite3.SQLITE_NOTADB: "the file is damaged or is no library: restore it from a copy",
}


@contextmanager
def in_words(path: Path) -> Generator[None]:
    """SQLite's errors as LibraryError that names the file and the way out."""
    try:
        yield
    except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
        if isinstance(error, sqlite3.ProgrammingError):
            raise  # ours to mend, not the user's
        advice = _ADVICE.get(_code(error), "")
        detail = f"{advice} ({error})" if advice else str(error)
        raise LibraryError(f"the library {path}: {detail}") from error
