"""Everything that people hand in as sound: what is taken, what is refused, and in which words."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from audio_sounds import (
    album_art,
    as_file,
    at,
    chunk,
    flac_claiming,
    float_wav,
    id3,
    snr_db,
    speech,
    tone,
    wav,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vocalino.audio import Audio
from vocalino.audio.decode import DEFAULT_LIMITS, Limits, decode
from vocalino.audio.encode import encode, pcm16
from vocalino.errors import AudioError

CLEAN = at(speech(), 24_000).span(0, 3)
RATE_HZ = CLEAN.sample_rate_hz
PCM = pcm16(CLEAN)
ONE_SECOND = pcm16(tone())


def _stereo(left: Audio, right: Audio) -> np.ndarray:
    return np.stack([left.samples, right.samples], axis=1)


@pytest.mark.parametrize(
    ("codec", "least_db"),
    [
        ("PCM_U8", 25),
        ("PCM_16", 70),
        ("PCM_24", 110),
        ("PCM_32", 130),
        ("FLOAT", 200),
        ("DOUBLE", 200),
        ("ULAW", 33),
        ("ALAW", 33),
    ],
)
@pytest.mark.parametrize("container", ["WAV", "WAVEX"])
def test_every_wav_codec_gives_the_clean_sound(container: str, codec: str, least_db: float) -> None:
    got = decode(as_file(CLEAN.samples, RATE_HZ, container, codec))
    assert got.sample_rate_hz == RATE_HZ
    assert snr_db(got, CLEAN) > least_db


@pytest.mark.parametrize(
    "data",
    [
        as_file(CLEAN.samples, RATE_HZ, "WAV", "PCM_16", endian="BIG"),
        as_file(CLEAN.samples, RATE_HZ, "RF64", "PCM_16"),
        as_file(CLEAN.samples, RATE_HZ, "FLAC", "PCM_16"),
        as_file(CLEAN.samples, RATE_HZ, "FLAC", "PCM_24"),
        wav(PCM),
        wav(PCM, size=0xFFFFFFFF),
        wav(PCM, size=0x7FFFF000),
        wav(PCM, before=chunk(b"LIST", b"odd"), after=chunk(b"bext", b"12345")),
        wav(PCM, before=chunk(b"junk", bytes(100_000))),
        id3(b"") + as_file(CLEAN.samples, RATE_HZ, "FLAC", "PCM_16"),
        flac_claiming(as_file(CLEAN.samples, RATE_HZ, "FLAC", "PCM_16"), frames=0),
    ],
    ids=[
        *("big-endian", "rf64", "flac16", "flac24", "by hand", "sizes of a stream"),
        *("sizes of sox", "odd chunks", "large chunk", "flac after id3", "flac of unknown length"),
    ],
)
def test_lossless_containers_give_the_clean_sound(data: bytes) -> None:
    got = decode(data)
    assert got.sample_rate_hz == RATE_HZ
    assert snr_db(got, CLEAN) > 70


@pytest.mark.parametrize(
    "rate_hz", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000]
)
def test_rates_from_8_to_192_khz_keep_their_rate(rate_hz: int) -> None:
    sound = at(tone(0.5), rate_hz)
    got = decode(encode(sound, "flac", "pcm24"))
    assert got.sample_rate_hz == rate_hz
    assert snr_db(got, sound) > 90


def test_channels_are_mixed_by_their_mean() -> None:
    left, right = tone(frequency_hz=300), tone(frequency_hz=500)
    got = decode(as_file(_stereo(left, right), 24_000, "WAV", "FLOAT"))
    np.testing.assert_allclose(got.samples, (left.samples + right.samples) / 2, atol=1e-6)


def test_six_channels_with_the_voice_in_one_are_taken() -> None:
    channels = np.zeros((CLEAN.samples.size, 6), np.float32)
    channels[:, 2] = CLEAN.samples
    got = decode(as_file(channels, RATE_HZ, "WAVEX", "PCM_24"))
    np.testing.assert_allclose(got.samples, CLEAN.samples / 6, atol=1e-5)


def test_channels_that_cancel_out_are_refused() -> None:
    inverted = Audio(-CLEAN.samples, RATE_HZ)
    with pytest.raises(AudioError, match="cancel each other"):
        decode(as_file(_stereo(CLEAN, inverted), RATE_HZ, "WAV", "PCM_16"))


@pytest.mark.parametrize("front", [b"", id3(b"TIT2\0\0\0\x03\0\0\0ab"), id3(album_art(300_000))])
@pytest.mark.parametrize("back", [b"", b"TAG" + bytes(125)])
def test_mp3_with_tags_and_album_art(front: bytes, back: bytes) -> None:
    clean = decode(encode(CLEAN, "mp3"))
    got = decode(front + encode(CLEAN, "mp3") + back)
    assert snr_db(got, clean) > 100


@pytest.mark.parametrize("fmt", ["wav", "flac", "ogg", "opus", "mp3"])
def test_a_last_frame_cut_off_is_taken(fmt: str) -> None:
    whole = decode(encode(CLEAN, fmt))
    got = decode(encode(CLEAN, fmt)[:-3])
    # An Ogg page holds up to a second; its loss can't be told from an end without a flag.
    lost_s = 1.1 if fmt in ("ogg", "opus") else 0.25
    assert whole.duration_s - lost_s <= got.duration_s <= whole.duration_s
    error = got.samples[:-4096] - whole.samples[: got.samples.size - 4096]
    assert np.abs(error).max() < 0.01


@pytest.mark.parametrize("fmt", ["wav", "flac", "mp3"])
def test_half_a_file_is_refused(fmt: str) -> None:
    data = encode(CLEAN, fmt)
    with pytest.raises(AudioError, match="breaks off after"):
        decode(data[: len(data) // 2])


def test_damage_in_the_middle_is_refused() -> None:
    data = encode(CLEAN, "flac")
    middle = len(data) // 2
    with pytest.raises(AudioError, match="breaks off after"):
        decode(data[:middle] + bytes(500) + data[middle + 500 :])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"R", "not a sound file|a text file"),
        (b"RIFF", "a text file"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "HTML page"),
        (b"\xef\xbb\xbf  <html>", "HTML page"),
        (b"<?xml version='1.0'?>", "an XML file"),
        (b"PK\x03\x04" + bytes(100), "ZIP archive"),
        (b"\0\0\0\x20ftypM4A " + bytes(100), "MP4 or M4A"),
        (b"\x1a\x45\xdf\xa3" + bytes(100), "WebM or Matroska"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\xff\xf1\x50\x80" + bytes(100), "AAC"),
        (b"\xff\xf9\x50\x80" + bytes(100), "AAC"),
        ("Was für ein schöner Tag".encode(), "a text file"),
        (base64.b64encode(bytes(99)), "a text file"),
        (b"RIFF\x10\0\0\0AVI " + bytes(40), "AVI video"),
        (b"\x89PNG\r\n\x1a\n", "PNG picture"),
        (bytes(5000), "not a sound file"),
        (np.random.default_rng(1).bytes(5000), "not a sound file"),
        (b"\xff\xfb\x90\x00" + np.random.default_rng(2).bytes(50_000), "not a sound file"),
        (id3(b"") + np.random.default_rng(3).bytes(50_000), "not a sound file"),
        (id3(b"x" * 5000), "ID3 tag and no sound"),
        (id3(b"") + bytes(5000), "ID3 tag and no sound"),
        (b"ID3", "a text file"),
        (b"fLaC" + bytes(100), "begins like FLAC"),
        (b"OggS" + bytes(100), "begins like OGG"),
        (b"RIFF\xff\xff\xff\xffWAVE", "begins like WAV"),
        (b"RIFF\x24\0\0\0WAVEdata" + bytes(100), "begins like WAV"),
    ],
)
def test_what_is_no_sound_is_named(data: bytes, words: str) -> None:
    with pytest.raises(AudioError, match=words) as refused:
        decode(data, what="upload 'line.wav'")
    assert str(refused.value).startswith("upload 'line.wav' ")
    assert ":" in str(refused.value)  # and what to do follows


@pytest.mark.parametrize(
    "container",
    ["AIFF", "AU", "AVR", "CAF", "HTK", "SVX", "MAT4", "MAT5", "PAF", "PVF", "SDS", "IRCAM"]
    + ["VOC", "W64", "NIST"],
)
def test_other_containers_that_libsndfile_opens_are_refused(container: str) -> None:
    data = as_file(tone(rate_hz=22_050).samples, 22_050, container, "PCM_16")
    with pytest.raises(AudioError, match="export it as WAV, FLAC, OGG or MP3"):
        decode(data)


@pytest.mark.parametrize("codec", ["IMA_ADPCM", "MS_ADPCM", "GSM610"])
def test_other_codecs_in_wav_are_refused(codec: str) -> None:
    data = as_file(tone(rate_hz=8_000).samples, 8_000, "WAV", codec)
    with pytest.raises(AudioError, match=f"the codec {codec}, which is not taken"):
        decode(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (float_wav(float("nan")), "not numbers or infinite, near 0"),
        (float_wav(float("inf")), "not numbers or infinite"),
        (float_wav(-float("inf")), "not numbers or infinite"),
        (float_wav(1e30), "up to 1e\\+30"),
        (float_wav(32767.0), "up to 3.28e\\+04"),
        (wav(np.full(2400, 1e300, "<f8").tobytes(), bits=64, tag=3), "not numbers or infinite"),
        (wav(ONE_SECOND, rate_hz=1), "sample rate of 1 Hz"),
        (wav(ONE_SECOND, rate_hz=7_999), "sample rate of 7999 Hz"),
        (wav(ONE_SECOND, rate_hz=2_000_000_000), "sample rate of 2000000000 Hz"),
        (wav(bytes(2048 * 10), channels=1024), "1024 channels|begins like WAV"),
        (wav(bytes(18 * 1000), channels=9), "9 channels, more than 8"),
        (wav(b""), "0 samples|begins like WAV"),
        (wav(ONE_SECOND, size=0), "0 samples"),
        (flac_claiming(encode(tone(), "flac"), frames=2**36 - 1), "lasts 795 h or more"),
        (flac_claiming(encode(tone(), "flac"), frames=24_000 * 36_000), "lasts 10 h or more"),
        (flac_claiming(encode(tone(), "flac"), frames=24_000 * 300), "breaks off after 1.0 s"),
        (flac_claiming(encode(tone(), "flac"), rate_hz=655_350), "sample rate of 655350 Hz"),
        (flac_claiming(encode(tone(), "flac"), rate_hz=0), "begins like FLAC"),
        (encode(tone(), "ogg") + encode(tone(), "ogg"), "several streams"),
    ],
)
def test_forged_and_broken_files_are_refused(data: bytes, words: str) -> None:
    with pytest.raises(AudioError, match=words):
        decode(data)


def test_floats_a_little_over_full_scale_are_kept() -> None:
    assert decode(float_wav(3.5)).peak == pytest.approx(3.5)


def test_limits_are_held_at_their_edges() -> None:
    data = wav(ONE_SECOND)
    size = len(data)
    assert decode(data, Limits(max_bytes=size, max_duration_s=1.0)).duration_s == 1.0
    with pytest.raises(AudioError, match="has 0.0 MiB, over 0 MiB"):
        decode(data, Limits(max_bytes=size - 1))
    with pytest.raises(AudioError, match="lasts 1.0 s or more, longer than 0.9 s"):
        decode(data, Limits(max_duration_s=0.9))
    with pytest.raises(AudioError, match="unpacks to"):
        decode(data, Limits(max_decoded_bytes=24_000 * 4 - 1))
    with pytest.raises(AudioError, match="more than 1"):
        decode(wav(ONE_SECOND, channels=2), Limits(max_channels=1))


def test_the_counter_stops_what_the_header_hides() -> None:
    """Of unknown length by its header, so that only reading on can tell."""
    data = flac_claiming(encode(Audio.silence(60.0, 24_000), "flac"), frames=0)
    with pytest.raises(AudioError, match="lasts 10.[0-9] s or more, longer than 10.0 s"):
        decode(data, Limits(max_duration_s=10.0))
    with pytest.raises(AudioError, match="unpacks to"):
        decode(data, Limits(max_decoded_bytes=1_000_000))


_BOMB = """
import resource, sys
from pathlib import Path
from vocalino.audio.decode import Limits, decode
from vocalino.errors import AudioError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    decode(Path(sys.argv[1]), Limits(max_decoded_bytes=int(sys.argv[2])))
except AudioError as error:
    sys.stderr.write(str(error))
