"""Clipping: is the wave cut off?"""

from __future__ import annotations

import math

from vocalino.audio.reference import clipped_fraction
from vocalino.request import ConvertRequest, TakeRequest
from vocalino.take import Take, Verdict

MAX_CLIPPED_S = 0.001
"""Shorter is not heard."""


class Clipping:
    """Seconds spent in flat tops or beyond full scale."""

    name = "clipping"

    def score(self, take: Take, request: TakeRequest | ConvertRequest) -> Verdict:
        clipped_s = clipped_fraction(take.audio) * take.audio.duration_s
        if clipped_s > MAX_CLIPPED_S:
            evidence = f"clipped for {clipped_s * 1000:.0f} ms in all"
            return Verdict(self.name, "fail", evidence, clipped_s, gate=True)
        peak_db = 20 * math.log10(max(take.audio.peak, 1e-9))
        return Verdict(self.name, "pass", f"peak {peak_db:.1f} dBFS", clipped_s, gate=True)
