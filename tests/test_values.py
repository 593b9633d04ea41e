"""Lines, directions, options, seeds, audio, cancel: checked once, when they are made."""

from __future__ import annotations

import threading
from typing import Any, cast

import numpy as np
import pytest

from vocalino.audio import Audio, concatenate
from vocalino.cancel import CancelToken
from vocalino.errors import AudioError, Cancelled, RequestError
from vocalino.request import (
    MAX_TAKES,
    ConvertOptions,
    ConvertRequest,
    DesignOptions,
    Direction,
    Line,
    Reference,
    TakeRequest,
)
from vocalino.seeds import MAX_SEED, generator, new_seed, take_seed
from vocalino.text import LANGUAGES, MAX_LINE_CHARACTERS, language_named


def test_line_text_is_nfc_on_one_line() -> None:
    assert Line("\ufeff  Cafe\u0301,\r\n two\u2028three\t ").text == "Caf\u00e9, two three"


@pytest.mark.parametrize("text", ["", "  \n\t", "\ufeff"])
def test_empty_line_is_an_error(text: str) -> None:
    with pytest.raises(RequestError, match="the line is empty"):
        Line(text)


@pytest.mark.parametrize("text", ["...", "?!", "\U0001f600", "\u2014 \u2014"])
def test_line_without_words_is_an_error(text: str) -> None:
    with pytest.raises(RequestError, match="nothing to speak"):
        Line(text)


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "a\ud800b", "a\ue000b"])
def test_what_no_voice_can_speak_is_an_error(text: str) -> None:
    with pytest.raises(RequestError, match=r"U\+[0-9A-F]{4} at position 1"):
        Line(text)
    with pytest.raises(RequestError, match="the direction holds"):
        Direction(text)


def test_emoji_families_and_combining_marks_stay() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467 hello a\u0323\u0323"
    assert Line(family).text == family.replace("a\u0323", "\u1ea1", 1)


def test_overlong_line_is_an_error_with_its_length() -> None:
    Line("a" * MAX_LINE_CHARACTERS)
    with pytest.raises(RequestError, match="4097 characters, more than 4096"):
        Line("a" * (MAX_LINE_CHARACTERS + 1))


@pytest.mark.parametrize(
    ("given", "meant"),
    [("EN-us", "english"), ("zh_CN", "chinese"), (" Japanese ", "japanese"), ("Auto", "auto")],
)
def test_languages_go_by_name_or_code(given: str, meant: str) -> None:
    assert Line("x", given).language == meant


def test_unknown_language_names_the_known_ones() -> None:
    with pytest.raises(RequestError) as caught:
        language_named("klingon")
    assert all(language in str(caught.value) for language in LANGUAGES)


def test_empty_direction_is_neutral() -> None:
    assert Direction().text == Direction("  ").text == ""


@pytest.mark.parametrize("takes", [0, -1, MAX_TAKES + 1, 10**9, True])
def test_takes_are_bounded(takes: int) -> None:
    with pytest.raises(RequestError, match="takes must be from 1 to 64"):
        TakeRequest(Line("x"), takes=takes)


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1])
def test_seeds_are_bounded(seed: int) -> None:
    with pytest.raises(RequestError, match="seed must be from 0"):
        TakeRequest(Line("x"), seed=seed)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ode_steps", 0),
        ("ode_steps", 101),
        ("length_adjust", 0.4),
        ("length_adjust", float("nan")),
        ("cfg_similarity", 1.1),
        ("cfg_intelligibility", -0.1),
        ("top_p", 2.0),
        ("temperature", 0.0),
        ("temperature", float("inf")),
        ("repetition_penalty", 2.1),
    ],
)
def test_conversion_options_have_the_originals_bounds(name: str, value: float) -> None:
    with pytest.raises(RequestError, match=f"{name} must be from"):
        ConvertOptions(**{name: value})  # type: ignore[arg-type]


