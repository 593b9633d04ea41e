"""Japanese as kana: espeak-ng reads kana, but calls every kanji "Chinese letter"."""

from __future__ import annotations

import functools
import re
import threading
from typing import Any

from vocalino.errors import EngineUnavailable

_DIGITS = ["ゼロ", "イチ", "ニ", "サン", "ヨン", "ゴ", "ロク", "ナナ", "ハチ", "キュウ"]
_SOUND_CHANGES = {
    "イチジュウ": "ジュウ",
    "イチヒャク": "ヒャク",
    "イチセン": "セン",
    "サンヒャク": "サンビャク",
    "ロクヒャク": "ロッピャク",
    "ハチヒャク": "ハッピャク",
    "サンセン": "サンゼン",
    "ハチセン": "ハッセン",
}
_ROWS = {
    "ア": "アカサタナハマヤラワガザダバパァャヮ",
    "イ": "イキシチニヒミリギジヂビピィ",
    "ウ": "ウクスツヌフムユルグズヅブプヴゥュ",
    "エ": "エケセテネヘメレゲゼデベペェ",
    "オ": "オコソトノホモヨロヲゴゾドボポォョ",
}
_VOWEL_OF = {kana: vowel for vowel, row in _ROWS.items() for kana in row}
_NUMBER = re.compile(r"[0-9０-９]{1,12}")
_lock = threading.Lock()


@functools.cache
def tokenizer() -> Any:
    """Made once: reading the dictionary takes a second."""
    try:
        from janome.tokenizer import Tokenizer  # pyright: ignore[reportMissingTypeStubs]
    except ImportError:
        raise EngineUnavailable(
            "the draft cast needs a dictionary to read Japanese: pip install 'vocalino[japanese]'"
        ) from None
    return Tokenizer()


def kana(text: str) -> str:
    """Readings in katakana, spaced by phrase; punctuation and Latin words stay.

    Readings are those of the janome dictionary (IPADIC); numbers up to 12 digits are spelt out.

    Raises:
        EngineUnavailable: janome is not installed.
    """
    with _lock:
        tokens = list(tokenizer().tokenize(text))
    spoken = ""
    for token in tokens:
        kind = token.part_of_speech.split(",")[0]
        reading = token.surface if token.phonetic == "*" else token.phonetic
        reading = _NUMBER.sub(lambda match: number(int(match[0])), reading)
        if spoken and kind not in ("助詞", "助動詞", "記号") and not spoken.endswith(" "):
            spoken += " "
        spoken += reading
    return _without_long_marks(spoken)


def number(value: int) -> str:
    """A whole number from 0 to 999 999 999 999 in katakana."""
    if value == 0:
        return _DIGITS[0]
    spelt = ""
    for unit, name in ((10**8, "オク"), (10**4, "マン"), (1, "")):
        group, value = divmod(value, unit)
        if group:
            spelt += _up_to_9999(group) + name
    return spelt


def _up_to_9999(value: int) -> str:
    spelt = ""
    for unit, name in ((1000, "セン"), (100, "ヒャク"), (10, "ジュウ"), (1, "")):
        digit, value = divmod(value, unit)
        if digit:
            part = _DIGITS[digit] + name
            spelt += _SOUND_CHANGES.get(part, part)
    return spelt


def _without_long_marks(text: str) -> str:
    """espeak-ng skips the long-vowel mark: write the vowel again instead."""
    written = ""
    for character in text:
        vowel = _VOWEL_OF.get(written[-1:], "") if character == "ー" else ""
        written += vowel or character
    return written
