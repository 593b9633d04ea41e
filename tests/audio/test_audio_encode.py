"""Files that come out: true to the sound, the same every time, whole or not there."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from audio_sounds import at, mixed, noise, snr_db, speech, tone
from hypothesis import given, settings
from hypothesis import strategies as st

from vocalino.audio import Audio, ogg
from vocalino.audio.decode import decode
from vocalino.audio.encode import FORMATS, Depth, encode, pcm16, wav_header, write
from vocalino.errors import AudioError

SPEECH = at(speech(), 24_000).span(0, 4)


@pytest.mark.parametrize(
    ("fmt", "depth", "least_db"),
    [
        ("wav", "pcm16", 70),
        ("wav", "pcm24", 115),
        ("wav", "float32", 250),
        ("flac", "pcm16", 70),
        ("flac", "pcm24", 115),
        ("ogg", "pcm16", 18),
        ("opus", "pcm16", 14),
        ("mp3", "pcm16", 16),
    ],
)
def test_a_round_trip_keeps_the_sound_and_its_length(
    fmt: str, depth: Depth, least_db: float
) -> None:
    got = decode(encode(SPEECH, fmt, depth))
    assert got.sample_rate_hz == SPEECH.sample_rate_hz
    assert snr_db(got, SPEECH) > least_db


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 44_100, 48_000, 96_000])
def test_every_format_takes_every_rate(fmt: str, rate_hz: int) -> None:
    sound = at(tone(1.0), rate_hz)
    got = decode(encode(sound, fmt))
    assert got.duration_s == pytest.approx(1.0, abs=0.001)
    raised = {"opus": {22_050: 24_000, 44_100: 48_000, 96_000: 48_000}, "mp3": {96_000: 48_000}}
    assert got.sample_rate_hz == raised.get(fmt, {}).get(rate_hz, rate_hz)
    assert snr_db(got, at(sound, got.sample_rate_hz)) > 15


@pytest.mark.parametrize("size", [1, 2, 159, 960, 1153, 4096, 4097, 70_001])
@pytest.mark.parametrize("fmt", FORMATS)
def test_every_length_comes_back(fmt: str, size: int) -> None:
    sound = Audio(tone(3.0).samples[:size], 24_000)
    assert decode(encode(sound, fmt)).samples.size == size


def test_flac_holds_the_very_samples_of_wav() -> None:
    for depth in ("pcm16", "pcm24"):
        flac, wav = decode(encode(SPEECH, "flac", depth)), decode(encode(SPEECH, "wav", depth))
        assert flac.content_hash == wav.content_hash


def test_sixteen_bits_round_to_nearest_up_to_both_ends() -> None:
    sound = Audio(np.array([-1, -0.5, 0, 0.4 / 32768, 0.6 / 32768, 0.5, 1], np.float32), 8_000)
    assert np.frombuffer(pcm16(sound), "<i2").tolist() == [-32768, -16384, 0, 0, 1, 16384, 32767]


_HASHES = """
import hashlib, sys
import numpy as np
from vocalino.audio import Audio
from vocalino.audio.encode import FORMATS, encode
sound = Audio(0.3 * np.sin(np.arange(50_000, dtype=np.float32) / 9), 24_000)
for fmt in FORMATS:
    for depth in FORMATS[fmt].depths or ("pcm16",):
        sys.stdout.write(hashlib.sha256(encode(sound, fmt, depth)).hexdigest() + " ")
