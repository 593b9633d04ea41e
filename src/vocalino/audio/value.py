"""The one way sound travels between the parts of Vocalino."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from vocalino.errors import AudioError

Samples = npt.NDArray[np.float32]  # [T] in samples


@dataclass(frozen=True, eq=False)
class Audio:
    """Mono sound: float32 samples [T], full scale at -1 and 1, and their rate.

    The samples are made read-only, so a value can be shared between threads and caches.
    Samples beyond full scale are allowed here (an engine may overshoot); encoders refuse them.

    Raises:
        AudioError: the samples are not one-dimensional, not finite, or the rate is not positive.
    """

    samples: Samples
    sample_rate_hz: int

    def __post_init__(self) -> None:
        if self.samples.ndim != 1:
            raise AudioError(f"audio must be mono [T], got shape {list(self.samples.shape)}")
        if self.sample_rate_hz <= 0:
            raise AudioError(f"sample rate must be positive, got {self.sample_rate_hz} Hz")
        samples = np.ascontiguousarray(self.samples, dtype=np.float32)
        if not np.isfinite(samples).all():
            raise AudioError("audio holds NaN or infinite samples")
        if samples is self.samples and samples.flags.writeable:
            samples = samples.copy()  # never freeze an array that its maker still writes to
        samples.setflags(write=False)
        object.__setattr__(self, "samples", samples)

    @classmethod
    def silence(cls, duration_s: float, sample_rate_hz: int) -> Audio:
        return cls(np.zeros(round(duration_s * sample_rate_hz), np.float32), sample_rate_hz)

    @property
    def duration_s(self) -> float:
        return self.samples.size / self.sample_rate_hz

    @property
    def peak(self) -> float:
        """Largest absolute sample, 0.0 for no samples."""
        return float(np.abs(self.samples).max()) if self.samples.size else 0.0

    @property
    def rms(self) -> float:
        """Root mean square over all samples, 0.0 for no samples."""
        if not self.samples.size:
            return 0.0
        return float(np.sqrt(np.mean(np.square(self.samples, dtype=np.float64))))

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 (hex) over the rate and the samples: the same sound, however it was encoded."""
        digest = hashlib.sha256(self.sample_rate_hz.to_bytes(4, "little"))
        samples = self.samples + np.float32(0)  # -0.0 sounds like 0.0, and decoders mix them up
        digest.update(samples.astype("<f4", copy=False).tobytes())
        return digest.hexdigest()

    def span(self, start_s: float, stop_s: float | None = None) -> Audio:
        """The part from `start_s` to `stop_s` seconds (to the end when None)."""
        start = round(start_s * self.sample_rate_hz)
        stop = None if stop_s is None else round(stop_s * self.sample_rate_hz)
        return Audio(self.samples[start:stop], self.sample_rate_hz)


def concatenate(parts: list[Audio]) -> Audio:
    """Join parts end to end.

    Raises:
        AudioError: there is no part, or their rates differ.
    """
    rates = {part.sample_rate_hz for part in parts}
    if len(rates) != 1:
        raise AudioError(f"can only join audio of one rate, got {sorted(rates) or 'no parts'}")
    if len(parts) == 1:
        return parts[0]
    return Audio(np.concatenate([part.samples for part in parts]), rates.pop())
