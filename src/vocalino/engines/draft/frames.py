"""WORLD's view of a voice: F0, spectral envelope and aperiodicity every 5 ms, and back to sound.

M. Morise, F. Yokomori, K. Ozawa, "WORLD: a vocoder-based high-quality speech synthesis system
for real-time applications", IEICE Trans. E99-D (2016). The `pyworld` binding does the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyworld

from vocalino.audio import Audio
from vocalino.audio.activity import without_rumble
from vocalino.audio.resample import resample
from vocalino.engines.draft.pitch import SAMPLE_RATE_HZ as TRACKED_HZ
from vocalino.engines.draft.pitch import track
from vocalino.errors import AudioError

FRAME_S = 0.005
SAMPLE_RATE_HZ = 24_000
FFT = 1024
BINS = FFT // 2 + 1
LOWEST_F0_HZ = 3.0 * SAMPLE_RATE_HZ / (FFT - 3.0) + 0.5
"""The envelope window spans three periods and must fit into the FFT: lower F0 counts as this."""

Floats = npt.NDArray[np.float64]
Voicing = npt.NDArray[np.int8]  # [T]: 1 voiced, 0 voiceless, -1 unknown
Method = Literal["dio", "autocorrelation"]


@dataclass(frozen=True, eq=False)
class Frames:
    """`f0_hz` [T] (0 where unvoiced), `envelope` [T, 513] power, `aperiodicity` [T, 513] in 0..1.

    24 kHz, one frame every 5 ms. The arrays are shared freely and never written to.
    """

    f0_hz: Floats
    envelope: Floats
    aperiodicity: Floats

    def __post_init__(self) -> None:
        count = self.f0_hz.size
        assert self.f0_hz.shape == (count,)
        assert self.envelope.shape == self.aperiodicity.shape == (count, BINS)

    def __len__(self) -> int:
        return self.f0_hz.size

    @property
    def duration_s(self) -> float:
        return len(self) * FRAME_S

    @property
    def voiced(self) -> npt.NDArray[np.bool_]:
        return self.f0_hz > 0.0

    @property
    def median_f0_hz(self) -> float:
        """Median over voiced frames, 0.0 when there are none."""
        return float(np.median(self.f0_hz[self.voiced])) if self.voiced.any() else 0.0

    def with_f0(self, f0_hz: Floats) -> Frames:
        return replace(self, f0_hz=f0_hz)


def analyse(
    audio: Audio,
    f0_floor_hz: float = 60.0,
    f0_ceil_hz: float = 650.0,
    method: Method = "dio",
    voicing: Voicing | None = None,
) -> Frames:
    """Frames of any sound; other rates than 24 kHz are resampled.

    "dio" is fast and enough for synthetic speech, "autocorrelation" holds on to noisy recordings.
    `voicing` [T] is what is known beforehand: F0 is bridged over holes in voiced frames and
    removed from voiceless ones.

    Raises:
        AudioError: there are no samples.
    """
    if not audio.samples.size:
        raise AudioError("there is no sound to analyse: the audio has 0 samples")
    samples = _at_rate(audio)
    limits: dict[str, Any] = {"f0_floor": f0_floor_hz, "f0_ceil": f0_ceil_hz}
    limits["frame_period"] = FRAME_S * 1000.0
    if method == "dio":
        coarse, times_s = pyworld.dio(samples, SAMPLE_RATE_HZ, **limits)
        f0_hz = pyworld.stonemask(samples, coarse, times_s, SAMPLE_RATE_HZ)
    else:
        times_s = FRAME_S * np.arange(int(samples.size / SAMPLE_RATE_HZ / FRAME_S) + 1.0)
        coarse = _tracked(Audio(samples.astype(np.float32), SAMPLE_RATE_HZ), times_s.size)
        f0_hz = pyworld.stonemask(samples, coarse, times_s, SAMPLE_RATE_HZ)
    f0_hz = np.where((f0_hz >= f0_floor_hz) & (f0_hz <= f0_ceil_hz), f0_hz, 0.0)
    if voicing is not None:
        f0_hz = _told(f0_hz, voicing)
    window_f0_hz = np.where(f0_hz > 0.0, np.maximum(f0_hz, LOWEST_F0_HZ), 0.0)
    envelope = pyworld.cheaptrick(samples, window_f0_hz, times_s, SAMPLE_RATE_HZ, fft_size=FFT)
    aperiodicity = _aperiodicity(samples, window_f0_hz, times_s)
    return Frames(f0_hz, envelope, aperiodicity)


def synthesise(frames: Frames) -> Audio:
    """Sound at 24 kHz, `duration_s` long. The same frames give the same bytes."""
    if not len(frames):
        return Audio(np.zeros(0, np.float32), SAMPLE_RATE_HZ)
    samples = pyworld.synthesize(
        np.ascontiguousarray(frames.f0_hz),
        np.ascontiguousarray(frames.envelope),
        np.ascontiguousarray(frames.aperiodicity),
        SAMPLE_RATE_HZ,
        FRAME_S * 1000.0,
    )
    count = round(frames.duration_s * SAMPLE_RATE_HZ)
    return Audio(np.asarray(samples[:count], np.float32), SAMPLE_RATE_HZ)


def _at_rate(audio: Audio) -> Floats:
    return np.ascontiguousarray(resample(audio, SAMPLE_RATE_HZ).samples, np.float64)


def _tracked(audio: Audio, count: int) -> Floats:
    """Coarse F0 [count] by autocorrelation."""
    f0_hz = track(without_rumble(resample(audio, TRACKED_HZ)), FRAME_S)
    return np.ascontiguousarray(np.pad(f0_hz, (0, max(0, count - f0_hz.size)))[:count])


def _aperiodicity(samples: Floats, f0_hz: Floats, times_s: Floats) -> Floats:
    """D4C every other voiced frame, the ones between are the mean of their neighbours.

    D4C costs more than all the rest together, and breathiness doesn't change in 10 ms.
    """
    count = f0_hz.size
    voiced = np.pad(f0_hz > 0.0, 1)
    even = np.arange(count) % 2 == 0
    between = ~even & voiced[1:-1] & voiced[:-2] & voiced[2:]
    wanted = np.flatnonzero(voiced[1:-1] & ~between)
    between = np.flatnonzero(between)
    aperiodicity = np.ones((count, BINS))
    if wanted.size:
        aperiodicity[wanted] = pyworld.d4c(
            samples, f0_hz[wanted], times_s[wanted], SAMPLE_RATE_HZ, fft_size=FFT
        )
        aperiodicity[between] = (aperiodicity[between - 1] + aperiodicity[between + 1]) / 2.0
    return aperiodicity


def _told(f0_hz: Floats, voicing: Voicing) -> Floats:
    """F0 corrected by what is known: bridged (in log F0) where voiced, 0 where voiceless."""
    known = np.full(f0_hz.size, -1, np.int8)
    count = min(f0_hz.size, voicing.size)
    known[:count] = voicing[:count]
    found = np.flatnonzero((f0_hz > 0.0) & (known != 0))
    if not found.size:
        return np.zeros_like(f0_hz)
    bridged = np.exp(np.interp(np.arange(f0_hz.size), found, np.log(f0_hz[found])))
    return np.where(known == 1, bridged, np.where(known == 0, 0.0, f0_hz))
