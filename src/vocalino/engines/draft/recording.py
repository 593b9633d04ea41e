"""A recording of a person, converted piece by piece: no piece is long, however long the take is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from vocalino.audio import Audio, Samples
from vocalino.audio.resample import resample
from vocalino.cancel import CancelToken
from vocalino.engines.draft.frames import SAMPLE_RATE_HZ, Frames, analyse, synthesise
from vocalino.engines.draft.mapping import TUNING, Mapping, Tuning
from vocalino.engines.draft.perform import active_rms, finished
from vocalino.engines.draft.portrait import Portrait
from vocalino.engines.draft.stretch import stretched
from vocalino.errors import AudioError

LISTENED_S = 30.0
"""The recording's own statistics are taken from about this much of its start."""
MIN_S = 0.2
_PIECE_S, _AT_MOST_S = 10.0, 15.0
_QUIET_BLOCK = SAMPLE_RATE_HZ // 50
_FADE_S = 0.004  # where it is quietest anyway
_MOST_GAIN_DB = 12.0
_LIMIT_SPREADS = 4.0  # an actor's outbursts stay outbursts
_SILENT = 1e-5


def convert_recording(
    recording: Audio,
    target: Portrait,
    length_adjust: float,
    cancel: CancelToken,
    tuning: Tuning = TUNING,
) -> Iterator[Audio]:
    """The same performance in the target's voice, piece by piece, at 24 kHz.

    Range, timing and level are the recording's; its median F0 becomes the target's.

    Raises:
        AudioError: the recording is silent, too short, or hardly voiced.
        Cancelled: between two steps of the work.
    """
    if recording.duration_s < MIN_S or recording.rms < _SILENT:
        raise AudioError(
            f"the recording lasts {recording.duration_s:.2f} s at rms {recording.rms:.1g}: "
            f"give at least {MIN_S:g} s of audible speech"
        )
    samples = resample(recording, SAMPLE_RATE_HZ).samples
    parts = list(pieces(samples))
    heard: list[Frames] = []
    for piece in parts:
        if sum(frames.duration_s for frames in heard) < LISTENED_S:
            cancel.check()
            heard.append(_analysed(piece))
    cancel.check()
    tuning = replace(tuning, limit_spreads=_LIMIT_SPREADS)
    mapping = Mapping(_joined(heard), target, tuning, own_range=True)
    for number, piece in enumerate(parts):
        cancel.check()
        frames = heard[number] if number < len(heard) else _analysed(piece)
        cancel.check()
        frames = stretched(mapping.apply(frames), length_adjust)
        cancel.check()
        yield _finished(synthesise(frames), piece, round(piece.size * length_adjust))


def pieces(samples: Samples) -> Iterator[Samples]:
    """Cut at the quietest moments between 10 and 15 s; together they are the whole."""
    start = 0
    while (samples.size - start) / SAMPLE_RATE_HZ > _AT_MOST_S:
        first = start + round(_PIECE_S * SAMPLE_RATE_HZ)
        last = start + round(_AT_MOST_S * SAMPLE_RATE_HZ)
        blocks = samples[first:last].reshape(-1, _QUIET_BLOCK)
        quietest = int(np.square(blocks).mean(axis=1).argmin())
        stop = first + quietest * _QUIET_BLOCK + _QUIET_BLOCK // 2
        yield samples[start:stop]
        start = stop
    yield samples[start:]


def _analysed(samples: Samples) -> Frames:
    return analyse(Audio(samples, SAMPLE_RATE_HZ), method="autocorrelation")


def _joined(parts: list[Frames]) -> Frames:
    return Frames(
        np.concatenate([part.f0_hz for part in parts]),
        np.concatenate([part.envelope for part in parts]),
        np.concatenate([part.aperiodicity for part in parts]),
    )


def _finished(sound: Audio, original: Samples, count: int) -> Audio:
    """`count` samples as loud as the original, without clicks at the ends."""
    samples = np.zeros(count)
    kept = min(count, sound.samples.size)
    samples[:kept] = sound.samples[:kept]
    wanted, got = active_rms(original.astype(np.float64)), active_rms(samples)
    if wanted > 0.0 and got > 0.0:
        most = 10.0 ** (_MOST_GAIN_DB / 20.0)
        samples *= float(np.clip(wanted / got, 1.0 / most, most))
    return finished(samples, _FADE_S)