def test_design_options_are_bounded() -> None:
    assert DesignOptions().temperature is None
    assert DesignOptions(temperature=0, predictor_temperature=0).predictor_temperature == 0
    with pytest.raises(RequestError, match="max_new_tokens must be from 2 to 8192, got 1"):
        DesignOptions(max_new_tokens=1)


@pytest.mark.parametrize("whose", ["", "predictor_"])
@pytest.mark.parametrize(
    ("name", "value"), [("temperature", 4.1), ("top_p", 1.01), ("top_k", 4097), ("top_k", -1)]
)
def test_talker_and_code_predictor_have_the_same_bounds(
    whose: str, name: str, value: float
) -> None:
    with pytest.raises(RequestError, match=f"^{whose}{name} must be from 0 to"):
        DesignOptions(**{whose + name: value})  # type: ignore[arg-type]


def test_nothing_to_convert_is_an_error() -> None:
    with pytest.raises(RequestError, match="no recording"):
        ConvertRequest((), Reference(Audio.silence(1, 16000)))


def test_take_seeds_depend_on_seed_and_index_only() -> None:
    seeds = [take_seed(5, index) for index in range(64)]
    assert seeds == [TakeRequest(Line("y"), takes=64, seed=5).seed_of(i) for i in range(64)]
    assert len(set(seeds)) == 64
    assert all(0 <= seed <= MAX_SEED for seed in (*seeds, new_seed()))
    assert take_seed(5, 0) == 12001193, "changing this breaks every receipt"


def test_generators_of_different_purposes_do_not_share_numbers() -> None:
    assert generator(1, "timing").random() == generator(1, "timing").random()
    assert generator(1, "timing").random() != generator(1, "pitch").random()


def test_audio_is_mono_finite_float32_and_read_only() -> None:
    source = cast(Any, np.zeros(4))
    audio = Audio(source, 8000)
    assert audio.samples.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        audio.samples[0] = 1
    source[0] = 1  # the maker's array is still the maker's
    assert audio.peak == 0


@pytest.mark.parametrize(
    ("samples", "rate_hz", "message"),
    [
        (np.zeros((2, 2), np.float32), 8000, r"mono \[T\], got shape \[2, 2\]"),
        (np.array([0, np.nan], np.float32), 8000, "NaN or infinite"),
        (np.array([np.inf], np.float32), 8000, "NaN or infinite"),
        (np.zeros(2, np.float32), 0, "positive, got 0 Hz"),
    ],
)
def test_bad_audio_is_an_error(samples: np.ndarray, rate_hz: int, message: str) -> None:
    with pytest.raises(AudioError, match=message):
        Audio(samples, rate_hz)


def test_float32_arrays_are_copied_before_they_are_frozen() -> None:
    source = np.zeros(4, np.float32)
    Audio(source, 8000)
    source[0] = 1


def test_content_hash_is_of_the_sound() -> None:
    audio = Audio(np.linspace(0, 0.5, 4, dtype=np.float32), 8000)
    wider = cast(Any, audio.samples.astype(np.float64))
    assert audio.content_hash == Audio(wider, 8000).content_hash
    assert audio.content_hash != Audio(audio.samples, 16000).content_hash
    zeros = [Audio(np.array([zero, 0.5], np.float32), 8000) for zero in (0.0, -0.0)]
    assert zeros[0].content_hash == zeros[1].content_hash


def test_span_and_concatenate_are_inverse() -> None:
    audio = Audio(np.linspace(0, 1, 800, dtype=np.float32), 8000)
    parts = [audio.span(0, 0.03), audio.span(0.03)]
    assert np.array_equal(concatenate(parts).samples, audio.samples)
    with pytest.raises(AudioError, match="8000, 16000"):
        concatenate([audio, Audio(audio.samples, 16000)])
    with pytest.raises(AudioError, match="no parts"):
        concatenate([])


def test_cancel_keeps_the_first_reason_and_is_seen_by_other_threads() -> None:
    token = CancelToken()
    token.check()
    thread = threading.Thread(target=token.cancel, args=("first",))
    thread.start()
    thread.join()
    token.cancel("second")
    with pytest.raises(Cancelled, match="first"):
        token.check()
