"""The library on disk: voices and takes in one SQLite file, their sound in files by hash.

with Library.open(home) as library:
    voice = library.voices.add("Ada", clip, consent=Consent("self"))
    library.takes.add(run_id, NewTake(receipt, data), voice.id)
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from vocalino.errors import LibraryError
from vocalino.library.blobs import Blobs
from vocalino.library.db import Database
from vocalino.library.take_rows import NewTake, StoredTake
from vocalino.library.takes import Takes
from vocalino.library.voice_rows import Consent, Voice
from vocalino.library.voices import Voices

__all__ = ["Consent", "Library", "NewTake", "StoredTake", "Takes", "Voice", "Voices"]

SWEEP_GRACE_S = 3600.0  # far longer than anyone takes from writing a file to writing its row


class Library:
    """Voices and takes under `home/library/`. Safe from many threads and processes at once."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self.database = database
        self.blobs = blobs
        self.voices = Voices(database, blobs)
        self.takes = Takes(database, blobs)

    @classmethod
    def open(cls, home: Path) -> Library:
        """Open the library in `home`, or begin a new one.

        Raises:
            LibraryError: it can't be written, is damaged, or is of a newer Vocalino.
        """
        folder = home / "library"
        try:
            (folder / "blobs").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(
                f"can't make the folder of the library {folder}: {error.strerror or error}; "
                "set VOCALINO_HOME to a folder that can be written"
            ) from error
        database = Database(folder / "library.sqlite3")
        return cls(database, Blobs(folder / "blobs", database))

    def problems(self) -> list[str]:
        """All that is wrong with the files of the library, in words; it reads every one."""
        found = self.database.problems()
        return found if found else self.blobs.problems()

    def sweep(self, grace_s: float = SWEEP_GRACE_S) -> list[Path]:
        """Remove files that a crash left behind; returns them."""
        return self.blobs.sweep(grace_s)

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
