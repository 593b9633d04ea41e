"""Cut-off: does the take start and end with the speech, or in the middle of it?"""

from __future__ import annotations

import numpy as np

from vocalino.audio import Samples
from vocalino.audio.loudness import active_level_db
from vocalino.request import ConvertRequest, TakeRequest
from vocalino.take import Take, Verdict

_EDGE_S = 0.02
_FADE_S = 0.01
"""Engines fade the outermost 8 ms, which would hide a cut: look just inside."""
CUT_BELOW_SPEECH_DB = 10.0
"""Speech that begins and ends by itself is well below its active level 30 ms from the edges."""


class Ending:
    """How far the level at the louder edge lies below the speech level, in dB."""

    name = "cut_off"

    def score(self, take: Take, request: TakeRequest | ConvertRequest) -> Verdict:
        level_db = active_level_db(take.audio)
        rate = take.audio.sample_rate_hz
        edge, fade = round(_EDGE_S * rate), round(_FADE_S * rate)
        samples = take.audio.samples
        if level_db is None or samples.size < 4 * (edge + fade):
            return Verdict(self.name, "inconclusive", "too little speech to tell", gate=True)
        start_db = _level_db(samples[fade : fade + edge]) - level_db
        end_db = _level_db(samples[-fade - edge : -fade]) - level_db
        where, loudest_db = ("end", end_db) if end_db >= start_db else ("start", start_db)
        below_db = -loudest_db
        if below_db < CUT_BELOW_SPEECH_DB:
            evidence = f"cut off at the {where}: still speaking, {below_db:.0f} dB below its level"
            return Verdict(self.name, "fail", evidence, below_db, gate=True)
        return Verdict(self.name, "pass", "starts and ends cleanly", below_db, gate=True)


def _level_db(samples: Samples) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-12))
