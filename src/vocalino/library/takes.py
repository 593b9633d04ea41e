"""Takes: the sound as it was delivered, its receipt, and what the director thinks of it.

The bytes of the delivered file are kept as they are, not an own encoding of the sound: the blob's
name is then the very hash that the receipt states, it is checked without decoding anything, and
no version of an encoder stands between the library and the same bytes again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from typing import get_args

from vocalino.errors import NotFound, RequestError
from vocalino.library import take_rows
from vocalino.library.blobs import Blobs
from vocalino.library.db import Database
from vocalino.library.take_rows import DirectorVerdict, NewTake, StoredTake
from vocalino.library.words import checked_text, like_patterns
from vocalino.take import Ranking


class Takes:
    """The takes of one library. Every method may be called from any thread."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    @staticmethod
    def new_run_id() -> str:
        return secrets.token_hex(16)

    def add(self, run_id: str, take: NewTake, voice_id: str | None = None) -> StoredTake:
        """Store one take as soon as it is finished; it survives any crash once this returns.

        Args:
            voice_id: the voice in the library that was cast; the first take of a run says it.

        Raises:
            NotFound: there is no such voice.
            RequestError: the run has a take of this index already.
            LibraryError: the disk is full or can't be written.
        """
        return self.add_run(run_id, [take], voice_id)[0]

    def add_run(
        self, run_id: str, takes: Sequence[NewTake], voice_id: str | None = None
    ) -> tuple[StoredTake, ...]:
        """Store takes of one run, all or none. Raises as `add` does."""
        files = [file for take in takes for file in take_rows.files_of(take)]
        for data, suffix in files:
            self._blobs.put(data, suffix)
        with self._database.write() as connection:
            for data, suffix in files:
                self._blobs.keep(take_rows.blob_name(data, suffix), data, suffix)
            run = take_rows.run_number(connection, run_id, voice_id)
            ids = [take_rows.insert(connection, run, run_id, take) for take in takes]
            return tuple(take_rows.get(connection, id) for id in ids)

    def rank(self, run_id: str, ranking: Ranking) -> tuple[StoredTake, ...]:
        """Write the order into the receipts of a run that is finished; best take first.

        Takes that the ranking does not know are left without a place and come last.

        Raises:
            NotFound: there is no such run.
        """
        with self._database.write() as connection:
            takes = take_rows.select(connection, "WHERE runs.id = ?", (run_id,))
            if not takes:
                raise NotFound(f"there is no run with the id {run_id!r}")
            for take in takes:
                receipt = take.receipt.placed_in(ranking)
                connection.execute(
                    "UPDATE takes SET receipt = ?, place = ? WHERE id = ?",
                    (receipt.to_json(), receipt.placed and receipt.placed.place, take.id),
                )
            return take_rows.select(
                connection, f"WHERE runs.id = ? {take_rows.BEST_FIRST}", (run_id,)
            )

    def get(self, id: str) -> StoredTake:
        """By id, or by its first eight digits or more when only one take has them.

        Raises:
            NotFound: there is none, or there are several.
        """
        with self._database.read() as connection:
            return take_rows.get(connection, id)

    def list(
        self,
        *,
        text: str = "",
        run_id: str | None = None,
        voice_id: str | None = None,
        verdict: DirectorVerdict | None = None,
        favourite: bool | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> tuple[StoredTake, ...]:
        """Newest run first, the takes of a run by place, then by index.

        Args:
            text: all of its words stand in line, direction, voice, recording or note.

        Raises:
            RequestError: `limit` or `offset` is negative.
        """
        if limit < 0 or offset < 0:
            raise RequestError(f"limit and offset can't be negative, got {limit} and {offset}")
        conditions, values = ["1"], list[str | int]()
        for pattern in like_patterns(text):
            conditions.append("takes.search_text LIKE ? ESCAPE '\\'")
            values.append(pattern)
        for column, value in (
            ("runs.id", run_id),
            ("runs.voice_id", voice_id),
            ("takes.verdict", verdict),
            ("takes.favourite", favourite),
        ):
            if value is not None:
                conditions.append(f"{column} = ?")
                values.append(value)
        # Keys first, then the rows of one page: receipts are large, and sorting would carry all.
        keys = (
            f"SELECT takes.rowid FROM {take_rows.TAKES_AND_RUNS} "
            f"WHERE {' AND '.join(conditions)} {take_rows.BEST_FIRST} LIMIT ? OFFSET ?"
        )
        where = f"WHERE takes.rowid IN ({keys}) {take_rows.BEST_FIRST}"
        with self._database.read() as connection:
            return take_rows.select(connection, where, [*values, limit, offset])

    def judge(self, id: str, verdict: DirectorVerdict | None, note: str = "") -> StoredTake:
        """The director's word on a take; None takes it back.

        Raises:
            NotFound: there is no such take.
            RequestError: an unknown verdict.
        """
        if verdict is not None and verdict not in get_args(DirectorVerdict):
            raise RequestError(f"a take is kept or rejected, got {verdict!r}")
        note = checked_text(note, "note")
        with self._database.write() as connection:
            take = take_rows.get(connection, id)
            connection.execute(
                "UPDATE takes SET verdict = ?, note = ?, search_text = ? WHERE id = ?",
                (verdict, note, take_rows.search_text(take.receipt, note), take.id),
            )
            return take_rows.get(connection, take.id)

    def set_favourite(self, id: str, favourite: bool = True) -> StoredTake:
        """Raises NotFound."""
        with self._database.write() as connection:
            take = take_rows.get(connection, id)
            connection.execute(
                "UPDATE takes SET favourite = ? WHERE id = ?", (int(favourite), take.id)
            )
            return take_rows.get(connection, take.id)

    def audio(self, take: StoredTake) -> bytes:
        """The file as it was delivered. Raises LibraryError when it is missing or damaged."""
        return self._blobs.read(take.audio_blob)

    def performance(self, take: StoredTake) -> bytes | None:
        """The acting before conversion, None when it was not kept. Raises as `audio` does."""
        return None if take.performance_blob is None else self._blobs.read(take.performance_blob)

    def delete(self, ids: Iterable[str]) -> None:
        """Forget takes, all or none, with the files that nothing else uses.

        Raises:
            NotFound: one of them is not there; then none is deleted.
        """
        blobs: list[str | None] = []
        with self._database.write() as connection:
            takes = [take_rows.get(connection, id) for id in ids]
            for take in takes:
                blobs += [take.audio_blob, take.performance_blob]
                connection.execute("DELETE FROM takes WHERE id = ?", (take.id,))
            connection.execute("DELETE FROM runs WHERE number NOT IN (SELECT run FROM takes)")
        self._blobs.release(blob for blob in blobs if blob is not None)
        self._database.forget_deleted()
