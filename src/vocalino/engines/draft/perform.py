"""A performance out of neutral frames."""

from __future__ import annotations

from vocalino.audio import Audio
from vocalino.engines.draft.frames import Frames, synthesise
from vocalino.engines.draft.notes import Cue


def perform(frames: Frames, cue: Cue) -> Audio:
    """Act `frames` as `cue` says: 24 kHz, active level -23 dB plus the asked loudness.

    A pure function: the same frames and cue give the same bytes.
    """
    return synthesise(frames)
