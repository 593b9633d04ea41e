"""Silence at both ends of a take."""

from __future__ import annotations

import numpy as np

from vocalino.audio.activity import FRAME_S, HOP_S, activity, smoothed
from vocalino.audio.value import Audio

_GAP_S = 0.12  # closure between a word and the fricative or release that belongs to it
_OVER_FLOOR_DB = 4.0  # quiet fricatives stand hardly higher; steady noise smoothed stays below


def speech_span(audio: Audio) -> tuple[float, float] | None:
    """Seconds where speech starts and stops, None when there is none.

    Found where it stands out clearly from the clip's own floor, then followed outwards down to
    just over the floor, so that quiet beginnings and endings (f, s, h, breath) belong to it.
    A clip whose level hardly moves is speech from end to end: nothing tells the two apart.
    """
    found = activity(audio)
    frames = np.flatnonzero(found.active)
    if not frames.size:
        return None
    contrast = found.top_db - found.floor_db
    low = found.floor_db + max(_OVER_FLOOR_DB, 0.15 * contrast)
    low = max(low, found.top_db - 60.0)  # dither and room hiss over digital silence
    # smoothed against chance, and as it is, since smoothing reaches 30 ms into the silence
    audible = (smoothed(found.levels_db) >= low) & (found.levels_db >= low)
    first = int(frames[0]) - _reach(audible[: frames[0]][::-1])
    last = int(frames[-1]) + _reach(audible[frames[-1] + 1 :])
    return first * HOP_S, min(last * HOP_S + FRAME_S, audio.duration_s)


def trim(audio: Audio, handle_s: float = 0.1) -> Audio:
    """`audio` from `handle_s` before its speech to `handle_s` after it, as far as there is any.

    Without speech in it the audio comes back as it is: emptiness is for the judge to name.
    """
    span = speech_span(audio)
    if span is None:
        return audio
    start_s, stop_s = span
    return audio.span(max(0.0, start_s - handle_s), stop_s + handle_s)


def _reach(audible: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    """Frames from the start of `audible` [F] to the last one before a gap that is too long."""
    gap = round(_GAP_S / HOP_S)
    reach = 0
    for frame in np.flatnonzero(audible):
        if frame - reach > gap:
            break
        reach = int(frame) + 1
    return reach
