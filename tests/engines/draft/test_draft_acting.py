"""Each direction moves its own quantity, measured on the sound by other means than the engine's."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from measures import Measures, clicks_per_s, measure, windows

from vocalino.audio import Audio
from vocalino.engines.draft.acting import NEUTRAL, Acting, Plan
from vocalino.engines.draft.donors import donor
from vocalino.engines.draft.espeak import shared
from vocalino.engines.draft.notes import Cue
from vocalino.engines.draft.perform import perform
from vocalino.engines.draft.prosody import understand
from vocalino.engines.draft.speaking import Spoken, speak

LINES = (
    ("I knew you were in there again.", "male"),
    ("They are all gone by now.", "female"),
    ("We will be leaving on Monday morning.", "male"),
    ("You were lying to me.", "female"),
    ("Leave me alone, I am tired of you.", "male"),
    ("Who knew about the money?", "female"),
)
Judge = Callable[[Measures, Measures], bool]


@functools.cache
def spoken(line: int) -> Spoken:
    text, gender = LINES[line]
    return speak(shared(), donor("english", gender), text, rate=0.0, rest_s=0.1)  # type: ignore[arg-type]


def cue(line: int, plan: Plan, seed: int) -> Cue:
    said = spoken(line)
    return Cue(plan, seed, 0, said.spans, said.words, said.rate)


@functools.cache
def sound(line: int, direction: str, seed: int | None = None) -> Audio:
    plan = understand(direction).plan
    return perform(spoken(line).frames, cue(line, plan, 40 + line if seed is None else seed))


@functools.cache
def heard(line: int, direction: str) -> Measures:
    return measure(sound(line, direction))


EFFECTS: list[tuple[str, str, Judge]] = [
    ("whisper", "quieter", lambda a, b: b.level_db < a.level_db - 5.0),
    ("whisper", "without voice", lambda a, b: b.harmonics_db < a.harmonics_db - 8.0),
    ("shout", "louder", lambda a, b: b.level_db > a.level_db + 4.0),
    ("shout", "higher", lambda a, b: b.f0_hz > 1.12 * a.f0_hz),
    ("shout", "brighter", lambda a, b: b.tilt_db > a.tilt_db + 2.0),
    ("fast", "shorter", lambda a, b: b.duration_s < 0.85 * a.duration_s),
    ("slow", "longer", lambda a, b: b.duration_s > 1.15 * a.duration_s),
    ("high", "higher", lambda a, b: b.f0_hz > 1.15 * a.f0_hz),
    ("low", "lower", lambda a, b: b.f0_hz < 0.88 * a.f0_hz),
    ("monotone", "narrower", lambda a, b: b.range_st < 0.5 * a.range_st),
    ("expressive", "wider", lambda a, b: b.range_st > 1.2 * a.range_st),
    ("trembling", "wavering", lambda a, b: b.tremor_st > a.tremor_st + 0.12),
    ("tired", "slower", lambda a, b: b.duration_s > 1.1 * a.duration_s),
    ("tired", "quieter", lambda a, b: b.level_db < a.level_db - 3.0),
    ("tired", "narrower", lambda a, b: b.range_st < 0.9 * a.range_st),
    ("tender", "quieter", lambda a, b: b.level_db < a.level_db - 2.0),
    ("tender", "softer", lambda a, b: b.tilt_db < a.tilt_db - 1.0),
    ("tender", "breathier", lambda a, b: b.high_harmonics_db < a.high_harmonics_db - 0.5),
    ("breathy", "breathier", lambda a, b: b.high_harmonics_db < a.high_harmonics_db - 1.0),
    ("raspy", "rougher", lambda a, b: b.harmonics_db < a.harmonics_db - 0.5),
    ("loud", "louder", lambda a, b: b.level_db > a.level_db + 4.0),
    ("quiet", "quieter", lambda a, b: b.level_db < a.level_db - 4.0),
]


@pytest.mark.parametrize(
    ("direction", "what", "judge"), EFFECTS, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_direction_is_heard_in_nine_of_ten_lines(direction: str, what: str, judge: Judge):
    moved = [judge(heard(line, ""), heard(line, direction)) for line in range(len(LINES))]
    assert np.mean(moved) >= 0.9, [heard(line, direction) for line in range(len(LINES))]


@pytest.mark.parametrize(
    ("word", "quantity"), [("loud", "level_db"), ("high", "f0_hz"), ("fast", "duration_s")]
)
def test_slightly_is_less_than_plain_is_less_than_very(word: str, quantity: str):
    steps = ["", f"slightly {word}", word, f"very {word}"]
    values = np.mean([[getattr(heard(n, d), quantity) for d in steps] for n in (0, 1)], axis=0)
    change = np.diff(values) * (-1.0 if word == "fast" else 1.0)
    assert (change > 0.0).all(), values


def test_not_loud_is_quieter_and_not_angry_is_nothing():
    assert heard(0, "not loud").level_db < heard(0, "").level_db - 1.0
    assert sound(0, "not angry").content_hash == sound(0, "").content_hash


def test_the_acting_moves_along_the_line():
    audio = sound(3, "starts whispered, ends shouting")
    half = audio.duration_s / 2.0
    first, second = measure(audio.span(0.0, 0.6 * half)), measure(audio.span(1.4 * half))
    assert second.level_db > first.level_db + 10.0
    assert second.harmonics_db > first.harmonics_db + 5.0


def test_levels_are_as_asked_and_nothing_clips():
    for line in range(len(LINES)):
        assert heard(line, "").level_db == pytest.approx(-23.0, abs=1.0)
        for asked_db in (-8.0, 6.0):
            plan = Plan((replace(NEUTRAL, level_db=asked_db),))
            audio = perform(spoken(line).frames, cue(line, plan, 3))
            assert measure(audio).level_db == pytest.approx(-23.0 + asked_db, abs=1.2)
        assert sound(line, "extremely loud, shouting").peak <= 1.0


@pytest.mark.parametrize("direction", ["", "terrified", "furious", "tired", "raspy", "creaky"])
def test_no_more_clicks_than_espeak_has(direction: str):
    def clicks(audios: list[Audio]) -> float:
        return float(np.mean([clicks_per_s(audio) for audio in audios]))

    raw = [
        shared().speak(text, donor("english", gender).espeak_voice, 155).audio  # type: ignore[arg-type]
        for text, gender in LINES
    ]
    level = [Audio(a.samples * np.float32(0.07 / a.rms), a.sample_rate_hz) for a in raw]
    acted = [sound(line, direction) for line in range(len(LINES))]
    assert clicks(acted) <= clicks(level) + 0.5


def test_takes_differ_in_timing_pitch_and_emphasis():
    takes = [measure(sound(0, "", seed)) for seed in range(6)]
    assert np.ptp([take.duration_s for take in takes]) > 0.03
    assert np.ptp([take.f0_hz for take in takes]) > 2.0
    assert np.ptp([take.range_st for take in takes]) > 0.3
    courses = np.array([_loudness_course_db(sound(2, "", seed)) for seed in range(6)])
    unusual = courses - courses.mean(axis=0)
    assert np.ptp(unusual, axis=0).max() > 1.5
    assert len(set(np.argmax(unusual, axis=1).tolist())) >= 3  # each leans on another place


def test_perform_is_a_pure_function():
    plan = understand("terrified").plan
    said = spoken(2)
    envelope, f0_hz = said.frames.envelope.copy(), said.frames.f0_hz.copy()
    twice = [perform(said.frames, cue(2, plan, 9)).content_hash for _ in range(2)]
    assert twice[0] == twice[1] != perform(said.frames, cue(2, plan, 10)).content_hash
    assert (said.frames.envelope == envelope).all() and (said.frames.f0_hz == f0_hz).all()


def test_plans_glide_and_can_be_taken_apart():
    plan = Plan((Acting(pitch=0.0), Acting(pitch=4.0)))
    along = np.linspace(0.0, 1.0, 101)
    curve = plan.curve("pitch", along)
    assert curve[0] == 0.0 and curve[-1] == 4.0 and curve[50] == pytest.approx(2.0)
    assert (np.diff(curve) >= 0.0).all() and np.diff(curve).max() < 0.2
    parts = [plan.part(0.0, 0.5), plan.part(0.5, 1.0)]
    joined = np.concatenate([part.curve("pitch", along) for part in parts])
    assert joined == pytest.approx(
        plan.curve("pitch", np.concatenate([along / 2, 0.5 + along / 2]))
    )
    assert parts[0].part(0.5, 1.0) == plan.part(0.25, 0.5)


def test_limits_hold():
    assert Acting(rate=5.0, whisper=3.0, tremor=-1.0).within_limits() == Acting(
        rate=0.9, whisper=1.0
    )


def _loudness_course_db(audio: Audio) -> np.ndarray:
    """Level of eight parts of the sound against the whole."""
    power = np.mean(windows(audio.samples.astype(float), audio.sample_rate_hz) ** 2, axis=1)
    return 10.0 * np.log10([part.mean() / power.mean() for part in np.array_split(power, 8)])
