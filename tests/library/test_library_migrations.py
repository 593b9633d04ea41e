"""Migrations: the schema is pinned, old libraries are brought up, strange ones refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from library_samples import new_take, tone

from vocalino.errors import LibraryError
from vocalino.library import Library, db, migrations
from vocalino.library.migrations import MIGRATIONS, Migration, migrate, pending

SCHEMAS = Path(__file__).parent / "schemas"
DUMPS = sorted(SCHEMAS.glob("*.sql"))
"""A library as each step left it, with a voice, two takes and an APPLICATION_ID, as SQL."""


def database_file(home: Path) -> Path:
    (home / "library").mkdir(parents=True, exist_ok=True)
    return home / "library" / "library.sqlite3"


def connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def restore(dump: Path, home: Path) -> None:
    with closing(connect(database_file(home))) as connection:
        connection.executescript(dump.read_text("utf-8"))


def schema_of(path: Path) -> dict[str, str]:
    with closing(connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {row["name"]: " ".join(row["sql"].split()) for row in rows}


def test_every_step_has_its_dump():
    assert [dump.stem for dump in DUMPS] == [step.name for step in MIGRATIONS]


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.stem)
def test_an_old_library_is_brought_up_to_date(dump: Path, tmp_path: Path):
    restore(dump, tmp_path / "old")
    Library.open(tmp_path / "new").close()
    with Library.open(tmp_path / "old") as library:
        (voice,) = library.voices.list()
        assert voice.name == "René"
        assert voice.tags == ("alto", "calm")
        assert voice.consent.basis == "recorded_consent"
        takes = library.takes.list(text="made RENÉ")
        assert [take.receipt.placed and take.receipt.placed.place for take in takes] == [1, 2]
        assert takes[0].voice_id == voice.id
        assert (takes[0].verdict, takes[0].note, takes[0].favourite) == ("kept", "the one", True)
        library.voices.rename(voice.id, "Renée")  # and it can be written
        assert library.database.problems() == []
    assert schema_of(database_file(tmp_path / "old")) == schema_of(database_file(tmp_path / "new"))


def test_the_final_schema_is_pinned(tmp_path: Path):
    """Who changes a step that was released fails here: add a new step and its dump instead."""
    Library.open(tmp_path / "new").close()
    restore(DUMPS[-1], tmp_path / "pinned")
    assert schema_of(database_file(tmp_path / "new")) == schema_of(
        database_file(tmp_path / "pinned")
    )


NEXT = Migration("m999_moods", ("CREATE TABLE moods (name TEXT)", "INSERT INTO moods VALUES ('x')"))


def test_a_further_step_keeps_what_is_there(tmp_path: Path):
    with Library.open(tmp_path) as library:
        voice = library.voices.add("Ada", tone(200))
    path = database_file(tmp_path)
    with closing(connect(path)) as connection:
        steps = (*MIGRATIONS, NEXT)
        assert pending(connection, path, steps) == [NEXT]
        migrate(connection, path, steps)
        migrate(connection, path, steps)  # nothing is left to do
        assert [row[0] for row in connection.execute("SELECT name FROM moods")] == ["x"]
        assert connection.execute("SELECT id FROM voices").fetchone()[0] == voice.id
        names = [row[0] for row in connection.execute("SELECT name FROM migrations ORDER BY 1")]
        assert names == [step.name for step in steps]
    with pytest.raises(LibraryError, match="newer Vocalino.*m999_moods.*upgrade"):
        Library.open(tmp_path)


def test_a_step_that_fails_leaves_nothing_of_itself(tmp_path: Path):
    Library.open(tmp_path).close()
    path = database_file(tmp_path)
    before = schema_of(path)
    broken = Migration("m999_broken", ("CREATE TABLE half (x)", "INSERT INTO nowhere VALUES (1)"))
    with closing(connect(path)) as connection:
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            migrate(connection, path, (*MIGRATIONS, broken))
    assert schema_of(path) == before
    Library.open(tmp_path).close()


def test_a_file_of_another_program_is_refused_and_left_alone(tmp_path: Path):
    path = database_file(tmp_path)
    with closing(connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    before = path.read_bytes()
    with pytest.raises(LibraryError, match="SQLite file of another program"):
        Library.open(tmp_path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database at all, but some text" * 100])
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes):
    database_file(tmp_path).write_bytes(content)
    with pytest.raises(LibraryError, match=r"library\.sqlite3: the file is damaged or is no"):
        Library.open(tmp_path)


def test_a_damaged_page_is_found(tmp_path: Path):
    with Library.open(tmp_path) as library:
        for number in range(200):
            library.voices.add(f"voice {number}", tone(200), notes="x" * 200)
        assert library.problems() == []
    path = database_file(tmp_path)
    data = bytearray(path.read_bytes())
    for page in range(len(data) // 4096 // 2, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = b"\xa5" * 64
    path.write_bytes(data)
    with Library.open(tmp_path) as library:
        assert library.database.problems() != []
        assert library.problems() == library.database.problems()
        with pytest.raises(LibraryError, match="the file is damaged: restore it from a copy"):
            library.voices.list()


def test_a_closed_library_says_so(tmp_path: Path):
    library = Library.open(tmp_path)
    library.close()
    library.close()
    with pytest.raises(LibraryError, match="has been closed"):
        library.takes.list()


def test_a_busy_library_says_so(tmp_path: Path):
    with Library.open(tmp_path) as library:
        with library.database.write():
            other = db.Database(library.database.path, busy_timeout_s=0.05)
            with pytest.raises(LibraryError, match="locked for too long"):
                with other.write():
                    pass
            with other.read() as connection:  # readers never wait for a writer
                assert connection.execute("SELECT count(*) FROM voices").fetchone()[0] == 0
            other.close()


def record(path: Path) -> None:
    """Write the dump of the newest schema: `python tests/library/test_library_migrations.py`."""
    import tempfile

    from library_samples import order

    from vocalino.library import Consent

    with tempfile.TemporaryDirectory() as home, Library.open(Path(home)) as library:
        consent = Consent("recorded_consent", "I agree.")
        voice = library.voices.add("René", tone(220), tags=["alto", "calm"], consent=consent)
        takes = [new_take(index, voice="René", takes=2) for index in (0, 1)]
        stored = library.takes.add_run("run", takes, voice.id)
        library.takes.rank("run", order([1, 0]))
        library.takes.judge(stored[1].id, "kept", "the one")
        library.takes.set_favourite(stored[1].id)
        with library.database.read() as connection:
            lines = [
                f"PRAGMA application_id = {migrations.APPLICATION_ID};",
                # sqlite_sequence is SQLite's own table and can't be made by hand
                *(line for line in connection.iterdump() if "sqlite_sequence" not in line),
            ]
    path.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    record(SCHEMAS / f"{MIGRATIONS[-1].name}.sql")
