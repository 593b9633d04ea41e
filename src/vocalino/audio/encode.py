"""Sound to files. The same sound gives the same bytes, as long as the libraries stay the same."""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt
import soundfile  # pyright: ignore[reportMissingTypeStubs]

from vocalino.audio import ogg
from vocalino.audio.resample import resample
from vocalino.audio.value import Audio
from vocalino.errors import AudioError

Depth = Literal["pcm16", "pcm24", "float32"]


@dataclass(frozen=True)
class FileFormat:
    """`rates_hz` are the only rates that the codec knows, empty when it takes them all.

    `level` is libsndfile's compression level, 0 (largest) to 1: chosen by ear-safe margins for
    one voice, about 64-120 kbit/s for OGG, 96 for Opus, 112 (24 kHz) or 224 (48 kHz) for MP3.
    """

    extension: str
    mime: str
    depths: tuple[Depth, ...] = ()
    rates_hz: tuple[int, ...] = ()
    container: str = ""
    codec: str = ""
    level: float = 0.0


FORMATS: Mapping[str, FileFormat] = MappingProxyType(
    {
        "wav": FileFormat(".wav", "audio/wav", ("pcm16", "pcm24", "float32")),
        "flac": FileFormat(".flac", "audio/flac", ("pcm16", "pcm24")),
        "ogg": FileFormat(".ogg", "audio/ogg", container="OGG", codec="VORBIS", level=0.2),
        "opus": FileFormat(
            *(".opus", "audio/ogg; codecs=opus"),
            rates_hz=(8_000, 12_000, 16_000, 24_000, 48_000),
            container="OGG",
            codec="OPUS",
            level=0.64,
        ),
        "mp3": FileFormat(
            *(".mp3", "audio/mpeg"),
            rates_hz=(8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
            container="MP3",
            codec="MPEG_LAYER_III",
            level=0.3,
        ),
    }
)

STREAMING_BYTES = 0xFFFFFFFF
_BLOCK_FRAMES = 65536  # libsndfile puts a whole Vorbis write on its stack


def encode(audio: Audio, fmt: str = "wav", depth: Depth = "pcm16") -> bytes:
    """A whole file in memory. `depth` is for WAV and FLAC; the other codecs have none.

    Rates a codec does not know are raised to the next that it does (lowered to its highest):
    22 050 and 44 100 Hz become 24 000 and 48 000 for Opus. Everything else keeps its rate.

    Raises:
        AudioError: unknown format or depth, no samples, or samples beyond full scale, which
            only `float32` can hold: lower them first (`loudness.gain`, `loudness.soft_limit`).
    """
    known = format_named(fmt)
    if known.depths and depth not in known.depths:
        raise AudioError(f"{fmt} can't be {depth!r}: choose one of {', '.join(known.depths)}")
    if not audio.samples.size:
        raise AudioError(f"there is no sound to write as {fmt}: the audio holds 0 samples")
    if depth == "float32" and fmt == "wav":
        return _wav(audio.samples.astype("<f4").tobytes(), 3, 32, audio.sample_rate_hz)
    refuse_over_full_scale(audio)
    if fmt == "wav":
        data = pcm16(audio) if depth == "pcm16" else _pcm24(audio)
        return _wav(data, 1, int(depth[3:]), audio.sample_rate_hz)
    if fmt == "flac":
        return _flac(audio, depth)
    return _lossy(audio, known)


def write(audio: Audio, path: Path, fmt: str | None = None, depth: Depth = "pcm16") -> None:
    """Encode to `path` (format by its extension unless `fmt` is given): whole or not at all.

    A reader sees the old file or the new one, also after a crash or on a full disk.

    Raises:
        AudioError: as `encode`, or the file can't be written.
    """
    data = encode(audio, path.suffix.lower().removeprefix(".") if fmt is None else fmt, depth)
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        try:
            with part.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
            _sync_folder(path.parent)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise AudioError(f"can't write {str(path)!r}: {error.strerror or error}") from error


def format_named(fmt: str) -> FileFormat:
    """Raises AudioError for a name that is not in FORMATS; the message lists those that are."""
    if fmt not in FORMATS:
        raise AudioError(f"unknown audio format {fmt!r}: choose one of {', '.join(FORMATS)}")
    return FORMATS[fmt]


def pcm16(audio: Audio) -> bytes:
    """Little-endian 16-bit samples without a header, rounded to nearest.

    Raises:
        AudioError: samples beyond full scale.
    """
    return _integers(audio, 16).astype("<i2").tobytes()


def wav_header(sample_rate_hz: int, frames: int | None) -> bytes:
    """The 44 bytes before mono PCM16 samples; `frames` None for a stream of unknown length.

    A stream says 0xFFFFFFFF for its sizes, which players take as "until the end".

    Raises:
        AudioError: more frames than a WAV file can hold (4 GiB).
    """
    return _header(1, 16, sample_rate_hz, None if frames is None else frames * 2)


def refuse_over_full_scale(audio: Audio) -> None:
    """Raises AudioError when integers could not hold `audio`: nothing is clipped in silence."""
    if audio.peak > 1.0:
        raise AudioError(
            f"the peak is {20 * np.log10(audio.peak):+.2f} dB over full scale: "
            f"lower the gain or limit it before writing"
        )


def _integers(audio: Audio, bits: int) -> npt.NDArray[np.int32]:
    refuse_over_full_scale(audio)
    scale = 2.0 ** (bits - 1)
    # +1.0 has no integer of its own; it loses one step, which is what every writer does
    scaled = np.rint(audio.samples.astype(np.float64) * scale)
    return np.minimum(scaled, scale - 1).astype(np.int32)


def _pcm24(audio: Audio) -> bytes:
    integers = _integers(audio, 24).astype("<i4")
    return integers.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def _wav(data: bytes, tag: int, bits: int, sample_rate_hz: int) -> bytes:
    """Written here because libsndfile puts the time of day into float files."""
    padding = b"\0" * (len(data) % 2)
    return _header(tag, bits, sample_rate_hz, len(data)) + data + padding


def _header(tag: int, bits: int, sample_rate_hz: int, size: int | None) -> bytes:
    width = bits // 8
    fields = ((tag, 2), (1, 2), (sample_rate_hz, 4), (sample_rate_hz * width, 4))
    fmt = b"".join(_le(*field) for field in (*fields, (width, 2), (bits, 2)))
    if tag != 1:  # all but PCM carry an empty extension and the number of frames
        frames = 0 if size is None else size // width
        fmt += _le(0, 2) + b"fact" + _le(4, 4) + _le(frames, 4)
    fmt_size = 16 if tag == 1 else 18
    if size is None:
        riff_size = size = STREAMING_BYTES
    else:
        riff_size = 4 + 8 + len(fmt) + 8 + size + size % 2
        if riff_size >= STREAMING_BYTES:
            raise AudioError(f"{size} bytes of sound don't fit a WAV file: write it as FLAC")
    return b"RIFF%bWAVEfmt %b%bdata%b" % (_le(riff_size, 4), _le(fmt_size, 4), fmt, _le(size, 4))


def _le(value: int, width: int) -> bytes:
    return value.to_bytes(width, "little")


def _flac(audio: Audio, depth: Depth) -> bytes:
    """The very samples that a WAV file of this depth holds."""
    bits = int(depth[3:])
    integers = _integers(audio, bits)
    samples = integers.astype(np.int16) if bits == 16 else integers << 8
    return _sndfile(samples, audio.sample_rate_hz, "FLAC", f"PCM_{bits}", None, None)


def _lossy(audio: Audio, known: FileFormat) -> bytes:
    if known.rates_hz:
        higher = [rate for rate in known.rates_hz if rate >= audio.sample_rate_hz]
        audio = resample(audio, higher[0] if higher else known.rates_hz[-1])
    mode = "CONSTANT" if known.container == "MP3" else None
    data = _sndfile(
        *(audio.samples, audio.sample_rate_hz, known.container, known.codec),
        *(known.level, mode),
    )
    if known.container == "OGG":
        # from the content: files of different sounds can still be strung together
        return ogg.with_serial(data, int(audio.content_hash[:8], 16))
    return data


def _sndfile(
    samples: npt.NDArray[np.float32] | npt.NDArray[np.int16] | npt.NDArray[np.int32],
    sample_rate_hz: int,
    container: str,
    codec: str,
    level: float | None,
    mode: str | None,
) -> bytes:
    file = io.BytesIO()
    try:
        with soundfile.SoundFile(
            *(file, "w", sample_rate_hz, 1, codec),
            format=container,
            compression_level=level,
            bitrate_mode=mode,
        ) as stream:
            for start in range(0, samples.size, _BLOCK_FRAMES):
                stream.write(samples[start : start + _BLOCK_FRAMES])
    except soundfile.SoundFileError as error:
        raise AudioError(f"{codec} can't be written at {sample_rate_hz} Hz: {error}") from error
    return file.getvalue()


def _sync_folder(folder: Path) -> None:
    """Makes the new name itself last; Windows can't open folders and needs none of it."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
