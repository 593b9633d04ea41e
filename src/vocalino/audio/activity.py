"""Where somebody speaks: levels of short frames, and the floor and top that they move between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vocalino.audio.value import Audio

FRAME_S = 0.02
HOP_S = 0.01
SILENCE_DB = -66.0  # quieter than this nobody speaks: below the noise of a 16-bit recording chain
NOTHING_DB = -120.0

_RUMBLE_HZ = 60.0  # under the lowest voice: mains hum's fundamental, wind, table knocks, DC
_SETTLING_S = 0.1  # by then the high-pass has forgotten what it heard
_TOP_S = 0.25  # a click is shorter than this, the loud parts of a word are not
_BURST_S = 0.03  # active parts shorter than this are clicks
_STOP_S = 0.15  # silence inside a word: the closure of a stop, doubled in slow speech

Levels = npt.NDArray[np.float64]  # [F], dB re full scale, one value a frame
Mask = npt.NDArray[np.bool_]  # [F]


@dataclass(frozen=True, eq=False)
class Activity:
    """Frame levels [F] (dBFS, `HOP_S` apart, `FRAME_S` long), and what follows from them.

    `active` frames carry speech, judged against the clip's own floor and top; in a clip whose
    level hardly moves all frames are active, and in a silent one none.
    """

    levels_db: Levels
    floor_db: float
    top_db: float
    active: Mask

    @property
    def active_s(self) -> float:
        """Seconds of speech, the short closures inside words counted in."""
        return float(closed(self.active).sum()) * HOP_S


def activity(audio: Audio) -> Activity:
    levels = frame_levels_db(audio)
    if not levels.size:
        return Activity(levels, NOTHING_DB, NOTHING_DB, np.zeros(0, np.bool_))
    smooth = smoothed(levels)
    floor = float(np.percentile(smooth, 5))
    top = float(np.sort(levels)[::-1][min(round(_TOP_S / HOP_S), levels.size // 4)])
    if top < SILENCE_DB:
        return Activity(levels, floor, top, np.zeros(levels.size, np.bool_))
    # Over a quiet floor speech reaches 40 dB below its top; over a loud one, what stands out.
    contrast = top - floor
    threshold = max(top - 40.0, floor + min(12.0, 0.45 * contrast))
    active = np.ones(levels.size, np.bool_) if contrast < 4.0 else levels >= threshold
    return Activity(levels, floor, top, without_bursts(active))


def frame_levels_db(audio: Audio) -> Levels:
    """Level of each frame [F] in dBFS, rumble and DC left out; a last part of a frame counts."""
    if not audio.samples.size:
        return np.zeros(0)
    samples = without_rumble(audio)
    frame = max(1, round(FRAME_S * audio.sample_rate_hz))
    starts = np.arange(0, max(1, samples.size - frame // 2), HOP_S * audio.sample_rate_hz)
    starts = np.round(starts).astype(np.int64)
    stops = np.minimum(starts + frame, samples.size)
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples))])
    power = np.maximum(energy[stops] - energy[starts], 0.0) / (stops - starts)
    return 10 * np.log10(power + 10 ** (NOTHING_DB / 10))


def without_rumble(audio: Audio) -> npt.NDArray[np.float64]:
    """Samples [T] without DC and rumble, for measuring: what is heard is never changed.

    The magnitude of a second-order Butterworth high-pass, by FFT: scipy.signal would take longer
    to import than a take to judge. Zeros behind the sound keep its end from reaching its start.
    """
    samples = audio.samples.astype(np.float64)
    samples -= samples.mean()
    size = _fast_size(samples.size + round(_SETTLING_S * audio.sample_rate_hz))
    frequency = np.arange(size // 2 + 1) * (audio.sample_rate_hz / size / _RUMBLE_HZ)
    response = frequency**2 / np.sqrt(1.0 + frequency**4)
    return np.fft.irfft(np.fft.rfft(samples, size) * response, size)[: samples.size]


def _fast_size(size: int) -> int:
    """The next of 2^k, 3 x 2^k, 5 x 2^k: the FFT is quick on these."""
    return min(f * 2 ** max(0, int(np.ceil(np.log2(size / f)))) for f in (1, 3, 5))


def smoothed(levels: Levels) -> Levels:
    """Mean power over 50 ms: steadier than single frames where the floor is noise."""
    power = np.convolve(np.pad(np.power(10, levels / 10), 2, mode="edge"), np.ones(5) / 5, "valid")
    return 10 * np.log10(np.maximum(power, 10 ** (NOTHING_DB / 10)))


def closed(active: Mask) -> Mask:
    """`active` with gaps filled that are as short as the closure of a stop consonant."""
    closed = active.copy()
    starts, stops = runs(~active)
    inside = (starts > 0) & (stops < active.size)
    for start, stop in zip(starts[inside], stops[inside], strict=True):
        if stop - start < round(_STOP_S / HOP_S):
            closed[start:stop] = True
    return closed


def without_bursts(active: Mask) -> Mask:
    size = round((_BURST_S + FRAME_S) / HOP_S)  # a click fills all the frames that overlap it
    opened = active.copy()
    for start, stop in zip(*runs(active), strict=True):
        if stop - start < size:
            opened[start:stop] = False
    return opened


def runs(mask: Mask) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Starts and stops of the stretches where `mask` is true."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    return edges[::2], edges[1::2]
