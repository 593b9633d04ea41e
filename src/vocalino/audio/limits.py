"""What a sound may cost before it is refused, at every way in."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What a sound may cost before it is refused.

    `max_decoded_bytes` counts frames x channels x 4 as they come out of the decoder, whatever
    rate the header claims (a forged rate makes a long file look short). 256 MiB is ten minutes
    of stereo at 48 kHz, the longest sound that the other limits let a recorder hand in; what is
    kept is mono, so the memory it takes is at most that much, and half for stereo.
    """

    max_bytes: int = 64 * MIB
    max_duration_s: float = 600.0
    min_sample_rate_hz: int = 8_000
    max_sample_rate_hz: int = 192_000
    max_channels: int = 8
    max_decoded_bytes: int = 256 * MIB


DEFAULT_LIMITS = Limits()
