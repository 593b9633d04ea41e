"""Another sample rate for the same sound."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import soxr  # pyright: ignore[reportMissingTypeStubs]

from vocalino.audio.value import Audio, Samples


def resample(
    audio: Audio, sample_rate_hz: int, *, rounding: Callable[[float], int] = round
) -> Audio:
    """`audio` at `sample_rate_hz`, by soxr's high quality (linear phase, 20 bit) recipe.

    The same value comes back when the rate is right already. Steep edges may overshoot full scale
    a little, as with every band-limited resampler.

    Args:
        rounding: makes T * new / old a whole number of samples; `math.ceil` is librosa's rule.

    Raises:
        AudioError: `sample_rate_hz` is not positive.
    """
    if sample_rate_hz == audio.sample_rate_hz:
        return audio
    empty = Audio(np.zeros(0, np.float32), sample_rate_hz)  # also checks the rate
    if not audio.samples.size:
        return empty
    length = rounding(audio.samples.size * sample_rate_hz / audio.sample_rate_hz)
    out: Samples = soxr.resample(audio.samples, audio.sample_rate_hz, sample_rate_hz, quality="HQ")
    # soxr may end a sample early or late, depending on how the ratio rounds
    out = out[:length] if out.size >= length else np.pad(out, (0, length - out.size))
    return Audio(out, sample_rate_hz)
