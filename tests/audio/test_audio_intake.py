"""The ways in: files by their path, and base64."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from audio_sounds import tone, wav
from hypothesis import given, settings
from hypothesis import strategies as st

from vocalino.audio.decode import Limits, decode, decode_base64
from vocalino.audio.encode import pcm16
from vocalino.errors import AudioError

ONE_SECOND = pcm16(tone())


def test_a_file_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "line with spaces é.mp4"  # the name is never believed
    path.write_bytes(wav(ONE_SECOND))
    assert decode(path).duration_s == 1.0


def test_paths_that_give_no_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="does not exist"):
        decode(tmp_path / "missing.wav")
    with pytest.raises(AudioError, match="is a directory"):
        decode(tmp_path)
    with pytest.raises(AudioError, match="can't be read"):
        decode(tmp_path / "nul\0.wav")
    with pytest.raises(AudioError, match="can't be read: File name too long"):
        decode(tmp_path / ("x" * 300))
    with pytest.raises(AudioError, match="over 0 MiB"):
        large = tmp_path / "large.wav"
        large.write_bytes(wav(ONE_SECOND))
        decode(large, Limits(max_bytes=1000))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.wav"
    os.mkfifo(pipe)
    with pytest.raises(AudioError, match="not a regular file"):
        decode(pipe)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret.wav"
    path.write_bytes(wav(ONE_SECOND))
    path.chmod(0)
    with pytest.raises(AudioError, match="can't be read: Permission denied"):
        decode(path)


@pytest.mark.parametrize("prefix", ["", "data:audio/wav;base64,", "data:audio/x-m4a;base64,"])
def test_base64_bare_or_as_a_data_url(prefix: str) -> None:
    text = prefix + base64.b64encode(wav(ONE_SECOND)).decode()
    assert decode_base64(text).content_hash == decode(wav(ONE_SECOND)).content_hash


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "UklGRg=",
        "UklG\nUklG",
        "UklG UklG",
        "UklG_-==",
        "ÜklG",
        "\ud800AAA",
        "data:text/html;base64,UklGRg==",
        "data:audio/wav,UklGRg==",
        "data:audio/wav;base64",
        "DATA:" + "x" * 500,
        base64.encodebytes(wav(ONE_SECOND)).decode(),
    ],
)
def test_what_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(AudioError, match="not base64|data URL of another kind"):
        decode_base64(text)


def test_the_size_of_base64_is_checked_before_it_is_decoded() -> None:
    limits = Limits(max_bytes=999)
    with pytest.raises(AudioError, match="over 0 MiB"):
        decode_base64("!" * 1_400, limits)  # not even base64: nobody looked
    with pytest.raises(AudioError, match="not base64"):
        decode_base64("!" * 1_332, limits)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_random_text_is_refused_as_base64(text: str) -> None:
    with pytest.raises(AudioError):
        decode_base64(text)
