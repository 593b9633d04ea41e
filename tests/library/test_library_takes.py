"""Takes: stored as they finish, ranked at the end, found, judged and deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from library_samples import new_take, order, tone

from vocalino.errors import LibraryError, NotFound, RequestError
from vocalino.library import Library, NewTake
from vocalino.receipt import Receipt
from vocalino.recordings import AudioFile
from vocalino.request import ConvertRequest, Reference
from vocalino.seeds import take_seed
from vocalino.take import Provenance, Take


def files_of(library: Library) -> set[str]:
    return {path.name for path in library.blobs.folder.glob("*/*")}


def test_a_take_comes_back_byte_for_byte(library: Library):
    voice = library.voices.add("Ada", tone(220))
    new = new_take(2, voice="Ada", with_performance=True)
    stored = library.takes.add("run", new, voice.id)
    assert library.takes.get(stored.id) == stored
    assert stored.receipt == new.receipt
    assert (stored.run_id, stored.voice_id) == ("run", voice.id)
    assert (stored.verdict, stored.note, stored.favourite) == (None, "", False)
    assert library.takes.audio(stored) == new.audio
    assert library.takes.performance(stored) == new.performance
    assert stored.audio_blob == new.receipt.audio.sha256 + ".wav"
    assert stored.performance_blob is not None and stored.performance_blob.endswith(".flac")
    assert stored.created_at == new.receipt.created_at


def test_a_take_without_performance(library: Library):
    stored = library.takes.add("run", new_take())
    assert stored.performance_blob is None
    assert library.takes.performance(stored) is None
    named = new_take(1, with_performance=True)  # the receipt names it, the bytes are not kept
    assert library.takes.add("run", replace(named, performance=None)).performance_blob is None


def test_bytes_must_be_those_of_the_receipt():
    new = new_take()
    with pytest.raises(RequestError, match="audio is not the file of the receipt"):
        NewTake(new.receipt, new.audio + b"!")
    with pytest.raises(RequestError, match="names no performance"):
        NewTake(new.receipt, new.audio, b"acting")


def test_takes_are_stored_as_they_finish_and_ranked_at_the_end(library: Library):
    for index in (2, 0, 1, 3):
        library.takes.add("run", new_take(index))
        assert library.takes.list(run_id="run")[0].receipt.placed is None
    ranked = library.takes.rank("run", order([1, 3, 0]))
    assert [take.receipt.index for take in ranked] == [1, 3, 0, 2]
    assert [t.receipt.placed and t.receipt.placed.place for t in ranked] == [1, 2, 3, None]
    assert ranked[0].receipt.placed and ranked[0].receipt.placed.reason == "take 1"
    assert library.takes.list(run_id="run") == ranked
    again = library.takes.rank("run", order([0, 1, 2, 3]))
    assert [take.receipt.index for take in again] == [0, 1, 2, 3]
    with pytest.raises(NotFound, match="no run with the id 'nope'"):
        library.takes.rank("nope", order([0]))


def test_a_run_is_stored_whole_or_not_at_all(library: Library):
    library.takes.add("run", new_take(1))
    with pytest.raises(RequestError, match="has a take 1 already"):
        library.takes.add_run("run", [new_take(0), new_take(1, seed=8)])
    with pytest.raises(NotFound, match="no voice with the id 'ghost'"):
        library.takes.add_run("run 2", [new_take(0)], "ghost")
    assert [take.receipt.index for take in library.takes.list()] == [1]
    stored = library.takes.add_run("run 2", [new_take(index) for index in range(5)])
    assert [take.receipt.index for take in stored] == [0, 1, 2, 3, 4]


def test_newest_run_first_and_pages(library: Library):
    for run in ("a", "b", "c"):
        library.takes.add_run(run, [new_take(0), new_take(1)])
    library.takes.rank("b", order([1, 0]))
    library.takes.add("a", new_take(2))  # a late take of an early run stays with it
    everything = library.takes.list()
    assert [(t.run_id, t.receipt.index) for t in everything] == [
        *(("c", 0), ("c", 1)),
        *(("b", 1), ("b", 0)),
        *(("a", 0), ("a", 1), ("a", 2)),
    ]
    assert library.takes.list(limit=3, offset=2) == everything[2:5]
    assert library.takes.list(limit=0) == ()
    with pytest.raises(RequestError, match="can't be negative"):
        library.takes.list(limit=-1)
    with pytest.raises(RequestError, match="can't be negative"):
        library.takes.list(offset=-1)


def test_search(library: Library):
    library.takes.add("a", new_take(line="It is 100% true", direction="furious"))
    library.takes.add("b", new_take(line="snake_case, he said", voice="René"))
    library.takes.add("c", new_take(line="お茶をどうぞ", direction="C:\\calm"))

    def runs(text: str) -> list[str]:
        return [take.run_id for take in library.takes.list(text=text)]

    assert runs("") == ["c", "b", "a"]
    assert runs("FURIOUS true") == ["a"]
    assert runs("furious snake") == []
    assert runs("rene\u0301") == ["b"]
    assert runs("茶") == ["c"]
    assert runs("%") == ["a"]
    assert runs("1%0") == []
    assert runs("_") == ["b"]
    assert runs("e_c") == ["b"]
    assert runs("i_s") == []
    assert runs("\\") == ["c"]
    assert runs("' OR 1 --") == []


def test_a_conversion_is_found_by_its_recording(library: Library):
    request = ConvertRequest((tone(100), tone(150)), Reference(tone(220), "Ada"), seed=3)
    take = Take(1, take_seed(3, 1), tone(160), Provenance("draft", {}))
    receipt = Receipt.of(
        take,
        request,
        audio=AudioFile.of("b.wav", b"RIFF", take.audio, "wav"),
        ode_steps=12,
        source_name="Interview\udcff.mp3",  # a file name that is not UTF-8
    )
    stored = library.takes.add("run", NewTake(receipt, b"RIFF"))
    assert library.takes.list(text="interview ada") == (stored,)
    assert library.takes.get(stored.id).receipt == receipt


def test_the_director_judges(library: Library):
    stored = library.takes.add("run", new_take())
    judged = library.takes.judge(stored.id, "kept", "the breath on “made” is it")
    assert (judged.verdict, judged.note) == ("kept", "the breath on “made” is it")
    assert library.takes.list(verdict="kept") == (judged,)
    assert library.takes.list(verdict="rejected") == ()
    assert library.takes.list(text="breath warm") == (judged,)
    favourite = library.takes.set_favourite(stored.id)
    assert library.takes.list(favourite=True) == (favourite,)
    assert library.takes.list(favourite=False) == ()
    assert library.takes.set_favourite(stored.id, False) == judged
    assert library.takes.judge(stored.id, None) == stored
    with pytest.raises(RequestError, match="kept or rejected, got 'meh'"):
        library.takes.judge(stored.id, "meh")  # pyright: ignore[reportArgumentType]
    with pytest.raises(NotFound):
        library.takes.judge("nope", "kept")


def test_an_id_may_be_shortened(library: Library):
    stored = library.takes.add("run", new_take())
    other = library.takes.add("run", new_take(1))
    with library.database.write() as connection:
        connection.execute(
            "UPDATE takes SET id = ? WHERE id = ?", (stored.id[:16] + "0" * 16, other.id)
        )
    assert library.takes.get(stored.id) == stored
    assert library.takes.get(stored.id[:20]) == stored
    with pytest.raises(NotFound, match="2 takes have an id that begins with"):
        library.takes.get(stored.id[:12])
    for nothing in (stored.id[:7], "", "%%%%%%%%", "_" * 32):
        with pytest.raises(NotFound, match="no take with the id"):
            library.takes.get(nothing)


def test_delete(library: Library):
    kept, gone = library.takes.add_run(
        "run", [new_take(0, with_performance=True), new_take(1, with_performance=True)]
    )
    twin = library.takes.add("run 2", new_take(1))  # the same audio as `gone`
    assert twin.audio_blob == gone.audio_blob
    with pytest.raises(NotFound):
        library.takes.delete([gone.id, "nope"])
    assert library.takes.get(gone.id) == gone
    library.takes.delete([gone.id])
    assert library.takes.list() == (twin, kept)
    assert files_of(library) == {kept.audio_blob, kept.performance_blob, twin.audio_blob}
    library.takes.delete([kept.id, twin.id])
    assert files_of(library) == set()
    with library.database.read() as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone()[0] == 0


def test_a_format_that_is_no_suffix_is_refused(library: Library):
    new = new_take()
    odd = replace(new.receipt, audio=replace(new.receipt.audio, format="../../x"))
    with pytest.raises(LibraryError, match="not the name of a blob"):
        library.takes.add("run", NewTake(odd, new.audio))
    assert library.takes.list() == ()
