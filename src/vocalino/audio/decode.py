"""The one decoder, for every way in: uploads, base64, files on disk, clips of the library."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile  # pyright: ignore[reportMissingTypeStubs]

from vocalino.audio.containers import (
    FIX,
    Container,
    ogg_streams,
    sniff,
    wav_shortage_bytes,
    without_id3,
)
from vocalino.audio.intake import base64_bytes, check_size, read_file
from vocalino.audio.limits import DEFAULT_LIMITS, MIB, Limits
from vocalino.audio.value import Audio, Samples
from vocalino.errors import AudioError

__all__ = ["DEFAULT_LIMITS", "MAX_AMPLITUDE", "Limits", "decode", "decode_base64"]

# Largest absolute sample that float files may hold, +18 dB over full scale: room for a hot mix,
# but not for integers stored as floats (32768) or for garbage (1e30).
MAX_AMPLITUDE = 8.0

_BLOCK_FRAMES = 4096
_UNKNOWN_FRAMES = 2**62  # libsndfile says 2^63 - 1 for a stream that doesn't tell its length
_LOST_S = 0.25  # a last frame cut off by a recorder that was stopped; FLAC frames are the longest
_CANCELLED = 0.1  # mixed power under a tenth of what unrelated channels would leave

_FORMATS: dict[Container, tuple[str, ...]] = {
    "wav": ("WAV", "WAVEX", "RF64"),
    "flac": ("FLAC",),
    "ogg": ("OGG",),
    "mp3": ("MP3",),
}
_CODECS = {
    *("PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"),
    *("VORBIS", "OPUS"),
    *("MPEG_LAYER_I", "MPEG_LAYER_II", "MPEG_LAYER_III"),
}


def decode(source: bytes | Path, limits: Limits = DEFAULT_LIMITS, what: str = "the audio") -> Audio:
    """Sound from the bytes of a file or from its path: mono, at the file's own rate.

    WAV (also RIFX, RF64, extensible), FLAC, OGG (Vorbis, Opus) and MP3, told apart by content.
    Channels are mixed to mono by their mean. `what` names the sound in errors.

    Raises:
        AudioError: it can't be read, is none of these, is over a limit, is damaged, holds
            non-finite samples or none at all, or its channels cancel out in the mix.
    """
    if isinstance(source, Path):
        data = read_file(source, limits, what)
    else:
        data = source
        check_size(len(data), limits, what)
    data = without_id3(data, what)
    container = sniff(data, what)
    if container == "ogg" and ogg_streams(data) > 1:
        raise AudioError(
            f"{what} is an OGG file of several streams (video, or recordings strung together): "
            f"export the sound you mean as a file of its own"
        )
    try:
        stream = _Stream(io.BytesIO(data))
    except soundfile.SoundFileError as error:
        raise AudioError(
            f"{what} begins like {container.upper()} but can't be opened "
            f"({_reason(error)}): it is damaged; {FIX}"
        ) from error
    with stream:
        _check_header(stream, container, limits, what)
        samples = _read(stream, limits, what)
        _check_whole(stream, container, data, samples.size, what)
        return Audio(samples, stream.samplerate)


def decode_base64(text: str, limits: Limits = DEFAULT_LIMITS, what: str = "the audio") -> Audio:
    """`decode` of `base64_bytes`; raises what they raise."""
    return decode(base64_bytes(text, limits, what), limits, what)


class _Stream(soundfile.SoundFile):
    """Read from front to back.

    soundfile seeks to where it already stands after every read of a seekable file: slow for Opus,
    inexact for MP3, and an error at the end of a FLAC that does not tell its length.
    """

    def seekable(self) -> bool:
        return False


def _check_header(stream: _Stream, container: Container, limits: Limits, what: str) -> None:
    """Refuse what the header itself gives away; `_read` holds it to the rest."""
    if stream.format not in _FORMATS[container] or stream.subtype not in _CODECS:
        raise AudioError(
            f"{what} is {stream.format} with the codec {stream.subtype}, which is not taken: "
            f"{FIX} (WAV: PCM, float, u-law or A-law)"
        )
    rate_hz = stream.samplerate
    if not limits.min_sample_rate_hz <= rate_hz <= limits.max_sample_rate_hz:
        raise AudioError(
            f"{what} has a sample rate of {rate_hz} Hz: export it with one from "
            f"{limits.min_sample_rate_hz} to {limits.max_sample_rate_hz} Hz"
        )
    if not 1 <= stream.channels <= limits.max_channels:
        raise AudioError(
            f"{what} has {stream.channels} channels, more than {limits.max_channels}: "
            f"export it as mono or stereo"
        )
    if stream.frames < _UNKNOWN_FRAMES:
        _check_length(stream.frames, stream, limits, what)


def _check_length(frames: int, stream: _Stream, limits: Limits, what: str) -> None:
    duration_s = frames / stream.samplerate
    if duration_s > limits.max_duration_s:
        raise AudioError(
            f"{what} lasts {_clock(duration_s)} or more, longer than "
            f"{_clock(limits.max_duration_s)}: cut it into shorter parts"
        )
    decoded_bytes = frames * stream.channels * 4
    if decoded_bytes > limits.max_decoded_bytes:
        raise AudioError(
            f"{what} unpacks to {decoded_bytes / MIB:.0f} MiB or more ({stream.channels} channels "
            f"at {stream.samplerate} Hz), over {limits.max_decoded_bytes / MIB:.0f} MiB: "
            f"cut it shorter, or export it as mono at 48 kHz"
        )


def _read(stream: _Stream, limits: Limits, what: str) -> Samples:
    """All frames as mono [T], by blocks; what the header says of the length plays no part."""
    mono = np.empty(_BLOCK_FRAMES, np.float32)
    frames = 0
    channel_power = mixed_power = 0.0
    while (block := _next_block(stream)) is not None:  # [T, C]
        end = frames + block.shape[0]
        _check_length(end, stream, limits, what)
        _check_samples(block, frames / stream.samplerate, what)
        if end > mono.size:  # grown in place: never two copies of a long sound
            mono.resize(max(end, mono.size + mono.size // 2), refcheck=False)
        np.mean(block, axis=1, out=mono[frames:end])
        if stream.channels > 1:
            channel_power += float(np.mean(np.square(block, dtype=np.float64), axis=1).sum())
            mixed_power += float(np.square(mono[frames:end], dtype=np.float64).sum())
        frames = end
    if not frames:
        raise AudioError(f"{what} holds no sound (0 samples): record or export it again")
    if mixed_power < _CANCELLED * channel_power / stream.channels:
        raise AudioError(
            f"{what} has {stream.channels} channels that cancel each other out when they are mixed "
            f"to mono (one of them has its polarity inverted): export one channel alone"
        )
    mono.resize(frames, refcheck=False)
    mono.setflags(write=False)  # ours alone: `Audio` need not copy it
    return mono


def _next_block(stream: _Stream) -> npt.NDArray[np.float32] | None:
    """[T, C], None at the end. A decoder that gives up ends the sound; `_check_whole` judges it."""
    try:
        read = stream.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)
    except soundfile.SoundFileError:
        return None
    block = np.asarray(read, np.float32)
    return block if block.shape[0] else None


def _check_samples(block: npt.NDArray[np.float32], start_s: float, what: str) -> None:
    peak = float(np.abs(block).max())  # NaN and infinity come through max()
    if not math.isfinite(peak):
        raise AudioError(
            f"{what} holds samples that are not numbers or infinite, near {start_s:.2f} s: "
            f"export it again from the program that made it"
        )
    if peak > MAX_AMPLITUDE:
        raise AudioError(
            f"{what} holds samples of up to {peak:.3g} near {start_s:.2f} s, over a full scale "
            f"of 1: normalise it, or export it as 16 or 24 bit"
        )


def _check_whole(
    stream: _Stream, container: Container, data: bytes, frames: int, what: str
) -> None:
    """A cut-off last frame is fine; half a file is not, since nobody would hear of it."""
    missing = 0 if stream.frames >= _UNKNOWN_FRAMES else stream.frames - frames
    if container == "wav":
        missing = int(frames * wav_shortage_bytes(data) / len(data))
    missing_s = missing / stream.samplerate
    if missing_s > _LOST_S:
        got_s = frames / stream.samplerate
        raise AudioError(
            f"{what} breaks off after {_clock(got_s)} of {_clock(got_s + missing_s)}: "
            f"it is damaged or was not sent whole; send it again, or export what is left"
        )


def _reason(error: soundfile.SoundFileError) -> str:
    """libsndfile's own words, without the Python object that they are wrapped in."""
    text = getattr(error, "error_string", "") or "no reason given"
    return str(text).strip().rstrip(".").lower()


def _clock(duration_s: float) -> str:
    if duration_s < 120:
        return f"{duration_s:.1f} s"
    if duration_s < 7200:
        return f"{duration_s / 60:.1f} min"
    return f"{duration_s / 3600:.0f} h"
