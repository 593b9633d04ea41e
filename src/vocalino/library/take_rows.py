"""A take as a value, and its rows in the database."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from vocalino.errors import NotFound, RequestError
from vocalino.library.words import key_of
from vocalino.receipt import AudioFile, Receipt

DirectorVerdict = Literal["kept", "rejected"]


@dataclass(frozen=True)
class NewTake:
    """A take to be stored: its receipt and the bytes of the files that the receipt names.

    `performance` may be None though the receipt names one: it was not kept here.

    Raises:
        RequestError: bytes that are not those of the receipt.
    """

    receipt: Receipt
    audio: bytes
    performance: bytes | None = None

    def __post_init__(self) -> None:
        _check_bytes("audio", self.receipt.audio, self.audio)
        if self.performance is not None:
            _check_bytes("performance", self.receipt.performance, self.performance)


@dataclass(frozen=True)
class StoredTake:
    """A take in the library. `run_id` groups the takes of one request."""

    id: str
    run_id: str
    voice_id: str | None
    receipt: Receipt
    audio_blob: str
    performance_blob: str | None
    verdict: DirectorVerdict | None
    note: str
    favourite: bool
    created_at: datetime


BEST_FIRST = "ORDER BY takes.run DESC, takes.place IS NULL, takes.place, takes.take_index"
TAKES_AND_RUNS = "takes JOIN runs ON runs.number = takes.run"
_MIN_PREFIX_DIGITS = 8


def _check_bytes(what: str, file: AudioFile | None, data: bytes) -> None:
    if file is None:
        raise RequestError(f"the receipt names no {what}, but its bytes were given")
    digest = hashlib.sha256(data).hexdigest()
    if digest != file.sha256:
        raise RequestError(
            f"the {what} is not the file of the receipt: its SHA-256 is {digest}, "
            f"and the receipt says {file.sha256}"
        )


def files_of(take: NewTake) -> list[tuple[bytes, str]]:
    """Bytes and suffix of each file that comes with a take."""
    files = [(take.audio, f".{take.receipt.audio.format}")]
    if take.performance is not None and take.receipt.performance is not None:
        files.append((take.performance, f".{take.receipt.performance.format}"))
    return files


def blob_name(data: bytes, suffix: str) -> str:
    return hashlib.sha256(data).hexdigest() + suffix


def run_number(connection: sqlite3.Connection, run_id: str, voice_id: str | None) -> int:
    if voice_id is not None:
        if connection.execute("SELECT 1 FROM voices WHERE id = ?", (voice_id,)).fetchone() is None:
            raise NotFound(f"there is no voice with the id {voice_id!r}")
    connection.execute(
        "INSERT INTO runs (id, voice_id) VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
        (run_id, voice_id),
    )
    return connection.execute("SELECT number FROM runs WHERE id = ?", (run_id,)).fetchone()[0]


def insert(connection: sqlite3.Connection, run: int, run_id: str, take: NewTake) -> str:
    receipt, id = take.receipt, secrets.token_hex(16)
    taken = connection.execute(
        "SELECT 1 FROM takes WHERE run = ? AND take_index = ?", (run, receipt.index)
    ).fetchone()
    if taken is not None:
        raise RequestError(f"the run {run_id} has a take {receipt.index} already")
    audio_blob, performance_blob = [*(blob_name(*file) for file in files_of(take)), None][:2]
    connection.execute(
        "INSERT INTO takes (id, run, take_index, receipt, audio_blob, performance_blob, place, "
        "search_text, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(id, run, receipt.index, receipt.to_json(), audio_blob, performance_blob),
            *(receipt.placed and receipt.placed.place, search_text(receipt, "")),
            receipt.created_at.isoformat(),
        ),
    )
    return id


def search_text(receipt: Receipt, note: str) -> str:
    words = [note]
    words += [text.text for text in (receipt.line, receipt.direction) if text is not None]
    words += [sound.name for sound in (receipt.reference, receipt.source) if sound is not None]
    return key_of("\n".join(words))


def get(connection: sqlite3.Connection, id: str) -> StoredTake:
    found = select(connection, "WHERE takes.id = ?", (id,))
    if not found and _MIN_PREFIX_DIGITS <= len(id) and id.isalnum():
        found = select(connection, "WHERE takes.id LIKE ? || '%'", (id,))
    if len(found) > 1:
        raise NotFound(f"{len(found)} takes have an id that begins with {id!r}: give more of it")
    if not found:
        raise NotFound(f"there is no take with the id {id!r}")
    return found[0]


def select(
    connection: sqlite3.Connection, where: str, values: Sequence[str | int]
) -> tuple[StoredTake, ...]:
    rows = connection.execute(
        f"SELECT takes.*, runs.id AS run_id, runs.voice_id FROM {TAKES_AND_RUNS} {where}",
        values,
    )
    return tuple(_from_row(row) for row in rows)


def _from_row(row: sqlite3.Row) -> StoredTake:
    return StoredTake(
        id=row["id"],
        run_id=row["run_id"],
        voice_id=row["voice_id"],
        receipt=Receipt.from_json(row["receipt"]),
        audio_blob=row["audio_blob"],
        performance_blob=row["performance_blob"],
        verdict=row["verdict"],
        note=row["note"],
        favourite=bool(row["favourite"]),
        created_at=datetime.fromisoformat(row["created_at"]),
    )
