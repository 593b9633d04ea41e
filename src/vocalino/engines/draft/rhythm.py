"""When each sound comes: tempo, pauses, the unevenness of a living speaker."""

from __future__ import annotations

import numpy as np

from vocalino.engines.draft.curves import smooth, wander
from vocalino.engines.draft.frames import FRAME_S, Floats, Frames
from vocalino.engines.draft.notes import Cue, Sound
from vocalino.seeds import generator

CONSONANT_SHARE = 0.55
"""Voiceless consonants take part in a change of tempo this much: speakers stretch vowels."""
SHORTEST_FACTOR, LONGEST_FACTOR = 0.35, 3.0


def retime(frames: Frames, cue: Cue) -> tuple[Frames, Floats]:
    """Frames in the time of the performance, and the source frame of each, in fractions [T]."""
    count = len(frames)
    if not count:
        return frames, np.zeros(0)
    ends = np.cumsum(_factors(count, cue))
    moments = np.concatenate([[0.0], ends])
    sources = np.interp(np.arange(max(1, round(ends[-1]))) + 0.5, moments, np.arange(count + 1.0))
    sources = np.clip(sources - 0.5, 0.0, count - 1.0)
    return at(frames, sources), sources


def marked(sound: Sound, count: int, cue: Cue) -> Floats:
    """1 in source frames of one kind of sound, 0 elsewhere [count]."""
    mask = np.zeros(count)
    for span in cue.spans:
        if span.sound == sound:
            mask[round(span.start_s / FRAME_S) : round(span.stop_s / FRAME_S)] = 1.0
    return mask


def emphasis(count: int, cue: Cue) -> Floats:
    """How much each source frame is stressed by this take, 0 to about 1 [count].

    Each take leans on its own choice of words, content words first.
    """
    dice = cue.dice("emphasis")
    strength = np.zeros(count)
    chosen = 1 + int(dice.random() < 0.4) + len(cue.words) // 12
    weights = np.array([word.weight for word in cue.words])
    if not weights.any():
        return strength
    shares = weights / weights.sum()
    chosen = min(chosen, int(np.count_nonzero(shares)))
    leaned_on: list[int] = dice.choice(weights.size, chosen, replace=False, p=shares).tolist()
    for index in leaned_on:
        word = cue.words[index]
        span = slice(round(word.start_s / FRAME_S), round(word.stop_s / FRAME_S))
        strength[span] = dice.uniform(0.6, 1.0)
    return smooth(strength, 16)


def _factors(count: int, cue: Cue) -> Floats:
    """How long each source frame is held, in frames [count]."""
    positions = np.arange(count) / count
    dice = cue.dice("timing")
    tempo = cue.plan.curve("rate", positions) - cue.rate
    take = generator(cue.seed, "draft tempo of the take")
    tempo = tempo + 0.045 * wander(dice, count, 0.45) + 0.06 * take.uniform(-1.0, 1.0)
    voiceless = smooth(marked("voiceless", count, cue), 5)
    speech = 2.0 ** (-tempo * (1.0 - (1.0 - CONSONANT_SHARE) * voiceless))
    speech *= 1.0 + 0.18 * emphasis(count, cue)
    pauses = cue.plan.curve("pause", positions) - 0.5 * (tempo + cue.rate)
    silence = marked("silence", count, cue)
    for span in cue.spans:  # each pause is a decision of its own
        if span.sound == "silence":
            part = slice(round(span.start_s / FRAME_S), round(span.stop_s / FRAME_S))
            pauses[part] += 0.25 * dice.uniform(-1.0, 1.0)
    factors = np.where(silence > 0.0, 2.0**pauses, speech)
    return np.clip(factors, SHORTEST_FACTOR, LONGEST_FACTOR)


def at(frames: Frames, sources: Floats) -> Frames:
    """Frames between frames: log envelope and aperiodicity are blended, voicing is not."""
    before = np.floor(sources).astype(np.intp)
    after = np.minimum(before + 1, len(frames) - 1)
    share = (sources - before)[:, None]
    envelope = np.log(np.maximum(frames.envelope, 1e-16))
    envelope = np.exp(envelope[before] * (1.0 - share) + envelope[after] * share)
    aperiodicity = frames.aperiodicity[before] * (1.0 - share) + frames.aperiodicity[after] * share
    nearest = np.where(share[:, 0] < 0.5, before, after)
    voiced = frames.f0_hz[nearest] > 0.0
    known = np.flatnonzero(frames.f0_hz > 0.0)
    if not known.size:
        return Frames(np.zeros(sources.size), envelope, aperiodicity)
    f0_hz = np.exp(np.interp(sources, known, np.log(frames.f0_hz[known])))
    return Frames(np.where(voiced, f0_hz, 0.0), envelope, aperiodicity)
