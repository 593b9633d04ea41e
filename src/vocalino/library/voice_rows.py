"""A voice as a value, and its rows in the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from vocalino.errors import NotFound, RequestError
from vocalino.library.words import checked_text, key_of
from vocalino.receipt import ConsentBasis, Receipt

VoiceSource = Literal["clip", "designed"]


@dataclass(frozen=True)
class Consent:
    """By what right a voice is used, and the statement in words.

    Raises:
        RequestError: an unknown basis, or control characters in the statement.
    """

    basis: ConsentBasis = "unstated"
    statement: str = ""

    def __post_init__(self) -> None:
        if self.basis not in get_args(ConsentBasis):
            known = ", ".join(get_args(ConsentBasis))
            raise RequestError(f"unknown consent basis {self.basis!r}: choose one of {known}")
        statement = checked_text(self.statement, "consent statement")
        object.__setattr__(self, "statement", statement)


@dataclass(frozen=True)
class Voice:
    """A voice in the library; `content_hash` is that of its decoded clip, as in receipts."""

    id: str
    name: str
    clip_blob: str
    content_hash: str
    duration_s: float
    sample_rate_hz: int
    tags: tuple[str, ...]
    notes: str
    consent: Consent
    source: VoiceSource
    description: str
    receipt: Receipt | None
    created_at: datetime


def write_tags(connection: sqlite3.Connection, id: str, tags: tuple[str, ...]) -> None:
    connection.execute("DELETE FROM voice_tags WHERE voice_id = ?", (id,))
    connection.executemany(
        "INSERT INTO voice_tags VALUES (?, ?, ?, ?)",
        [(id, position, tag, key_of(tag)) for position, tag in enumerate(tags)],
    )


def refuse_twin(connection: sqlite3.Connection, id: str, name: str) -> None:
    row = connection.execute(
        "SELECT name FROM voices WHERE name_key = ? AND id != ?", (key_of(name), id)
    ).fetchone()
    if row is not None:
        same = "" if row["name"] == name else f" (as {row['name']!r}, which looks the same)"
        raise RequestError(f"there is a voice {name!r} already{same}: choose another name")


def refreshed(connection: sqlite3.Connection, id: str) -> Voice:
    """The voice as its row now says, which can be found by all of its words."""
    voice = get(connection, id)
    words = (voice.name, *voice.tags, voice.notes, voice.description)
    connection.execute(
        "UPDATE voices SET search_text = ? WHERE id = ?", (key_of("\n".join(words)), id)
    )
    return voice


def names(connection: sqlite3.Connection) -> list[str]:
    return [row["name"] for row in connection.execute("SELECT name FROM voices")]


def get(connection: sqlite3.Connection, id: str) -> Voice:
    found = select(connection, "WHERE id = ?", (id,))
    if not found:
        raise NotFound(f"there is no voice with the id {id!r}")
    return found[0]


def select(connection: sqlite3.Connection, where: str, values: Sequence[str]) -> tuple[Voice, ...]:
    rows = connection.execute(f"SELECT * FROM voices {where}", values).fetchall()
    return tuple(_from_row(row, _tags(connection, row["id"])) for row in rows)


def _tags(connection: sqlite3.Connection, id: str) -> tuple[str, ...]:
    rows = connection.execute(
        "SELECT tag FROM voice_tags WHERE voice_id = ? ORDER BY position", (id,)
    )
    return tuple(row["tag"] for row in rows)


def _from_row(row: sqlite3.Row, tags: tuple[str, ...]) -> Voice:
    return Voice(
        id=row["id"],
        name=row["name"],
        clip_blob=row["clip_blob"],
        content_hash=row["content_hash"],
        duration_s=row["duration_s"],
        sample_rate_hz=row["sample_rate_hz"],
        tags=tags,
        notes=row["notes"],
        consent=Consent(row["consent_basis"], row["consent_statement"]),
        source=row["source"],
        description=row["description"],
        receipt=None if row["receipt"] is None else Receipt.from_json(row["receipt"]),
        created_at=datetime.fromisoformat(row["created_at"]),
    )
