"""Audio as a player of the page: an encoded listening copy, peaks, level.

The copy is MP3: the one small format that Chromium, Firefox and Safari all play from a data:
URL (Safari gained Ogg only lately). A take of 5 s at 24 kHz is about 70 kB; FLAC needs 160.
"""

from __future__ import annotations

from pathlib import PurePath
from urllib.parse import quote

import numpy as np

from vocalino.audio import Audio
from vocalino.audio.encode import FORMATS, encode
from vocalino.audio.loudness import active_level_db
from vocalino.audio.peaks import peaks
from vocalino.errors import RequestError
from vocalino.report.cards import Sound

_FORMAT = "mp3"
_STROKES = 150


def sound(audio: Audio, file: PurePath | str | None = None) -> Sound:
    """A player for `audio`; `file` is its full-quality file, relative to the page.

    Raises:
        RequestError: there is no sample to play, or `file` is absolute.
    """
    if not audio.samples.size:
        raise RequestError("a report can't show a sound without samples")
    copy, note = _listening_copy(audio)
    return Sound(
        data=encode(copy, _FORMAT),
        media_type=FORMATS[_FORMAT].mime,
        duration_s=audio.duration_s,
        peaks=tuple((float(low), float(high)) for low, high in peaks(audio, _STROKES)),
        level_db=active_level_db(audio),
        file=None if file is None else link(file),
        note=note,
    )


def link(file: PurePath | str) -> str:
    """A relative URL of a file beside the page, which no name can turn into something else.

    Raises:
        RequestError: the path is absolute, so that the page could not be moved with its files,
            or its name is no text at all.
    """
    path = file if isinstance(file, PurePath) else PurePath(file)
    if path.is_absolute() or path.drive:
        raise RequestError(f"a report links to files relative to itself, got {str(path)!r}")
    try:
        name = path.as_posix().encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise RequestError(f"the file name {str(path)!r} holds half a character") from error
    return "./" + quote(name, safe="/")  # "./" first: a file called "javascript:x" stays a file


def _listening_copy(audio: Audio) -> tuple[Audio, str]:
    """What integer formats can hold, and a word when that is not the sound itself."""
    if audio.peak <= 1.0:
        return audio, ""
    over_db = 20 * float(np.log10(audio.peak))
    note = (
        f"Goes {over_db:.2g} dB beyond full scale: the copy in this page is quieter by that much."
    )
    return Audio(audio.samples / np.float32(audio.peak), audio.sample_rate_hz), note