sys.stdout.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux only")
@pytest.mark.parametrize(
    ("claimed_frames", "limit_mib", "most_mib"), [(48_000 * 240, 256, 8), (0, 20, 16)]
)
def test_a_flac_bomb_costs_little_memory(
    tmp_path: Path, bomb: bytes, claimed_frames: int, limit_mib: int, most_mib: int
) -> None:
    """By what its header says it is refused at once; of unknown length, when it has gone too far.

    20 MiB as read are 2.5 MiB as kept; the rest of the growth is libsndfile's own code and tables.
    """
    path = tmp_path / "bomb.flac"
    path.write_bytes(flac_claiming(bomb, frames=claimed_frames))
    run = subprocess.run(
        [sys.executable, "-c", _BOMB, str(path), str(limit_mib * 2**20)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "unpacks to" in run.stderr
    assert int(run.stdout) / 1024 < most_mib


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """A minute of silence in eight channels: 24 KB that unpack to 88 MiB."""
    return as_file(np.zeros((48_000 * 60, 8), np.int16), 48_000, "FLAC", "PCM_16")


@pytest.mark.parametrize("fmt", ["wav", "flac", "ogg", "opus", "mp3"])
def test_mutated_files_raise_nothing_but_audio_errors(fmt: str) -> None:
    original = encode(tone(0.3), fmt)

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.data())
    def mutate(data: st.DataObject) -> None:
        mutant = bytearray(original)
        for _ in range(data.draw(st.integers(1, 6))):
            # most of the trouble is in the first hundred bytes
            high = data.draw(st.sampled_from([100, len(mutant)]))
            position = data.draw(st.integers(0, min(high, len(mutant)) - 1))
            kind = data.draw(st.sampled_from(["set", "cut", "insert"]))
            if kind == "set":
                mutant[position] = data.draw(st.integers(0, 255))
            elif kind == "cut":
                del mutant[position : position + data.draw(st.integers(1, 50))]
            else:
                mutant[position:position] = data.draw(st.binary(min_size=1, max_size=50))
            if not mutant:
                break
        _taken_or_refused(bytes(mutant))

    mutate()


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(
        [b"", b"RIFF\x24\0\0\0WAVEfmt ", b"fLaC", b"OggS\0\2", b"ID3\x04", b"\xff\xfb"]
    ),
    st.binary(max_size=2000),
)
def test_random_bytes_raise_nothing_but_audio_errors(magic: bytes, rest: bytes) -> None:
    _taken_or_refused(magic + rest)


def _taken_or_refused(data: bytes) -> None:
    try:
        sound = decode(data)
    except AudioError as error:
        assert str(error)
    else:
        assert 0 < sound.duration_s <= DEFAULT_LIMITS.max_duration_s
        assert np.isfinite(sound.samples).all()
