"""Voices: a name, the clip it was taken from, and by what right it is used."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import get_args

from vocalino.audio import Audio
from vocalino.audio.decode import decode
from vocalino.audio.encode import encode
from vocalino.errors import LibraryError, NotFound, RequestError
from vocalino.library import voice_rows
from vocalino.library.blobs import Blobs
from vocalino.library.db import Database
from vocalino.library.voice_rows import Consent, Voice, VoiceSource
from vocalino.library.words import (
    MAX_TAG_CHARACTERS,
    checked_name,
    checked_text,
    key_of,
    like_patterns,
    not_found,
)
from vocalino.receipt import Receipt

_SUFFIX = ".wav"


class Voices:
    """The voices of one library. Every method may be called from any thread."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    def add(
        self,
        name: str,
        clip: Audio,
        *,
        tags: Sequence[str] = (),
        notes: str = "",
        consent: Consent | None = None,
        source: VoiceSource = "clip",
        description: str = "",
        receipt: Receipt | None = None,
    ) -> Voice:
        """Store a voice; its clip is on the disk when this returns.

        Args:
            consent: when None, "synthetic" for a designed voice and "unstated" for a clip.
            description: the words that a designed voice was made from.
            receipt: of the take that a designed voice was cut from.

        Raises:
            RequestError: a name that is taken (see `words.key_of`) or none, or an empty clip.
            AudioError: a clip over the limits of `audio.decode`, which could not be read back.
            LibraryError: the disk is full or can't be written.
        """
        if not clip.samples.size:
            raise RequestError(f"the clip of the voice {name!r} is empty: give a few seconds")
        if source not in get_args(VoiceSource):
            raise RequestError(f"unknown source {source!r} of a voice: it is clip or designed")
        voice = Voice(
            id=secrets.token_hex(16),
            name=checked_name(name),
            clip_blob="",
            content_hash=clip.content_hash,
            duration_s=clip.duration_s,
            sample_rate_hz=clip.sample_rate_hz,
            tags=_checked_tags(tags),
            notes=checked_text(notes, "notes"),
            consent=consent or Consent("synthetic" if source == "designed" else "unstated"),
            source=source,
            description=checked_text(description, "description"),
            receipt=receipt,
            created_at=datetime.now(UTC),
        )
        data = _lossless(clip)
        blob = self._blobs.put(data, _SUFFIX)
        with self._database.write() as connection:
            self._blobs.keep(blob, data, _SUFFIX)
            voice_rows.refuse_twin(connection, voice.id, voice.name)
            connection.execute(
                "INSERT INTO voices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(voice.id, voice.name, key_of(voice.name), blob, voice.content_hash),
                    *(voice.duration_s, voice.sample_rate_hz, voice.notes),
                    *(voice.consent.basis, voice.consent.statement, source, voice.description),
                    *(receipt and receipt.to_json(), "", voice.created_at.isoformat()),
                ),
            )
            voice_rows.write_tags(connection, voice.id, voice.tags)
            return voice_rows.refreshed(connection, voice.id)

    def get(self, id: str) -> Voice:
        """Raises NotFound."""
        with self._database.read() as connection:
            return voice_rows.get(connection, id)

    def by_name(self, name: str) -> Voice:
        """The voice of that name or a twin of it. Raises NotFound, with the names that are near."""
        with self._database.read() as connection:
            found = voice_rows.select(connection, "WHERE name_key = ?", (key_of(name),))
            if found:
                return found[0]
            raise not_found("voice", name, voice_rows.names(connection))

    def find(self, name_or_id: str) -> Voice:
        """By id, or else by name. Raises NotFound, with the names that are near."""
        try:
            return self.get(name_or_id)
        except NotFound:
            return self.by_name(name_or_id)

    def by_content_hash(self, content_hash: str) -> tuple[Voice, ...]:
        """Every voice taken from that very sound, oldest first: where a receipt's reference is."""
        with self._database.read() as connection:
            where = "WHERE content_hash = ? ORDER BY created_at, id"
            return voice_rows.select(connection, where, (content_hash,))

    def list(self, *, text: str = "", tag: str | None = None) -> tuple[Voice, ...]:
        """By name. `text`: all of its words stand in name, tags, notes or description."""
        conditions, values = ["1"], list[str]()
        for pattern in like_patterns(text):
            conditions.append("search_text LIKE ? ESCAPE '\\'")
            values.append(pattern)
        if tag is not None:
            conditions.append("id IN (SELECT voice_id FROM voice_tags WHERE tag_key = ?)")
            values.append(key_of(tag))
        with self._database.read() as connection:
            where = f"WHERE {' AND '.join(conditions)} ORDER BY name_key"
            return voice_rows.select(connection, where, values)

    def update(
        self,
        id: str,
        *,
        name: str | None = None,
        tags: Sequence[str] | None = None,
        notes: str | None = None,
        consent: Consent | None = None,
        description: str | None = None,
    ) -> Voice:
        """Change what is not None.

        Raises:
            NotFound: there is no such voice.
            RequestError: the name is taken or none.
        """
        changes: dict[str, str] = {}
        if name is not None:
            name = checked_name(name)
            changes |= {"name": name, "name_key": key_of(name)}
        if notes is not None:
            changes["notes"] = checked_text(notes, "notes")
        if description is not None:
            changes["description"] = checked_text(description, "description")
        if consent is not None:
            changes["consent_basis"] = consent.basis
            changes["consent_statement"] = consent.statement
        checked_tags = None if tags is None else _checked_tags(tags)
        with self._database.write() as connection:
            voice_rows.get(connection, id)
            if name is not None:
                voice_rows.refuse_twin(connection, id, name)
            for column, value in changes.items():
                connection.execute(f"UPDATE voices SET {column} = ? WHERE id = ?", (value, id))
            if checked_tags is not None:
                voice_rows.write_tags(connection, id, checked_tags)
            return voice_rows.refreshed(connection, id)

    def rename(self, id: str, name: str) -> Voice:
        """Raises as `update` does."""
        return self.update(id, name=name)

    def clip(self, voice: Voice) -> Audio:
        """The clip, sample for sample as it was added.

        Raises:
            LibraryError: the file is missing or damaged.
        """
        clip = decode(self._blobs.read(voice.clip_blob), what=f"the clip of {voice.name!r}")
        if clip.content_hash != voice.content_hash:
            raise LibraryError(
                f"the clip of the voice {voice.name!r} is not the one that was added: "
                f"{self._blobs.path(voice.clip_blob)}"
            )
        return clip

    def delete(self, id: str, *, with_takes: bool = False) -> None:
        """Forget a voice: its row, and its clip unless another voice or take uses the file.

        Its takes stay with their receipts, no longer linked to a voice, unless `with_takes`.
        What was deleted is overwritten in the database, not only unlinked.

        Raises:
            NotFound: there is no such voice.
        """
        with self._database.write() as connection:
            blobs = [voice_rows.get(connection, id).clip_blob]
            if with_takes:
                rows = connection.execute(
                    "SELECT audio_blob, performance_blob FROM takes "
                    "WHERE run IN (SELECT number FROM runs WHERE voice_id = ?)",
                    (id,),
                ).fetchall()
                blobs += [blob for row in rows for blob in row if blob is not None]
                connection.execute("DELETE FROM runs WHERE voice_id = ?", (id,))
            connection.execute("DELETE FROM voices WHERE id = ?", (id,))
        self._blobs.release(blobs)
        self._database.forget_deleted()


def _lossless(clip: Audio) -> bytes:
    """A clip as WAV of 32-bit floats: every sample as it is.

    Its content hash stands in receipts, and a take can only be made again from the very same
    samples: 16 bits would round them, and the file that came in (MP3, say) is decoded a little
    differently by another version of its decoder. Read back here, so that `clip` can't fail later.
    """
    data = encode(clip, "wav", "float32")
    assert decode(data, what="the clip").content_hash == clip.content_hash
    return data


def _checked_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Twins of a tag are one tag, written as it came first."""
    if isinstance(tags, str):
        raise RequestError(f"tags must be a list of texts, got the text {tags!r}")
    by_key: dict[str, str] = {}
    for tag in tags:
        checked = checked_name(tag, "tag", MAX_TAG_CHARACTERS)
        by_key.setdefault(key_of(checked), checked)
    return tuple(by_key.values())
