"""The schema, as the list of steps that lead to it.

Append only: a step that was released is never changed, since libraries out there have taken it.
A new step goes to the end, and `tests/library/schemas/` gets a dump of the schema before it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from vocalino.errors import LibraryError

APPLICATION_ID = 0x564F4341  # "VOCA" in the file's header: tells a library from other SQLite files


@dataclass(frozen=True)
class Migration:
    """Taken in one transaction, statement by statement."""

    name: str
    statements: tuple[str, ...]


m001_voices_and_takes = Migration(
    "m001_voices_and_takes",
    (
        """
        CREATE TABLE voices (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            name_key TEXT NOT NULL UNIQUE,  -- twins of a name have the same key
            clip_blob TEXT NOT NULL,
            content_hash TEXT NOT NULL,     -- of the decoded clip
            duration_s REAL NOT NULL,
            sample_rate_hz INTEGER NOT NULL,
            notes TEXT NOT NULL,
            consent_basis TEXT NOT NULL CHECK (consent_basis IN
                ('self', 'recorded_consent', 'licensed', 'synthetic', 'unstated')),
            consent_statement TEXT NOT NULL,
            source TEXT NOT NULL CHECK (source IN ('clip', 'designed')),
            description TEXT NOT NULL,      -- the words a designed voice was made from
            receipt TEXT,                   -- of the take that a designed voice was cut from
            search_text TEXT NOT NULL,
            created_at TEXT NOT NULL
        )
        """,
        "CREATE INDEX voices_by_content ON voices (content_hash)",
        """
        CREATE TABLE voice_tags (
            voice_id TEXT NOT NULL REFERENCES voices (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            tag TEXT NOT NULL,
            tag_key TEXT NOT NULL,
            PRIMARY KEY (voice_id, tag_key)
        )
        """,
        "CREATE INDEX voice_tags_by_tag ON voice_tags (tag_key)",
        """
        CREATE TABLE runs (
            number INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order in which runs came in
            id TEXT NOT NULL UNIQUE,
            voice_id TEXT REFERENCES voices (id) ON DELETE SET NULL
        )
        """,
        "CREATE INDEX runs_by_voice ON runs (voice_id)",
        """
        CREATE TABLE takes (
            id TEXT PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
            take_index INTEGER NOT NULL,
            audio_blob TEXT NOT NULL,
            performance_blob TEXT,
            place INTEGER,                  -- 1 is the best; none before the run is ranked
            verdict TEXT CHECK (verdict IN ('kept', 'rejected')),
            note TEXT NOT NULL DEFAULT '',
            favourite INTEGER NOT NULL DEFAULT 0 CHECK (favourite IN (0, 1)),
            search_text TEXT NOT NULL,
            created_at TEXT NOT NULL,
            receipt TEXT NOT NULL,          -- large, so last: a search need not read past it
            UNIQUE (run, take_index)
        )
        """,
        # The one place that says which files are in use; a step that adds a column for blobs
        # makes this view anew. UNION ALL: only then does looking for one name use the indexes.
        """
        CREATE VIEW used_blobs (name) AS
            SELECT clip_blob FROM voices
            UNION ALL SELECT audio_blob FROM takes
            UNION ALL SELECT performance_blob FROM takes WHERE performance_blob IS NOT NULL
        """,
        "CREATE INDEX voices_by_clip ON voices (clip_blob)",
        "CREATE INDEX takes_by_audio ON takes (audio_blob)",
        "CREATE INDEX takes_by_performance ON takes (performance_blob)",
    ),
)

MIGRATIONS: tuple[Migration, ...] = (m001_voices_and_takes,)


def check_origin(connection: sqlite3.Connection, path: Path) -> None:
    """Raises LibraryError when the file is no library or a newer one; changes nothing."""
    pending(connection, path, MIGRATIONS)


def migrate(
    connection: sqlite3.Connection, path: Path, steps: Sequence[Migration] = MIGRATIONS
) -> None:
    """Take the steps that this file has not taken yet, each in a transaction of its own.

    What was taken is looked up again under the write lock, so processes that open a new library
    together don't take a step twice.

    Raises:
        LibraryError: the file is no library, or has taken steps that are not known here.
    """
    while pending(connection, path, steps):
        with _transaction(connection, "BEGIN IMMEDIATE"):
            for step in _pending(connection, path, steps)[:1]:
                _take(connection, step)


def pending(
    connection: sqlite3.Connection, path: Path, steps: Sequence[Migration] = MIGRATIONS
) -> list[Migration]:
    """The steps that this file has not taken yet; raises as `migrate` does."""
    # One snapshot, or a library that another process is making just now looks like a stranger's
    # file: it had no APPLICATION_ID at the first look and has tables at the second.
    with _transaction(connection, "BEGIN"):
        return _pending(connection, path, steps)


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Generator[None]:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _take(connection: sqlite3.Connection, step: Migration) -> None:
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL)"
    )
    for statement in step.statements:
        connection.execute(statement)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    connection.execute("INSERT INTO migrations VALUES (?, ?)", (step.name, now))


def _pending(
    connection: sqlite3.Connection, path: Path, steps: Sequence[Migration]
) -> list[Migration]:
    application_id = connection.execute("PRAGMA application_id").fetchone()[0]
    if application_id != APPLICATION_ID:
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise LibraryError(
                f"{path} is a SQLite file of another program, not a library: move it away"
            )
        return list(steps)
    taken = {row[0] for row in connection.execute("SELECT name FROM migrations")}
    unknown = taken - {step.name for step in steps}
    if unknown:
        raise LibraryError(
            f"the library {path} was written by a newer Vocalino (it has {max(unknown)}, which "
            "is not known here): upgrade with `pip install --upgrade vocalino`"
        )
    return [step for step in steps if step.name not in taken]
