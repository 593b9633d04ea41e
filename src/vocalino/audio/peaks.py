"""What a waveform looks like: the lowest and highest sample under every pixel column."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vocalino.audio.value import Audio
from vocalino.errors import AudioError

Peaks = npt.NDArray[np.float32]  # [count, 2], lowest and highest sample of each column


def peaks(audio: Audio, count: int) -> Peaks:
    """Lowest and highest sample [count, 2] of `count` equal columns; zeros when there is no sound.

    Every sample falls into a column. With fewer samples than columns a sample fills several.

    Raises:
        AudioError: `count` is not positive.
    """
    if count < 1:
        raise AudioError(f"a waveform needs at least one column, got {count}")
    size = audio.samples.size
    if not size:
        return np.zeros((count, 2), np.float32)
    starts = np.arange(count, dtype=np.int64) * size // count
    low = np.minimum.reduceat(audio.samples, starts)
    high = np.maximum.reduceat(audio.samples, starts)
    return np.stack([low, high], axis=1).astype(np.float32)
