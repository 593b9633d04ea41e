"""Random numbers by place: those of a take, a frame and a code group, whatever else is drawn."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vocalino.seeds import generator


def uniforms(seed: int, frames: int, groups: int) -> npt.NDArray[np.float32]:
    """Numbers from 0 up to but not 1, [frames, groups]; more frames only add rows.

    They come from a counter-based generator (Philox) on the host, so that every device gets the
    same ones; as multiples of 2^-23 they are exact in float32.
    """
    philox = generator(seed, "codes").bit_generator
    words = philox.random_raw(-(-frames * groups // 2))
    halves = np.stack((words & 0xFFFFFFFF, words >> 32), axis=1).reshape(-1)
    drawn = (halves[: frames * groups] >> 9).astype(np.float32) * np.float32(2.0**-23)
    return drawn.reshape(frames, groups)
