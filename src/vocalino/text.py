"""Text as engines get it: normalised once, at the boundary, the same for every engine."""

from __future__ import annotations

import re
import unicodedata

from vocalino.errors import RequestError

MAX_LINE_CHARACTERS = 4096
MAX_DIRECTION_CHARACTERS = 4096

AUTO = "auto"
LANGUAGES = (
    "chinese",
    "english",
    "japanese",
    "korean",
    "german",
    "french",
    "russian",
    "portuguese",
    "spanish",
    "italian",
)
_CODES = {
    "zh": "chinese",
    "cmn": "chinese",
    "en": "english",
    "ja": "japanese",
    "ko": "korean",
    "de": "german",
    "fr": "french",
    "ru": "russian",
    "pt": "portuguese",
    "es": "spanish",
    "it": "italian",
}
_SPACES = re.compile(r"\s+")


def normalise(text: str, what: str, limit: int) -> str:
    """NFC text on one line: line ends and runs of white space become one space.

    Invisible formatting that joins emoji or scripts is kept; control characters, lone
    surrogates and private code points are refused, since no engine can speak them.

    Raises:
        RequestError: a character that can't be spoken, or more than `limit` characters.
    """
    if len(text) > limit:
        raise RequestError(
            f"the {what} has {len(text)} characters, more than {limit}: split it into shorter ones"
        )
    text = _SPACES.sub(" ", unicodedata.normalize("NFC", text.removeprefix("\ufeff"))).strip()
    for position, character in enumerate(text):
        if unicodedata.category(character) in ("Cc", "Cs", "Co"):
            raise RequestError(
                f"the {what} holds the control character U+{ord(character):04X} "
                f"at position {position}: remove it"
            )
    return text


def speakable(text: str) -> bool:
    """True when there is at least one letter or digit to speak."""
    return any(character.isalnum() for character in text)


def language_named(name: str) -> str:
    """One of LANGUAGES or AUTO, from a name or an ISO code with or without region.

    Raises:
        RequestError: the language is not known; the message lists those that are.
    """
    key = name.strip().casefold()
    if key == AUTO or key in LANGUAGES:
        return key
    code = _CODES.get(re.split(r"[-_]", key)[0])
    if code is None:
        known = ", ".join((AUTO, *LANGUAGES))
        raise RequestError(f"unknown language {name!r}: choose one of {known}")
    return code
