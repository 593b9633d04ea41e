"""Voices: names and their twins, finding, changing, and really deleting."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from library_samples import new_take, tone

from vocalino.audio import Audio
from vocalino.audio.encode import encode
from vocalino.errors import AudioError, LibraryError, NotFound, RequestError
from vocalino.library import Consent, Library
from vocalino.library.words import key_of


def files_of(library: Library) -> set[str]:
    return {path.name for path in library.blobs.folder.glob("*/*")}


def test_a_voice_comes_back_as_it_was_added(library: Library):
    samples = np.random.default_rng(1).normal(0, 0.4, 4801).astype(np.float32)  # beyond 1 too
    clip = Audio(samples, 48000)
    receipt = new_take().receipt
    voice = library.voices.add(
        "Ada",
        clip,
        tags=["warm", "alto"],
        notes="Booth 2.\nClose microphone.",
        source="designed",
        description="a calm alto",
        receipt=receipt,
    )
    assert library.voices.get(voice.id) == voice
    assert voice.tags == ("warm", "alto")
    assert voice.notes == "Booth 2.\nClose microphone."
    assert voice.consent == Consent("synthetic")
    assert (voice.source, voice.description, voice.receipt) == ("designed", "a calm alto", receipt)
    assert voice.content_hash == clip.content_hash
    assert (voice.sample_rate_hz, voice.duration_s) == (48000, clip.duration_s)
    again = library.voices.clip(voice)
    assert np.array_equal(again.samples, clip.samples)
    assert again.content_hash == clip.content_hash
    assert library.voices.by_content_hash(clip.content_hash) == (voice,)
    assert library.voices.by_content_hash("0" * 64) == ()


def test_clips_are_wav_files_that_others_can_read(library: Library):
    soundfile = pytest.importorskip("soundfile")
    voice = library.voices.add("Ada", tone(200))
    path = library.blobs.path(voice.clip_blob)
    assert soundfile.info(path).subtype == "FLOAT"
    samples, rate_hz = soundfile.read(path, dtype="float32")
    assert rate_hz == 16000
    assert np.array_equal(samples, tone(200).samples)


def test_a_clip_without_consent_is_unstated_and_a_statement_stays(library: Library):
    assert library.voices.add("A", tone(200)).consent == Consent("unstated", "")
    consent = Consent("recorded_consent", "I, Ada, agree.\nLondon")
    assert library.voices.add("B", tone(200), consent=consent).consent == consent
    with pytest.raises(RequestError, match="unknown consent basis 'yes'"):
        Consent("yes")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    "twin",
    [
        "rené",
        "RENÉ",
        unicodedata.normalize("NFD", "René"),
        " René ",
        "Ｒené",  # full width
        "Re\u200bné",  # zero width space inside
        "René\u202e",
    ],
)
def test_twin_names_are_refused(library: Library, twin: str):
    voice = library.voices.add("René", tone(200))
    with pytest.raises(RequestError, match="'René'"):
        library.voices.add(twin, tone(300))
    other = library.voices.add("Bob", tone(300))
    with pytest.raises(RequestError, match="'René'"):
        library.voices.rename(other.id, twin)
    assert library.voices.by_name(twin) == voice
    assert {v.name for v in library.voices.list()} == {"René", "Bob"}
    # a clip that was stored for the refused voice is an orphan at most
    library.sweep(grace_s=-1.0)
    assert files_of(library) == {voice.clip_blob, other.clip_blob}


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=20))
def test_twins_have_one_key(text: str):
    key = key_of(text)
    for twin in (text.upper().lower(), key, f" {text} "):
        if key_of(twin) != key:  # not every upper case has a way back (ı, ſ, final sigma)
            assert twin == text.upper().lower()
    for form in ("NFC", "NFD", "NFKC"):
        assert key_of(unicodedata.normalize(form, text)) == key
    assert key_of(key) == key


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("\u200b", "is empty"),
        ("a\x00b", "control character U+0000"),
        ("a\x1b[31m", "control character U+001B"),
        ("a\udc80", "control character U+DC80"),
        ("x" * 101, "101 characters"),
    ],
)
def test_names_that_are_none(library: Library, name: str, said: str):
    with pytest.raises(RequestError) as caught:
        library.voices.add(name, tone(200))
    assert said in str(caught.value)
    assert files_of(library) == set()


@pytest.mark.parametrize("name", ["../../etc/passwd", "CON", "a/b\\c", ".", "'; DROP TABLE voices"])
def test_a_name_is_only_text(library: Library, name: str, tmp_path: Path):
    voice = library.voices.add(name, tone(200))
    assert library.voices.by_name(name) == voice
    assert voice.name == name
    assert files_of(library) == {voice.clip_blob}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["library"]


def test_what_is_not_there_names_what_is_near(library: Library):
    with pytest.raises(NotFound, match="has none yet"):
        library.voices.by_name("Ada")
    for name in ("Adelheid", "Bob", "Ada Lovelace"):
        library.voices.add(name, tone(200))
    with pytest.raises(NotFound, match="did you mean 'Adelheid'"):
        library.voices.find("adelhied")
    with pytest.raises(NotFound, match="nor one with a name like it"):
        library.voices.find("zzz")
    with pytest.raises(NotFound, match="no voice with the id 'zzz'"):
        library.voices.get("zzz")


def test_find_takes_an_id_or_a_name(library: Library):
    voice = library.voices.add("Ada", tone(200))
    imposter = library.voices.add(voice.id, tone(300))  # named like the other's id
    assert library.voices.find("ada") == voice
    assert library.voices.find(voice.id) == voice
    assert library.voices.find(imposter.id) == imposter


def test_list_and_search(library: Library):
    library.voices.add("Zoë", tone(200), tags=["Alto", "calm"], notes="100% ready_now")
    library.voices.add("ada", tone(200), tags=["bass"], description="gravel \\ and smoke")
    library.voices.add("Bob", tone(200), tags=["ALTO"])

    def names(**query: str) -> list[str]:
        return [voice.name for voice in library.voices.list(**query)]

    assert names() == ["ada", "Bob", "Zoë"]
    assert names(tag="alto") == ["Bob", "Zoë"]
    assert names(tag="al") == []
    assert names(text="ZOE\u0308") == ["Zoë"]
    assert names(text="alto ready") == ["Zoë"]
    assert names(text="SMOKE") == ["ada"]
    # letters of LIKE are letters here
    assert names(text="%") == ["Zoë"]
    assert names(text="0%") == ["Zoë"]
    assert names(text="_") == ["Zoë"]
    assert names(text="d_y") == []
    assert names(text="\\") == ["ada"]
    assert names(text="b%b") == []


def test_update_changes_what_is_given_and_nothing_else(library: Library):
    voice = library.voices.add("Ada", tone(200), tags=["a"], notes="n", consent=Consent("self"))
    renamed = library.voices.rename(voice.id, "ADA")  # a twin of itself is no twin
    assert renamed.name == "ADA"
    assert (renamed.tags, renamed.notes, renamed.consent) == (("a",), "n", Consent("self"))
    changed = library.voices.update(
        voice.id, tags=["x", "y", "X"], notes="", consent=Consent("licensed", "CC0")
    )
    assert changed.tags == ("x", "y")
    assert (changed.notes, changed.consent) == ("", Consent("licensed", "CC0"))
    assert library.voices.get(voice.id) == changed
    assert [v.id for v in library.voices.list(text="y")] == [voice.id]
    assert library.voices.list(tag="a") == ()
    with pytest.raises(NotFound):
        library.voices.update("nobody", notes="x")
    with pytest.raises(RequestError, match="tags must be a list"):
        library.voices.update(voice.id, tags="abc")


def test_bad_values_are_refused(library: Library):
    with pytest.raises(RequestError, match="is empty"):
        library.voices.add("Ada", Audio(np.zeros(0, np.float32), 16000))
    with pytest.raises(RequestError, match="source 'stolen'"):
        library.voices.add("Ada", tone(200), source="stolen")  # pyright: ignore[reportArgumentType]
    with pytest.raises(RequestError, match=r"notes holds the control character U\+0007"):
        library.voices.add("Ada", tone(200), notes="bell \x07")
    with pytest.raises(RequestError, match="more than 10000"):
        library.voices.add("Ada", tone(200), notes="x" * 10_001)
    with pytest.raises(AudioError, match="the clip"):  # it could not be read back
        library.voices.add("Ada", Audio(np.full(16000, 1e30, np.float32), 16000))
    assert library.voices.list() == ()
    assert files_of(library) == set()


def test_delete_leaves_the_takes_without_the_voice(library: Library):
    voice = library.voices.add("Ada", tone(220))
    take = library.takes.add("run", new_take(voice="Ada"), voice.id)
    library.voices.delete(voice.id)
    with pytest.raises(NotFound):
        library.voices.get(voice.id)
    kept = library.takes.get(take.id)
    assert kept.voice_id is None
    assert kept.receipt == take.receipt
    assert library.takes.audio(kept)
    assert files_of(library) == {take.audio_blob}
    with pytest.raises(NotFound):
        library.voices.delete(voice.id)


def test_delete_with_takes(library: Library):
    voice = library.voices.add("Ada", tone(220))
    other = library.takes.add("other", new_take(3))
    library.takes.add_run("run", [new_take(0, with_performance=True), new_take(1)], voice.id)
    library.voices.delete(voice.id, with_takes=True)
    assert library.takes.list() == (other,)
    assert files_of(library) == {other.audio_blob}


def test_delete_keeps_a_clip_that_another_voice_uses(library: Library):
    first = library.voices.add("Ada", tone(200))
    second = library.voices.add("Bea", tone(200))
    assert first.clip_blob == second.clip_blob
    library.voices.delete(first.id)
    assert library.voices.clip(second).content_hash == tone(200).content_hash
    library.voices.delete(second.id)
    assert files_of(library) == set()


def test_delete_overwrites(tmp_path: Path):
    secret = "Quetzalcoatl"
    with Library.open(tmp_path) as library:
        library.voices.add("Bob", tone(200))
        voice = library.voices.add(
            secret, tone(300), tags=[secret], notes=secret, consent=Consent("self", secret)
        )

        def found() -> list[str]:
            files = [path for path in tmp_path.rglob("*") if path.is_file()]
            needles = (secret.encode(), secret.lower().encode())
            return [f.name for f in files if any(n in f.read_bytes() for n in needles)]

        assert found() != []
        library.voices.delete(voice.id)
        assert found() == []


def test_a_clip_that_was_exchanged_is_noticed(library: Library):
    voice = library.voices.add("Ada", tone(200))
    blob = library.blobs.put(encode(tone(300), "wav", "float32"), ".wav")
    with library.database.write() as connection:
        connection.execute("UPDATE voices SET clip_blob = ?", (blob,))
    with pytest.raises(LibraryError, match="not the one that was added"):
        library.voices.clip(library.voices.get(voice.id))
