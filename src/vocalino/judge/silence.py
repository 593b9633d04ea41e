"""Silence: is there speech at a level one can hear, without a hole in it?"""

from __future__ import annotations

import numpy as np

from vocalino.audio.activity import runs
from vocalino.audio.loudness import active_level_db
from vocalino.audio.trim import speech_span
from vocalino.request import ConvertRequest, TakeRequest
from vocalino.take import Take, Verdict

MIN_LEVEL_DB = -50.0
"""Quieter than a whisper 27 dB below the usual active speech level of -23 dB."""
MAX_HOLE_S = 3.0
"""Longer than any pause that acting asks for."""
HOLE_BELOW_SPEECH_DB = 45.0
_FRAME_S = 0.02


class Silence:
    """Active speech level in dBFS, and the longest hole inside the speech."""

    name = "silence"

    def score(self, take: Take, request: TakeRequest | ConvertRequest) -> Verdict:
        level_db = active_level_db(take.audio)
        span = speech_span(take.audio)
        if span is None or level_db is None or level_db < MIN_LEVEL_DB:
            heard = "no speech in it" if level_db is None else f"speech level {level_db:.0f} dBFS"
            return Verdict(self.name, "fail", f"silent: {heard}", level_db, gate=True)
        hole_s = _longest_hole_s(take, span, level_db - HOLE_BELOW_SPEECH_DB)
        if hole_s > MAX_HOLE_S:
            evidence = f"silent for {hole_s:.1f} s in the middle"
            return Verdict(self.name, "fail", evidence, level_db, gate=True)
        return Verdict(self.name, "pass", f"speech level {level_db:.0f} dBFS", level_db, gate=True)


def _longest_hole_s(take: Take, span: tuple[float, float], floor_db: float) -> float:
    inside = take.audio.span(*span).samples
    size = round(_FRAME_S * take.audio.sample_rate_hz)
    frames = inside[: inside.size // size * size].reshape(-1, size)  # [frames, samples]
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    quiet = 10 * np.log10(power + 1e-12) < floor_db
    starts, stops = runs(quiet)
    return float((stops - starts).max(initial=0)) * _FRAME_S
