"""Sounds and files for the tests of `vocalino.audio`: real speech, and ways to forge a file."""

from __future__ import annotations

import io
import struct
from functools import cache

import numpy as np
import soundfile

from vocalino.audio import Audio, concatenate
from vocalino.audio.resample import resample
from vocalino.engines.draft.espeak import Espeak

SENTENCE = "She sells sea shells by the shore, and nobody has ever asked her the price of them."


@cache
def speech() -> Audio:
    """Six seconds and more of espeak-ng, 22.05 kHz."""
    return Espeak().speak(SENTENCE + " " + SENTENCE, "en-us", 170).audio


@cache
def whisper() -> Audio:
    """The same speech with its voice taken away: noise shaped by its smoothed spectrum."""
    samples, size, hop = speech().samples.astype(np.float64), 512, 128
    window = np.hanning(size)
    noise = np.random.default_rng(5).standard_normal(samples.size)
    out = np.zeros(samples.size)
    for start in range(0, samples.size - size, hop):
        envelope = np.abs(np.fft.rfft(samples[start : start + size] * window))
        envelope = np.convolve(envelope, np.ones(9) / 9, mode="same")
        breath = np.fft.irfft(np.fft.rfft(noise[start : start + size] * window) * envelope)
        out[start : start + size] += breath * window
    return Audio((0.05 * out / out.std()).astype(np.float32), speech().sample_rate_hz)


def tone(
    duration_s: float = 1.0, rate_hz: int = 24_000, frequency_hz: float = 440.0, peak: float = 0.5
) -> Audio:
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    return Audio((peak * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32), rate_hz)


def noise(duration_s: float, rate_hz: int, level_db: float, seed: int = 0) -> Audio:
    samples = np.random.default_rng(seed).standard_normal(round(duration_s * rate_hz))
    return Audio((samples * 10 ** (level_db / 20)).astype(np.float32), rate_hz)


def mixed(*sounds: Audio) -> Audio:
    size = min(sound.samples.size for sound in sounds)
    samples = np.sum([sound.samples[:size] for sound in sounds], axis=0)
    return Audio(samples.astype(np.float32), sounds[0].sample_rate_hz)


def padded(sound: Audio, before_s: float, after_s: float) -> Audio:
    rate_hz = sound.sample_rate_hz
    return concatenate([Audio.silence(before_s, rate_hz), sound, Audio.silence(after_s, rate_hz)])


def at(sound: Audio, rate_hz: int) -> Audio:
    return resample(sound, rate_hz)


def as_file(
    samples: np.ndarray, rate_hz: int, container: str, codec: str, endian: str = "FILE"
) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, format=container, subtype=codec, endian=endian)
    return file.getvalue()


def wav(
    data: bytes,
    rate_hz: int = 24_000,
    channels: int = 1,
    bits: int = 16,
    tag: int = 1,
    size: int | None = None,
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    """A WAV file made by hand, so that any field can lie."""
    width = bits // 8 * channels
    fields = (tag, channels, rate_hz, rate_hz * width & 0xFFFFFFFF, width & 0xFFFF, bits)
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, *fields)
    size = len(data) if size is None else size
    body = before + fmt + b"data" + struct.pack("<I", size) + data + after
    return b"RIFF" + struct.pack("<I", min(4 + len(body), size + 36)) + b"WAVE" + body


def chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def float_wav(*samples: float) -> bytes:
    data = np.zeros(2400, "<f4")
    data[1000 : 1000 + len(samples)] = samples
    return wav(data.tobytes(), bits=32, tag=3)


def flac_claiming(file: bytes, frames: int | None = None, rate_hz: int | None = None) -> bytes:
    """A FLAC file whose STREAMINFO claims another length or rate (both lie in bytes 18 to 25)."""
    fields = int.from_bytes(file[18:26], "big")
    if frames is not None:
        fields = fields >> 36 << 36 | frames
    if rate_hz is not None:
        fields = fields & (1 << 44) - 1 | rate_hz << 44
    return file[:18] + fields.to_bytes(8, "big") + file[26:]


def id3(body: bytes) -> bytes:
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\x00\x00" + size + body


def album_art(size: int) -> bytes:
    """An APIC frame that is full of bytes which look like MPEG frame headers."""
    picture = b"\xff\xfb\x90\x00" * (size // 4)
    frame = b"\0\0" + b"\0image/png\0\x03\0" + picture
    length = bytes(len(frame) - 2 >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"APIC" + length + frame


def snr_db(sound: Audio, original: Audio) -> float:
    """Power of `original` over that of what differs, after the lengths were found equal."""
    assert sound.samples.size == original.samples.size
    error = sound.samples.astype(np.float64) - original.samples
    power = np.square(original.samples, dtype=np.float64).sum()
    return float(10 * np.log10(power / max(np.square(error).sum(), 1e-30)))
