"""The parts of a receipt: sounds that went in, sounds that came out, and a take's place."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import Literal

from vocalino.audio import Audio
from vocalino.errors import RequestError

ConsentBasis = Literal["self", "recorded_consent", "licensed", "synthetic", "unstated"]
"""By what right a voice is used: it is one's own; a recorded or written consent is at hand; a
licence allows it; nobody's voice, made by a machine; nothing was stated."""

_HEX64 = re.compile(r"[0-9a-f]{64}")


def _check_hash(name: str, value: str) -> None:
    if not _HEX64.fullmatch(value):
        raise RequestError(f"{name} must be a SHA-256 in 64 lower-case hex digits, got {value!r}")


@dataclass(frozen=True)
class Recording:
    """A sound that went in: the reference clip, or the source of a conversion.

    `content_hash` is that of the decoded `Audio`. `file` is where it lay when the receipt was
    written, relative to the receipt's folder with forward slashes; None when it is not beside it.

    Raises:
        RequestError: a hash that is none, or a `file` that is not a relative path.
    """

    name: str
    content_hash: str
    duration_s: float
    sample_rate_hz: int
    file: str | None = None

    def __post_init__(self) -> None:
        _check_hash("content_hash", self.content_hash)
        if self.file is not None and not _is_relative(self.file):
            raise RequestError(f"file must be a path relative to the receipt, got {self.file!r}")

    @classmethod
    def of(cls, audio: Audio, name: str, file: str | None = None) -> Recording:
        return cls(name, audio.content_hash, audio.duration_s, audio.sample_rate_hz, file)


@dataclass(frozen=True)
class AudioFile:
    """A sound that came out, as it was written.

    `sha256` is over the bytes of the file; `content_hash` is that of the `Audio` before it was
    encoded, so it is the same whatever the format.

    Raises:
        RequestError: a hash that is none, or a `name` that is more than a file's name.
    """

    name: str
    sha256: str
    content_hash: str
    format: str
    sample_rate_hz: int
    duration_s: float

    def __post_init__(self) -> None:
        _check_hash("sha256", self.sha256)
        _check_hash("content_hash", self.content_hash)
        if self.name in ("", ".", "..") or re.search(r"[/\\\0]", self.name):
            raise RequestError(f"name must be the name of a file, without folder: {self.name!r}")

    @classmethod
    def of(cls, name: str, data: bytes, audio: Audio, format: str) -> AudioFile:
        """`data` is what `audio` was encoded to in `format` ("wav", "flac", ...)."""
        digest = hashlib.sha256(data).hexdigest()
        rate_hz = audio.sample_rate_hz
        return cls(name, digest, audio.content_hash, format, rate_hz, audio.duration_s)


@dataclass(frozen=True)
class Placed:
    """Where a take came in the order of its run: `place` 1 is the best."""

    place: int
    passed: bool
    reason: str

    def __post_init__(self) -> None:
        if self.place < 1:
            raise RequestError(f"place must be 1 or more, got {self.place}")


def _is_relative(path: str) -> bool:
    absolute = PurePosixPath(path).is_absolute() or PureWindowsPath(path).anchor != ""
    return path != "" and "\\" not in path and "\0" not in path and not absolute
