"""Reference clips as WAV of 32-bit floats: every sample of the decoded clip, exactly.

A clip's content hash stands in receipts, and a take can only be made again from the very same
samples. 16-bit files would round them, and the file that came in (MP3, say) is decoded a little
differently by another version of its decoder. Any player opens these.
"""

from __future__ import annotations

import struct

import numpy as np

from vocalino.audio import Audio
from vocalino.errors import LibraryError

SUFFIX = ".wav"

# RIFF size | "fmt " of 18 bytes: format 3 (float), mono, rate, bytes a second, bytes a frame,
# bits, no extension | "fact": frames | "data": bytes
_HEADER = struct.Struct("<4sI4s 4sIHHIIHHH 4sII 4sI")
_MAX_SAMPLES = (2**32 - 1 - _HEADER.size) // 4


def to_bytes(clip: Audio) -> bytes:
    """Raises LibraryError when the clip is longer than a WAV file can be (4 GiB)."""
    frames = clip.samples.size
    if frames > _MAX_SAMPLES:
        raise LibraryError(f"a clip of {clip.duration_s:.0f} s is too long for the library")
    rate_hz, size = clip.sample_rate_hz, 4 * frames
    header = _HEADER.pack(
        *(b"RIFF", _HEADER.size - 8 + size, b"WAVE"),
        *(b"fmt ", 18, 3, 1, rate_hz, 4 * rate_hz, 4, 32, 0),
        *(b"fact", 4, frames),
        *(b"data", size),
    )
    return header + clip.samples.astype("<f4", copy=False).tobytes()


def from_bytes(data: bytes) -> Audio:
    """The clip that `to_bytes` was given; it reads no other WAV files."""
    rate_hz = struct.unpack_from("<I", data, 24)[0]
    return Audio(np.frombuffer(data, "<f4", offset=_HEADER.size).astype(np.float32), rate_hz)
