"""Another length for frames and for the cue that goes with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vocalino.engines.draft.frames import Frames
from vocalino.engines.draft.notes import Cue, Sentence


def stretched(frames: Frames, factor: float) -> Frames:
    """Frames lasting `factor` times as long; voicing is kept, the rest is blended."""
    count = round(len(frames) * factor)
    if count == len(frames) or not count:
        return frames
    places = np.clip((np.arange(count) + 0.5) / factor - 0.5, 0.0, len(frames) - 1.0)
    before = places.astype(np.intp)
    after = np.minimum(before + 1, len(frames) - 1)
    share = (places - before)[:, None]
    envelope = np.log(np.maximum(frames.envelope, 1e-16))
    envelope = np.exp(envelope[before] * (1.0 - share) + envelope[after] * share)
    aperiodicity = frames.aperiodicity[before] * (1.0 - share) + frames.aperiodicity[after] * share
    voiced = frames.voiced[np.where(share[:, 0] < 0.5, before, after)]
    f0_hz = np.zeros(count)
    known = np.flatnonzero(frames.voiced)
    if known.size:
        bridged = np.exp(np.interp(places, known, np.log(frames.f0_hz[known])))
        f0_hz = np.where(voiced, bridged, 0.0)
    return Frames(f0_hz, envelope, aperiodicity)


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
