"""Where somebody speaks: levels of short frames, and the floor and top that they move between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage, signal  # pyright: ignore[reportMissingTypeStubs]

from vocalino.audio.value import Audio

FRAME_S = 0.02
HOP_S = 0.01
SILENCE_DB = -66.0  # quieter than this nobody speaks: below the noise of a 16-bit recording chain
NOTHING_DB = -120.0

_RUMBLE_HZ = 60.0  # under the lowest voice: mains hum's fundamental, wind, table knocks, DC
_TOP_S = 0.25  # a click is shorter than this, the loud parts of a word are not
_BURST_S = 0.03  # active parts shorter than this are clicks
_STOP_S = 0.15  # silence inside a word: the closure of a stop, doubled in slow speech

# scipy is partly typed; what comes out of it is given a type here
_ndimage: Any = ndimage
_signal: Any = signal

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
    """Samples [T] without DC and rumble, for measuring: what is heard is never changed."""
    samples = audio.samples.astype(np.float64)
    samples -= samples.mean()
    sections = _signal.butter(2, _RUMBLE_HZ, "highpass", fs=audio.sample_rate_hz, output="sos")
    return np.asarray(_signal.sosfilt(sections, samples), np.float64)


def smoothed(levels: Levels) -> Levels:
    """Mean power over 50 ms: steadier than single frames where the floor is noise."""
    power = np.convolve(np.pad(np.power(10, levels / 10), 2, mode="edge"), np.ones(5) / 5, "valid")
    return 10 * np.log10(np.maximum(power, 10 ** (NOTHING_DB / 10)))


def closed(active: Mask) -> Mask:
    """`active` with gaps filled that are as short as the closure of a stop consonant."""
    size = round(_STOP_S / HOP_S)
    padded = np.pad(active, size)
    return np.asarray(_ndimage.binary_closing(padded, np.ones(size)), np.bool_)[size:-size]


def without_bursts(active: Mask) -> Mask:
    size = round((_BURST_S + FRAME_S) / HOP_S)  # a click fills all the frames that overlap it
    return np.asarray(_ndimage.binary_opening(active, np.ones(size)), np.bool_)
