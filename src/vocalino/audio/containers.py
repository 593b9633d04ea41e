"""Which container a file is, told by its bytes alone; names and MIME types are never believed."""

from __future__ import annotations

import re
from typing import Literal

from vocalino.errors import AudioError

Container = Literal["wav", "flac", "ogg", "mp3"]

FIX = "export it as WAV, FLAC, OGG or MP3"

# What people send instead of sound, and containers that libsndfile would open but that nobody
# records speech in: each parser less is one less for a forged file to reach.
_OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftyp", "an MP4 or M4A file"),
    (0, b"\x1a\x45\xdf\xa3", "a WebM or Matroska file"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"PK\x05\x06", "an empty ZIP archive"),
    (0, b"%PDF", "a PDF document"),
    (8, b"AIFF", "an AIFF file"),
    (8, b"AIFC", "an AIFF-C file"),
    (8, b"AVI ", "an AVI video"),
    (8, b"WEBP", "a WebP picture"),
    (0, b"caff", "a CAF file"),
    (0, b".snd", "an AU file"),
    (0, b"riff\x2e\x91\xcf\x11", "a Wave64 file"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a WMA file"),
    (0, b"#!AMR", "an AMR file"),
    (0, b"MThd", "a MIDI file"),
    (0, b"MATLAB", "a MATLAB file"),
    (0, b" paf", "a PAF file"),
    (0, b"fap ", "a PAF file"),
    (0, b"NIST_1A", "a NIST SPHERE file"),
    (0, b"Creative Voice File", "a VOC file"),
    (0, b"\x89PNG", "a PNG picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"GIF8", "a GIF picture"),
    (0, b"\x1f\x8b", "a gzip archive"),
)

_BITRATES_KBPS = {  # [MPEG version 1?, layer] -> bit rates by index 1..14 (ISO 11172-3, 13818-3)
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES_HZ = (44100, 48000, 32000)


def sniff(data: bytes, what: str) -> Container:
    """The container of `data`, which must not begin with an ID3 tag (see `without_id3`).

    Raises:
        AudioError: it is none of the four; the message names what it looks like.
    """
    if not data:
        raise AudioError(f"{what} is empty (0 bytes): {FIX}")
    if data[:4] in (b"RIFF", b"RIFX", b"RF64") and data[8:12] == b"WAVE":
        return "wav"
    if data[:4] == b"fLaC":
        return "flac"
    if data[:4] == b"OggS":
        return "ogg"
    if _is_mp3(data):
        return "mp3"
    raise AudioError(f"{what} is {_looks_like(data)}: {FIX}")


def without_id3(data: bytes, what: str) -> bytes:
    """`data` without the ID3v2 tags (titles, album art) in front, and the padding after them.

    Raises:
        AudioError: there is nothing but the tag.
    """
    start = 0
    while data[start : start + 3] == b"ID3" and len(data) >= start + 10:
        size = 0
        for byte in data[start + 6 : start + 10]:
            size = size << 7 | byte & 0x7F
        footer = 10 if data[start + 5] & 0x10 else 0
        start += 10 + size + footer
    if not start:
        return data
    rest = data[start:].lstrip(b"\0")
    if not rest:
        raise AudioError(f"{what} holds an ID3 tag and no sound after it: {FIX}")
    return rest


def wav_shortage_bytes(data: bytes) -> int:
    """How many bytes of sound a WAV file promises but does not hold.

    Sizes of 2 GiB and more are what writers to a pipe put there: they promise nothing.
    """
    order: Literal["big", "little"] = "big" if data[:4] == b"RIFX" else "little"
    position = 12
    while position + 8 <= len(data):
        size = int.from_bytes(data[position + 4 : position + 8], order)
        if data[position : position + 4] == b"data":
            promised = size if size < 0x7FFF0000 else 0
            return max(0, position + 8 + promised - len(data))
        position += 8 + size + size % 2
    return 0


def ogg_streams(data: bytes) -> int:
    """Number of logical streams: pages with the beginning-of-stream flag (RFC 3533)."""
    return sum(1 for _ in re.finditer(rb"OggS\x00[\x02\x03\x06\x07]", data))


def _is_mp3(data: bytes) -> bool:
    """Two frame headers in a row: one alone happens by chance in any noise."""
    size = _mp3_frame_bytes(data[:4])
    if size is None:
        return False
    return len(data) <= size or _mp3_frame_bytes(data[size : size + 4]) is not None


def _mp3_frame_bytes(header: bytes) -> int | None:
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return None
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    bitrate, rate = header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or layer == 4 or bitrate in (0, 15) or rate == 3:
        return None
    bits_per_s = 1000 * _BITRATES_KBPS[version == 3, layer][bitrate - 1]
    rate_hz = _RATES_HZ[rate] // {3: 1, 2: 2, 0: 4}[version]
    padding = header[2] >> 1 & 1
    if layer == 1:
        return (12 * bits_per_s // rate_hz + padding) * 4
    samples = 576 if layer == 3 and version != 3 else 1152
    return samples // 8 * bits_per_s // rate_hz + padding


def _looks_like(data: bytes) -> str:
    for position, magic, name in _OTHERS:
        if data[position : position + len(magic)] == magic:
            return name
    if data[0] == 0xFF and data[1:2] and data[1] & 0xF6 == 0xF0:
        return "an AAC (ADTS) file"
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "an HTML page (a failed download?)"
    if start.startswith((b"<?xml", b"<svg")):
        return "an XML file"
    if all(byte in b"\t\n\r\f" or 32 <= byte != 127 for byte in data[:512]):
        try:
            data[:512].decode("utf-8")
        except UnicodeDecodeError as error:
            if error.start < 508:  # otherwise a character was cut in two at the end
                return "not a sound file that can be recognised"
        return "a text file"
    return "not a sound file that can be recognised"
