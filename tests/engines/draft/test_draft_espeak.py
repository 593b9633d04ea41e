"""espeak-ng through its library: the same bytes each time, and text that is only text."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

import espeakng_loader
import pytest

from vocalino.engines.draft.espeak import LONGEST_DATA_PATH_BYTES, Espeak
from vocalino.engines.draft.japanese import kana, number, tokenizer
from vocalino.engines.draft.reading import ESPEAK_VOICES, language_of, sentences
from vocalino.errors import EngineUnavailable, GenerationFailed, RequestError
from vocalino.text import LANGUAGES

LINES = {
    "chinese": "你好，我的朋友，今天是2024年。",
    "english": "I never thought I would see you again.",
    "japanese": "今日は良い天気ですね。3時に東京へ行きます。",
    "korean": "안녕하세요, 오늘 날씨가 정말 좋네요.",
    "german": "Ich hätte nie gedacht, dass ich dich wiedersehe.",
    "french": "Je ne pensais jamais te revoir, c'est merveilleux.",
    "russian": "Я никогда не думал, что увижу тебя снова.",
    "portuguese": "Eu nunca pensei que te veria de novo, meu amigo.",
    "spanish": "Nunca pensé que te volvería a ver, mi amigo.",
    "italian": "Non avrei mai pensato di rivederti, amico mio.",
}


@pytest.fixture(scope="module")
def espeak() -> Espeak:
    return Espeak()


def names(espeak: Espeak, text: str, voice: str = "en-us") -> list[str]:
    return [p.name for p in espeak.speak(text, voice, 155).phonemes if not p.silent]


def test_the_same_call_gives_the_same_bytes_after_any_other(espeak: Espeak):
    first = espeak.speak(LINES["english"], "en-us", 155)
    espeak.speak(LINES["german"], "de+f4", 300)
    espeak.speak(LINES["chinese"], "cmn+grandma", 90)
    again = espeak.speak(LINES["english"], "en-us", 155)
    assert again.audio.content_hash == first.audio.content_hash
    assert again.phonemes == first.phonemes and again.words == first.words


def test_a_new_process_and_a_library_in_use_give_the_same_bytes(espeak: Espeak):
    script = (
        "import ctypes, sys, espeakng_loader\n"
        "from vocalino.engines.draft.espeak import Espeak\n"
        "path = espeakng_loader.get_library_path()\n"
        "held = ctypes.CDLL(path) if sys.argv[1] == 'held' else None\n"
        "e = Espeak()\n"
        "print([e.speak('One more time.', 'en-us+f4', 170).audio.content_hash for _ in range(3)])\n"
    )
    expected = espeak.speak("One more time.", "en-us+f4", 170).audio.content_hash
    for how in ("alone", "held"):
        out = subprocess.run(
            [sys.executable, "-c", script, how], capture_output=True, text=True, check=True
        )
        assert out.stdout.strip() == str([expected] * 3), out.stderr


def test_phonemes_follow_each_other_through_the_sound(espeak: Espeak):
    speech = espeak.speak("Hello there, my friend.", "en-us", 155)
    times = [(p.start_s, p.stop_s) for p in speech.phonemes]
    assert all(start < stop for start, stop in times)
    assert all(before[1] == after[0] for before, after in zip(times, times[1:], strict=False))
    assert times[-1][1] == pytest.approx(speech.audio.duration_s)
    assert [word.text for word in speech.words] == ["Hello", "there", "my", "friend"]
    comma = next(p for p in speech.phonemes if p.silent)
    assert speech.words[1].stop_s <= comma.start_s + 0.01 < comma.stop_s <= speech.words[2].start_s


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_told_and_spoken(espeak: Espeak, language: str):
    text = LINES[language]
    assert language_of(text) == language
    text = kana(text) if language == "japanese" else text
    speech = espeak.speak(text, ESPEAK_VOICES[language], 155)
    spoken = [p.name for p in speech.phonemes if not p.silent]
    assert len(spoken) >= 20
    assert 0.04 < speech.audio.duration_s / len(spoken) < 0.16
    letters = " ".join(spoken)
    assert "tS aI n i: z" not in letters and "dZ a p @ n i: z" not in letters  # "Chinese letter"
    assert speech.audio.rms > 0.01


def test_numbers_are_read_in_japanese():
    assert number(0) == "ゼロ" and number(12) == "ジュウニ" and number(300) == "サンビャク"
    assert number(8_000) == "ハッセン" and number(10_001) == "イチマンイチ"
    assert "ジュウニ" in kana("12人が来た") and "ワ" in kana("私は")


def test_japanese_without_its_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "janome.tokenizer", None)  # as if it were not installed
    tokenizer.cache_clear()
    with pytest.raises(EngineUnavailable, match=r"vocalino\[japanese\]"):
        kana("私は")
    tokenizer.cache_clear()


def test_markup_is_spoken_and_never_followed(espeak: Espeak):
    plain = espeak.speak("Hello you", "en-us", 155)
    with_break = espeak.speak('Hello <break time="3s"/> you', "en-us", 155)
    assert with_break.audio.duration_s < plain.audio.duration_s + 3.0
    assert len(with_break.phonemes) > len(plain.phonemes) + 5  # "break", "time", "equals"
    voice = names(espeak, '<voice name="de">Hello</voice>')
    assert "h" in voice and len(voice) > 10 and names(espeak, "Hello") == ["h", "@", "l", "oU"]
    spelt = names(espeak, "[[h@l'oU]]")
    assert spelt != names(espeak, "Hello") and "eI" in spelt  # the letter H by its name
    entity = names(espeak, "a &lt; b")
    assert len(entity) > len(names(espeak, "a b")) + 3


def test_control_characters_are_refused(espeak: Espeak):
    with pytest.raises(RequestError, match=r"U\+0001"):
        espeak.speak("Hello \x01 40P there", "en-us", 155)


def test_an_unknown_voice_is_an_error_and_not_the_last_voice(espeak: Espeak):
    with pytest.raises(GenerationFailed, match="'klingonese'"):
        espeak.speak("Hello", "klingonese", 155)


def test_missing_library_and_data_say_how_to_get_them(tmp_path: Path):
    with pytest.raises(EngineUnavailable, match="pip install espeakng-loader"):
        Espeak(library_path=tmp_path / "libnothing.so")
    with pytest.raises(EngineUnavailable, match="phontab"):
        Espeak(data_path=tmp_path)


def test_given_paths_are_used_even_when_the_data_path_is_long(espeak: Espeak, tmp_path: Path):
    folder = tmp_path / ("a" * 90) / ("b" * 90)
    folder.mkdir(parents=True)
    data = folder / "espeak-ng-data"
    shutil.copytree(espeakng_loader.get_data_path(), data)
    library = folder / Path(espeakng_loader.get_library_path()).name
    shutil.copyfile(espeakng_loader.get_library_path(), library)
    assert len(str(data)) > LONGEST_DATA_PATH_BYTES
    elsewhere = Espeak(library, data)
    said = elsewhere.speak("One more time.", "en-us+f4", 170)
    assert said.audio.content_hash == (
        espeak.speak("One more time.", "en-us+f4", 170).audio.content_hash
    )
    assert elsewhere.version.startswith("1.")


@pytest.mark.skipif(not hasattr(os, "RTLD_NOLOAD"), reason="the loader can't be asked here")
def test_the_library_is_left_unloaded(espeak: Espeak):
    espeak.speak("Gone.", "en-us", 155)
    with pytest.raises(OSError):
        ctypes.CDLL(str(espeakng_loader.get_library_path()), mode=os.RTLD_NOLOAD)


def test_sentences_keep_every_character_and_abbreviations_together():
    text = 'Dr. Smith said "no." Then he left. It was 3.5 m. J. R. R. Tolkien wrote it... ok?'
    parts = sentences(text)
    assert parts[0] == 'Dr. Smith said "no."' and parts[1] == "Then he left."
    assert " ".join(parts) == text
    assert sentences("今天很好。我们走吧！") == ["今天很好。", "我们走吧！"]
    long = ", and then we went on our way through the woods" * 20
    assert all(len(part) <= 281 for part in sentences(long)) and len(sentences(long)) > 3


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hello.", "english"),
        ("She ate a naïve éclair", "english"),
        ("No!", "english"),
        ("Guten Morgen", "german"),
        ("Bonjour tout le monde", "french"),
        ("Bom dia", "portuguese"),
        ("¿Qué?", "spanish"),
        ("Buongiorno a tutti", "italian"),
        ("OK 안녕", "korean"),
        ("iPhoneを買いました", "japanese"),
    ],
)
def test_short_lines_are_told_apart(text: str, language: str):
    assert language_of(text) == language
    assert language_of(text, "russian") == "russian"  # a named language is never second-guessed
