"""Ogg pages (RFC 3533): just enough to give a stream a serial number of our choosing."""

from __future__ import annotations

from vocalino.errors import AudioError

_SERIAL = slice(14, 18)
_CHECKSUM = slice(22, 26)


def _crc_table() -> tuple[int, ...]:
    table: list[int] = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
        table.append(value)
    return tuple(table)


_CRC = _crc_table()


def with_serial(data: bytes, serial: int) -> bytes:
    """The same Ogg stream under the serial number `serial` (32 bit).

    libsndfile draws the serial from the clock, so that the same sound would be another file
    each time.

    Raises:
        AudioError: `data` is not a sequence of whole Ogg pages.
    """
    out = bytearray(data)
    position = 0
    while position < len(out):
        if not out.startswith(b"OggS", position) or position + 27 > len(out):
            raise AudioError(f"no Ogg page at byte {position} of {len(out)}: the file is damaged")
        segments = out[position + 26]
        end = position + 27 + segments + sum(out[position + 27 : position + 27 + segments])
        page = out[position:end]
        page[_SERIAL] = serial.to_bytes(4, "little")
        page[_CHECKSUM] = bytes(4)
        page[_CHECKSUM] = _checksum(page).to_bytes(4, "little")
        out[position:end] = page
        position = end
    return bytes(out)


def _checksum(page: bytearray) -> int:
    value = 0
    table = _CRC
    for byte in page:
        value = (value << 8 & 0xFFFFFFFF) ^ table[value >> 24 ^ byte]
    return value
