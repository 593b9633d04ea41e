"""Clipping: is the wave cut off at full scale?"""

from __future__ import annotations

import numpy as np

from vocalino.request import ConvertRequest, TakeRequest
from vocalino.take import Take, Verdict

FULL_SCALE = 0.999
MIN_RUN_SAMPLES = 3
"""One or two samples at full scale are a peak that just fits; a run of them is a flat top."""
MAX_CLIPPED_S = 0.001


class Clipping:
    """Seconds spent in flat tops of at least three samples at full scale or beyond."""

    name = "clipping"

    def score(self, take: Take, request: TakeRequest | ConvertRequest) -> Verdict:
        at_limit = np.abs(take.audio.samples) >= FULL_SCALE
        edges = np.flatnonzero(np.diff(np.concatenate(([0], at_limit.astype(np.int8), [0]))))
        runs = edges[1::2] - edges[::2]
        clipped_s = float(runs[runs >= MIN_RUN_SAMPLES].sum()) / take.audio.sample_rate_hz
        if clipped_s > MAX_CLIPPED_S:
            evidence = f"clipped for {clipped_s * 1000:.0f} ms in all"
            return Verdict(self.name, "fail", evidence, clipped_s, gate=True)
        peak_db = 20 * np.log10(max(take.audio.peak, 1e-9))
        return Verdict(self.name, "pass", f"peak {peak_db:.1f} dBFS", clipped_s, gate=True)
