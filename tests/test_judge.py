"""The judge's first ears: planted defects fail with evidence in words, clean takes pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fakes import RATE_HZ, FakeEncoder, clip, tone

from vocalino.audio import Audio
from vocalino.judge import judge
from vocalino.judge.clipping import Clipping
from vocalino.judge.ending import Ending
from vocalino.judge.length import Length, speaking_time_s
from vocalino.judge.silence import Silence
from vocalino.judge.similarity import Similarity
from vocalino.request import ConvertOptions, ConvertRequest, Line, Reference, TakeRequest
from vocalino.take import FinishReason, Provenance, Take, Verdict

REQUEST = TakeRequest(Line("one two three four five six seven eight"), reference=Reference(clip()))


def take(audio: Audio, performance: Audio | None = None) -> Take:
    return Take(0, 0, audio, Provenance("fake", {}), performance)


def speech(duration_s: float = 3.0, seed: int = 1) -> Audio:
    """Bursts of tone with pauses, silent at both ends."""
    return clip(seed, duration_s)


def verdict(scorer: object, audio: Audio) -> Verdict:
    return scorer.score(take(audio), REQUEST)  # type: ignore[attr-defined]


@pytest.mark.parametrize("scorer", [Clipping(), Silence(), Ending(), Length()])
def test_a_clean_take_passes(scorer: object) -> None:
    found = verdict(scorer, speech())
    assert (found.outcome, found.gate) == ("pass", True)


@pytest.mark.parametrize("drive_db", [6, 20])
def test_clipping_is_heard(drive_db: float) -> None:
    loud = speech().samples / speech().peak * 10 ** (drive_db / 20)
    for samples in (np.clip(loud, -1, 1), loud):  # cut off, or beyond full scale as engines may be
        found = verdict(Clipping(), Audio(samples.astype(np.float32), RATE_HZ))
        assert found.outcome == "fail"
        assert "clipped for" in found.evidence and found.value and found.value > 0.01


def test_a_peak_that_just_fits_is_not_clipping() -> None:
    samples = speech().samples / speech().peak
    assert verdict(Clipping(), Audio(samples, RATE_HZ)).outcome == "pass"


@pytest.mark.parametrize(
    "audio", [Audio.silence(2, RATE_HZ), Audio(speech().samples * 1e-4, RATE_HZ)]
)
def test_silence_is_heard(audio: Audio) -> None:
    found = verdict(Silence(), audio)
    assert found.outcome == "fail"
    assert found.evidence.startswith("silent")


def test_a_hole_in_the_middle_is_heard_and_a_pause_is_not() -> None:
    half = speech(1.5).samples
    for gap_s, outcome in ((1.5, "pass"), (4.0, "fail")):
        gap = np.zeros(round(gap_s * RATE_HZ), np.float32)
        found = verdict(Silence(), Audio(np.concatenate([half, gap, half]), RATE_HZ))
        assert found.outcome == outcome, gap_s
    assert found.evidence == "silent for 4.1 s in the middle"


@pytest.mark.parametrize("end", ["start", "end"])
def test_a_cut_is_heard_even_behind_a_fade(end: str) -> None:
    burst = tone(1, 0.4).samples
    whole = speech().samples
    middle = burst.size // 2  # in the middle of the last burst, where it is loudest
    cut = whole[: whole.size - burst.size + middle - RATE_HZ // 10].copy()
    fade = round(0.008 * RATE_HZ)
    cut[-fade:] *= np.linspace(1, 0, fade)
    if end == "start":
        cut = cut[::-1].copy()
    found = verdict(Ending(), Audio(cut, RATE_HZ))
    assert found.outcome == "fail"
    assert f"cut off at the {end}" in found.evidence


@pytest.mark.parametrize("reason", ["budget", "loop"])
def test_a_talker_that_had_to_be_cut_is_told_however_it_sounds(reason: FinishReason) -> None:
    clean = replace(take(speech()), finish_reason=reason)
    found = Ending().score(clean, REQUEST)
    assert (found.outcome, found.gate) == ("fail", True)
    told = "the talker did not come to an end: cut after 3.0 s"
    assert found.evidence == f"{told}, in silence, so the line may be whole"
    speaking = replace(clean, audio=speech().span(0, 2.75))  # amid a burst
    assert Ending().score(speaking, REQUEST).evidence == told.replace("3.0", "2.8")
    hushed = replace(clean, audio=Audio.silence(3, RATE_HZ))
    assert Ending().score(hushed, REQUEST).evidence == told
    stretched = replace(clean, audio=speech(6), performance=speech(3))
    assert Ending().score(stretched, REQUEST).evidence.startswith(told)


def test_a_talker_that_came_to_its_end_is_judged_by_the_sound() -> None:
    ended = replace(take(speech()), finish_reason="eos")
    assert Ending().score(ended, REQUEST) == verdict(Ending(), speech())


@pytest.mark.parametrize(
    ("duration_s", "outcome", "words"),
    [(0.5, "fail", "too short"), (1.5, "pass", ""), (6.0, "pass", ""), (20.0, "fail", "too long")],
)
def test_wrong_length_is_heard(duration_s: float, outcome: str, words: str) -> None:
    found = verdict(Length(), speech(duration_s))
    assert found.outcome == outcome
    assert words in found.evidence


def test_a_single_word_may_be_drawn_out() -> None:
    request = replace(REQUEST, line=Line("No"))
    assert Length().score(take(speech(3.5)), request).outcome == "pass"
    assert Length().score(take(speech(8)), request).outcome == "fail"


def test_asked_for_stretch_is_expected() -> None:
    stretched = replace(REQUEST, convert=ConvertOptions(length_adjust=2.0))
    long = speech(9.0)
    assert Length().score(take(long), stretched).outcome == "pass"


def test_conversion_is_as_long_as_its_source() -> None:
    source = speech(4.0)
    request = ConvertRequest((source,), Reference(clip()))
    assert Length().score(take(source), request).outcome == "pass"
    found = Length().score(take(speech(3.0)), request)
    assert found.outcome == "fail"
    assert found.evidence == "too short: 3.0 s where its source should take about 4.0 s"


@pytest.mark.parametrize(
    ("text", "low_s", "high_s"),
    [
        ("The quick brown fox jumps over the lazy dog.", 2.0, 3.5),
        ("我在海边长大。", 1.2, 2.2),
        ("わたしはうみのちかくでそだちました。", 1.8, 3.2),
        ("저는 바닷가에서 자랐습니다.", 1.6, 3.2),
        ("12345", 1.2, 2.5),
        ("", 0.0, 0.0),
    ],
)
def test_speaking_time_knows_scripts(text: str, low_s: float, high_s: float) -> None:
    assert low_s <= speaking_time_s(text) <= high_s


def test_likeness_compares_with_the_performance() -> None:
    scorer = Similarity(FakeEncoder(), cache_size=2)
    nearer = scorer.score(take(REQUEST.reference.clip, performance=tone(5)), REQUEST)  # type: ignore[union-attr]
    assert nearer.outcome == "pass" and nearer.value == pytest.approx(1.0)
    assert "up from" in nearer.evidence and not nearer.gate
    further = scorer.score(take(tone(5), performance=REQUEST.reference.clip), REQUEST)  # type: ignore[union-attr]
    assert further.outcome == "inconclusive" and "not up from" in further.evidence


def test_too_little_speech_is_inconclusive() -> None:
    found = Similarity(FakeEncoder(), 2).score(take(tone(1, 0.05)), REQUEST)
    assert found.outcome == "inconclusive"
    assert "0.05 s" in found.evidence


def test_reference_is_embedded_once_and_the_cache_is_an_lru() -> None:
    class Counting(FakeEncoder):
        heard: list[str] = []

        def embed(self, clips):  # type: ignore[no-untyped-def]
            self.heard += [c.content_hash for c in clips]
            return super().embed(clips)

    encoder = Counting()
    scorer = Similarity(encoder, cache_size=2)
    references = [Reference(clip(seed)) for seed in (1, 2, 3)]
    for reference in (references[0], references[1], references[0], references[2], references[0]):
        scorer.score(take(tone(9)), replace(REQUEST, reference=reference))
    times = [encoder.heard.count(r.clip.content_hash) for r in references]
    assert times == [1, 1, 1], "a hit keeps a voice in; the one unused for longest goes"
    scorer.score(take(tone(9)), replace(REQUEST, reference=references[1]))
    assert encoder.heard.count(references[1].clip.content_hash) == 2


def test_every_scorer_is_asked_in_order() -> None:
    judged = judge(take(speech()), REQUEST, (Length(), Clipping()))
    assert [v.scorer for v in judged.verdicts] == ["length", "clipping"]
