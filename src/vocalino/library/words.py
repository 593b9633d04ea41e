"""Names and texts in the library: how they are checked, compared and searched."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

from vocalino.errors import NotFound, RequestError
from vocalino.text import normalise

MAX_NAME_CHARACTERS = 100
MAX_TAG_CHARACTERS = 50
MAX_NOTE_CHARACTERS = 10_000


def checked_name(name: str, what: str = "voice name", limit: int = MAX_NAME_CHARACTERS) -> str:
    """NFC text on one line.

    Any text is a name, one that looks like a path too: names are never used for files.

    Raises:
        RequestError: empty or invisible, too long, or with control characters.
    """
    name = normalise(name, what, limit)
    if not key_of(name):
        raise RequestError(f"the {what} is empty: give it some letters")
    return name


def checked_text(text: str, what: str) -> str:
    """NFC text that may have several lines; control characters other than those are refused."""
    if len(text) > MAX_NOTE_CHARACTERS:
        raise RequestError(
            f"the {what} has {len(text)} characters, more than {MAX_NOTE_CHARACTERS}: shorten it"
        )
    for position, character in enumerate(text):
        if character not in "\n\r\t" and unicodedata.category(character) in ("Cc", "Cs"):
            raise RequestError(
                f"the {what} holds the control character U+{ord(character):04X} "
                f"at position {position}: remove it"
            )
    return unicodedata.normalize("NFC", text)


def key_of(text: str) -> str:
    """Equal for texts that look the same: case, composition, width and invisible characters
    make no difference."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    visible = "".join(c for c in folded if unicodedata.category(c) not in ("Cf", "Cs"))
    # casefold can undo the composition, and dropped characters can have stood in its way
    return " ".join(unicodedata.normalize("NFKC", visible).split())


def like_patterns(search: str) -> list[str]:
    """One pattern a word, for `LIKE ? ESCAPE '\\'` on a text of `key_of`: % and _ are letters.

    LIKE and not FTS5: it finds parts of words and languages without spaces, and even a hundred
    thousand short texts are read in well under a second.
    """
    words = key_of(search).split()
    return ["%" + _escaped(word) + "%" for word in words]


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def not_found(what: str, asked: str, known: Iterable[str]) -> NotFound:
    """The error for `asked`, with the known names that come close."""
    by_key = {key_of(name): name for name in known}
    close = [by_key[key] for key in difflib.get_close_matches(key_of(asked), by_key, n=3)]
    if close:
        names = " or ".join(repr(name) for name in close)
        return NotFound(f"there is no {what} {asked!r}: did you mean {names}?")
    if not by_key:
        return NotFound(f"there is no {what} {asked!r}: the library has none yet")
    return NotFound(f"there is no {what} {asked!r}, nor one with a name like it")