"""


def test_the_same_sound_gives_the_same_bytes_in_another_process() -> None:
    """Ogg serials and the PEAK chunk of float WAV come from the clock if nobody minds them."""
    runs = [subprocess.run([sys.executable, "-c", _HASHES], capture_output=True) for _ in range(2)]
    assert runs[0].stdout.split() == runs[1].stdout.split()
    assert len(set(runs[0].stdout.split())) == 8


def test_ogg_serials_follow_the_content() -> None:
    first, second = encode(tone(0.2), "ogg"), encode(tone(0.2, frequency_hz=200), "ogg")
    assert first[14:18] != second[14:18]
    assert (
        ogg.with_serial(ogg.with_serial(first, 7), int.from_bytes(first[14:18], "little")) == first
    )


def test_ogg_pages_must_be_whole() -> None:
    with pytest.raises(AudioError, match="no Ogg page at byte"):
        ogg.with_serial(encode(tone(0.2), "ogg") + b"junk", 1)


@pytest.mark.parametrize("fmt", FORMATS)
def test_over_full_scale_is_refused_and_never_clipped(fmt: str) -> None:
    with pytest.raises(AudioError, match=r"peak is \+3.52 dB over full scale"):
        encode(tone(peak=1.5), fmt)


def test_float_wav_holds_what_is_over_full_scale() -> None:
    assert decode(encode(tone(peak=1.5), "wav", "float32")).peak == pytest.approx(1.5, abs=1e-3)


def test_unknown_formats_and_depths_name_the_known_ones() -> None:
    with pytest.raises(AudioError, match="'aac': choose one of wav, flac, ogg, opus, mp3"):
        encode(SPEECH, "aac")
    with pytest.raises(AudioError, match="flac can't be 'float32': choose one of pcm16, pcm24"):
        encode(SPEECH, "flac", "float32")


@pytest.mark.parametrize("fmt", FORMATS)
def test_no_samples_make_no_file(fmt: str) -> None:
    with pytest.raises(AudioError, match="holds 0 samples"):
        encode(Audio.silence(0, 24_000), fmt)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 300), st.sampled_from(["pcm16", "pcm24", "float32"]))
def test_wav_files_are_read_by_the_standard_library_too(size: int, depth: Depth) -> None:
    data = encode(Audio(tone().samples[:size], 24_000), "wav", depth)
    assert len(data) % 2 == 0  # chunks are padded to even sizes
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    if depth != "float32":  # which the standard library does not know
        with wave.open(io.BytesIO(data)) as file:
            assert file.getnframes() == size
            assert file.getsampwidth() == int(depth[3:]) // 8


def test_a_stream_is_a_header_and_then_pcm() -> None:
    known = wav_header(24_000, SPEECH.samples.size) + pcm16(SPEECH)
    assert known == encode(SPEECH, "wav")
    unknown = wav_header(24_000, None) + pcm16(SPEECH)
    assert len(wav_header(24_000, None)) == 44
    assert decode(unknown).content_hash == decode(known).content_hash


def test_more_than_a_wav_file_can_hold() -> None:
    with pytest.raises(AudioError, match="don't fit a WAV file"):
        wav_header(48_000, 2**31)


def test_write_replaces_whole_files_only(tmp_path: Path) -> None:
    path = tmp_path / "take.FLAC"
    write(tone(), path)
    assert decode(path).duration_s == 1.0
    with pytest.raises(AudioError, match="over full scale"):
        write(tone(peak=2.0), path)
    write(tone(2.0), path)
    assert decode(path).duration_s == 2.0
    assert [entry.name for entry in tmp_path.iterdir()] == ["take.FLAC"]


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "take.wav"
    write(tone(), path)
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AudioError, match="No space left on device"):
        write(tone(2.0), path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["take.wav"]


def test_places_that_can_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="can't write .*No such file or directory"):
        write(tone(), tmp_path / "missing" / "take.wav")
    with pytest.raises(AudioError, match="unknown audio format ''"):
        write(tone(), tmp_path / "take")
    folder = tmp_path / "folder.wav"
    folder.mkdir()
    with pytest.raises(AudioError, match="can't write"):
        write(tone(), folder)
    write(tone(), tmp_path / "take", fmt="mp3")
    assert decode(tmp_path / "take").sample_rate_hz == 24_000


def test_a_written_file_is_readable_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write(tone(), tmp_path / "take.wav")
    assert (tmp_path / "take.wav").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_long_vorbis_does_not_overflow() -> None:
    sound = mixed(tone(30.0, 48_000), noise(30.0, 48_000, -40))
    assert decode(encode(sound, "ogg")).duration_s == pytest.approx(30.0)
