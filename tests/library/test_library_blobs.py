"""Files by content: written whole, checked when read, removed only when nothing uses them."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest
from library_samples import new_take, tone

from vocalino.errors import LibraryError
from vocalino.library import Library


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_a_blob_is_named_by_its_content(library: Library):
    name = library.blobs.put(b"sound", ".wav")
    digest = hashlib.sha256(b"sound").hexdigest()
    assert name == digest + ".wav"
    assert library.blobs.path(name) == library.blobs.folder / digest[:2] / name
    assert library.blobs.read(name) == b"sound"
    assert library.blobs.has(name)
    assert library.blobs.put(b"sound", ".wav") == name
    assert [p.name for p in library.blobs.folder.rglob("*") if p.is_file()] == [name]


def test_damage_is_found_when_reading(library: Library):
    stored = library.takes.add("run", new_take())
    path = library.blobs.path(stored.audio_blob)
    good = path.read_bytes()
    path.write_bytes(bytes([good[0] ^ 1]) + good[1:])
    with pytest.raises(LibraryError, match="is damaged") as caught:
        library.takes.audio(stored)
    assert str(path) in str(caught.value)
    assert library.problems() == [str(caught.value)]
    path.unlink()
    with pytest.raises(LibraryError, match="is missing: restore it") as caught:
        library.takes.audio(stored)
    assert library.problems() == [str(caught.value)]
    library.blobs.put(good, ".wav")
    assert library.takes.audio(stored) == good


def test_good_bytes_at_hand_mend_a_damaged_file(library: Library):
    name = library.blobs.put(b"sound", ".wav")
    library.blobs.path(name).write_bytes(b"noise")
    library.blobs.put(b"sound", ".wav")
    assert library.blobs.read(name) == b"sound"


@pytest.mark.parametrize("name", ["", "x.wav", "../" + "a" * 64 + ".wav", "A" * 64 + ".wav"])
def test_only_names_of_blobs_become_paths(library: Library, name: str):
    with pytest.raises(LibraryError, match="is not the name of a blob"):
        library.blobs.read(name)


def test_sweep_removes_what_no_row_uses_after_the_grace(library: Library):
    used = library.takes.add("run", new_take(with_performance=True))
    voice = library.voices.add("Ada", tone(200))
    orphan = library.blobs.path(library.blobs.put(b"orphan", ".wav"))
    partial = orphan.with_name(orphan.name + "~00ff.part")
    partial.write_bytes(b"orp")
    strangers = [orphan.parent / "README.txt", library.blobs.folder / "notes.txt"]
    for path in strangers:
        path.write_text("mine")
    for path in library.blobs.folder.rglob("*"):
        if path.is_file():
            age(path, 5000.0)
    age(orphan, 100.0)

    assert library.sweep(grace_s=3600.0) == [partial]
    assert library.sweep(grace_s=50.0) == [orphan]
    assert library.sweep(grace_s=0.0) == []
    assert all(path.exists() for path in strangers)
    assert library.takes.audio(used) and library.takes.performance(used)
    assert library.voices.clip(voice)


def test_looking_for_a_blob_reads_no_table(library: Library):
    """Once it did, and a sweep of ten thousand takes held the write lock for minutes."""
    with library.database.read() as connection:
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT 1 FROM used_blobs WHERE name = 'x' LIMIT 1"
        )
        steps = [row["detail"] for row in plan]
    assert [step for step in steps if "SCAN" in step] == []
    assert len([step for step in steps if step.startswith("SEARCH")]) == 3


def test_putting_again_begins_the_grace_anew(library: Library):
    path = library.blobs.path(library.blobs.put(b"orphan", ".wav"))
    age(path, 5000.0)
    library.blobs.put(b"orphan", ".wav")
    assert library.sweep(grace_s=3600.0) == []
    assert path.exists()


def test_a_sweep_between_file_and_row_does_no_harm(
    library: Library, monkeypatch: pytest.MonkeyPatch
):
    """The worst moment: another process sweeps without grace after the file was written."""
    write = library.database.write

    def sweep_first() -> object:
        monkeypatch.setattr(library.database, "write", write)
        assert len(library.sweep(grace_s=-1.0)) == 2
        return write()

    new = new_take(with_performance=True)
    monkeypatch.setattr(library.database, "write", sweep_first)
    stored = library.takes.add("run", new)
    assert library.takes.audio(stored) == new.audio
    assert library.takes.performance(stored) == new.performance


def test_nothing_unfinished_stays_when_writing_fails(
    library: Library, monkeypatch: pytest.MonkeyPatch
):
    def fail(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(LibraryError, match="can't write .*No space left on device"):
        library.takes.add("run", new_take())
    assert [path for path in library.blobs.folder.rglob("*") if path.is_file()] == []
    assert library.takes.list() == ()
