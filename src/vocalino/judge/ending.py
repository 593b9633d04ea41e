"""Cut-off: does the take start and end with the speech, or in the middle of it?

A designer that had to cut its talker off says so, which no sound can: the words may be missing
though the take ends in silence.
"""

from __future__ import annotations

import numpy as np

from vocalino.audio import Audio, Samples
from vocalino.audio.loudness import active_level_db
from vocalino.judge.silence import HOLE_BELOW_SPEECH_DB
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
        edges_db = _edges_below_speech_db(take.audio)
        if take.was_cut:
            evidence, below_db = _never_ended(take, edges_db), edges_db and min(edges_db)
            return Verdict(self.name, "fail", evidence, below_db, gate=True)
        if edges_db is None:
            return Verdict(self.name, "inconclusive", "too little speech to tell", gate=True)
        start_db, end_db = edges_db
        where, below_db = ("end", end_db) if end_db <= start_db else ("start", start_db)
        if below_db < CUT_BELOW_SPEECH_DB:
            evidence = f"cut off at the {where}: still speaking, {below_db:.0f} dB below its level"
            return Verdict(self.name, "fail", evidence, below_db, gate=True)
        return Verdict(self.name, "pass", "starts and ends cleanly", below_db, gate=True)


def _edges_below_speech_db(audio: Audio) -> tuple[float, float] | None:
    """How far start and end lie below the speech level, None when there is too little speech."""
    level_db = active_level_db(audio)
    edge, fade = round(_EDGE_S * audio.sample_rate_hz), round(_FADE_S * audio.sample_rate_hz)
    samples = audio.samples
    if level_db is None or samples.size < 4 * (edge + fade):
        return None
    start_db = level_db - _level_db(samples[fade : fade + edge])
    return start_db, level_db - _level_db(samples[-fade - edge : -fade])


def _never_ended(take: Take, edges_db: tuple[float, float] | None) -> str:
    """In words; a talker that was stuck in silence may have said all of its line before."""
    acted = take.performance or take.audio
    evidence = f"the talker did not come to an end: cut after {acted.duration_s:.1f} s"
    silent = edges_db is not None and edges_db[1] > HOLE_BELOW_SPEECH_DB
    return f"{evidence}, in silence, so the line may be whole" if silent else evidence


def _level_db(samples: Samples) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-12))
