"""Bytes of a sound from where people have them: a file on disk, a string of base64."""

from __future__ import annotations

import base64
import binascii
import re
import stat
from pathlib import Path

from vocalino.audio.limits import DEFAULT_LIMITS, MIB, Limits
from vocalino.errors import AudioError

_DATA_URL = re.compile(r"data:audio/[A-Za-z0-9.+-]{1,64}(?:;[A-Za-z0-9=.+-]{1,64})?;base64,")


def read_file(path: Path, limits: Limits = DEFAULT_LIMITS, what: str = "the audio") -> bytes:
    """The bytes of a regular file, at most `limits.max_bytes`.

    Raises:
        AudioError: missing, not a regular file, unreadable or too large.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would block, a device never end
            kind = "a directory" if path.is_dir() else "not a regular file"
            raise AudioError(f"{what} {str(path)!r} is {kind}: give the path of a sound file")
        with path.open("rb") as file:
            data = file.read(limits.max_bytes + 1)
            check_size(max(len(data), path.stat().st_size), limits, what)
            return data
    except FileNotFoundError as error:
        raise AudioError(f"{what} {str(path)!r} does not exist: check the path") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise AudioError(f"{what} {str(path)!r} can't be read: {reason}") from error


def base64_bytes(text: str, limits: Limits = DEFAULT_LIMITS, what: str = "the audio") -> bytes:
    """Bytes from base64 (RFC 4648, padded, no line breaks), bare or as `data:audio/...;base64,`.

    The type in a data URL is not looked at further: content decides. The size is checked before
    anything is decoded.

    Raises:
        AudioError: over `limits.max_bytes`, or not base64.
    """
    start = 0
    if text[:5].lower() == "data:":
        match = _DATA_URL.match(text)
        if match is None:
            raise AudioError(
                f"{what} is a data URL of another kind ({text[:40]!r}): "
                f"send 'data:audio/wav;base64,...' or the base64 alone"
            )
        start = match.end()
    size = (len(text) - start) // 4 * 3 - text[-2:].count("=")
    check_size(size, limits, what)
    body = text[start:]
    try:
        return base64.b64decode(body.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise AudioError(
            f"{what} is not base64 ({error}): use the standard alphabet (+ and /) with padding "
            f"and without line breaks, as `base64 -w0` and b64encode() write it"
        ) from error


def check_size(size_bytes: int, limits: Limits, what: str) -> None:
    """Raises AudioError over `limits.max_bytes`."""
    if size_bytes > limits.max_bytes:
        raise AudioError(
            f"{what} has {size_bytes / MIB:.1f} MiB, over {limits.max_bytes / MIB:.0f} MiB: "
            f"cut it shorter, or export it as FLAC, OGG or MP3"
        )
