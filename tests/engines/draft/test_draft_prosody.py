"""Directions in words: what is understood, and what is said about it."""

from __future__ import annotations

import pytest

from vocalino.engines.draft.acting import NAMES, NEUTRAL, Acting
from vocalino.engines.draft.casting import Casting
from vocalino.engines.draft.lexicon import EMOTIONS, GRADED, MANNERS
from vocalino.engines.draft.prosody import UNKNOWN, combine, understand


def acted(direction: str) -> Acting:
    actings = understand(direction).plan.actings
    assert len(actings) == 1
    return actings[0]


def test_the_lexicon_is_of_a_useful_size():
    patterns = [
        p for table in (GRADED, EMOTIONS, MANNERS) for words in table for p in words.split(",")
    ]
    assert len({pattern.strip() for pattern in patterns}) == len(patterns) > 400


def test_no_direction_is_neutral():
    assert acted("") == NEUTRAL and understand("").account == ()
    assert acted("in a voice") == NEUTRAL


@pytest.mark.parametrize("word", ["angry", "sad", "loud", "fast", "trembling", "tender"])
def test_intensifiers_are_in_order(word: str):
    strengths = [
        sum(abs(getattr(acted(f"{how} {word}".strip()), name)) for name in NAMES)
        for how in ("slightly", "", "very", "extremely")
    ]
    assert strengths == sorted(strengths) and strengths[0] < strengths[1] < strengths[2]


def test_negated_feelings_are_left_out_and_negated_scales_turn_mildly():
    for direction in ("not angry", "without anger or shouting", "never angry", "don't shout",
                      "not very angry", "isn't angry"):  # fmt: skip
        assert acted(direction) == NEUTRAL, direction
    assert -0.6 * acted("loud").level_db < acted("not loud").level_db < 0.0
    assert acted("never raises his voice").level_db < 0.0
    assert acted("not too fast").rate < 0.0


def test_a_negation_ends_where_its_words_end():
    assert acted("not angry, sad").pitch == acted("sad").pitch
    assert acted("not angry but sad") == acted("sad")
    assert acted("without shouting whisper it").whisper == 1.0
    assert acted("not only angry but loud").effort > acted("loud").effort


def test_parts_follow_each_other():
    calm, rage = understand("starts calm, ends in rage").plan.actings
    assert calm == acted("calm") and rage == acted("rage")
    shy, confident, proud = understand(
        "shy at first, then confident, finally triumphant"
    ).plan.actings
    assert shy.level_db < confident.level_db < proud.level_db
    first, second = understand("Loud. Starts fast, then slow").plan.actings
    assert first.level_db == second.level_db == 6.0 and first.rate > 0.0 > second.rate
    weak, strong = understand("increasingly desperate").plan.actings
    assert 0.0 < weak.pitch < strong.pitch


def test_voice_words_cast_and_do_not_act():
    reading = understand("an old man with a deep voice, very sad")
    assert reading.casting == Casting("male", "old", -0.8)
    assert reading.plan == understand("very sad").plan
    assert understand("deep sorrow").casting == Casting()
    assert acted("deep sorrow").rate < acted("sorrow").rate
    assert understand("young woman").casting == Casting("female", "young")


def test_opposites_cancel_and_the_account_says_so():
    assert acted("fast and slow").rate == 0.0
    assert any("both ways" in effect for _, effect in understand("fast and slow").account)
    assert not any(
        "both ways" in effect for _, effect in understand("starts fast, ends slow").account
    )


def test_words_for_one_thing_echo_and_stay_within_limits():
    once, twice = acted("angry"), acted("angry and furious")
    assert acted("furious").level_db < twice.level_db < once.level_db + acted("furious").level_db
    crowd = acted("furious, raging, screaming, shouting, extremely loud and wild")
    assert crowd.level_db <= 10.0 and crowd.effort == 1.0 and crowd.pitch <= 8.0
    assert combine([Acting(rate=0.2), Acting(rate=-0.2)]) == NEUTRAL


def test_unknown_words_are_reported_and_known_ones_explained():
    reading = understand("a flibbertigibbet tone, whispered")
    assert reading.unknown == ("flibbertigibbet",)
    account = dict(understand("a flibbertigibbet tone, whispered").account)
    assert account["flibbertigibbet"] == UNKNOWN
    assert "whispered" in account["whispered"] and "quieter" in account["whispered"]
    assert dict(understand("not angry").account)["not angry"] == "no effect"


@pytest.mark.parametrize(
    ("direction", "english"),
    [
        ("flüsternd", "whisper"), ("sehr traurig", "very sad"), ("en colère", "angry"),
        ("muy triste", "very sad"), ("con rabbia", "angry"), ("urlando", "shout"),
        ("тихо", "quiet"),
        ("не сердито, очень тихо", "very quiet"), ("悲伤", "sad"), ("不要生气", ""),
        ("悲しい声で", "sad"), ("怒らないで", ""), ("매우 슬픈 목소리로", "very sad"),
        ("sussurrando", "whisper"),
    ],
)  # fmt: skip
def test_core_words_of_other_languages(direction: str, english: str):
    assert acted(direction) == acted(english)


@pytest.mark.parametrize(
    "direction",
    ["warm and grateful", "terrified, out of breath", "furious", "elated",
     "heartbroken, close to tears", "soft-spoken and tired", "high-pitched, giggling",
     "a calm, measured narrator",
     "sarcastic, drawling", "She is holding back tears but smiling"],
)  # fmt: skip
def test_usual_directions_hold_no_unknown_words(direction: str):
    assert [word for word in understand(direction).unknown if word != "spoken"] == []
    assert understand(direction).plan.actings != (NEUTRAL,)
