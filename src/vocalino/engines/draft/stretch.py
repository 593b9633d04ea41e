"""Another length for frames and for the cue that goes with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vocalino.engines.draft.frames import Frames
from vocalino.engines.draft.notes import Cue, Sentence
from vocalino.engines.draft.rhythm import at


def stretched(frames: Frames, factor: float) -> Frames:
    """Frames lasting `factor` times as long; voicing is kept, the rest is blended."""
    count = round(len(frames) * factor)
    if count == len(frames) or not count:
        return frames
    places = (np.arange(count, dtype=np.float64) + 0.5) / factor - 0.5
    return at(frames, np.clip(places, 0.0, len(frames) - 1.0))


def stretched_sentence(sentence: Sentence, factor: float) -> Sentence:
    """A sentence whose frames, sounds and words all last `factor` times as long."""
    if factor == 1.0:
        return sentence
    cue: Cue = sentence.cue
    spans = tuple(
        replace(s, start_s=s.start_s * factor, stop_s=s.stop_s * factor) for s in cue.spans
    )
    words = tuple(
        replace(w, start_s=w.start_s * factor, stop_s=w.stop_s * factor) for w in cue.words
    )
    return Sentence(stretched(sentence.frames, factor), replace(cue, spans=spans, words=words))
