"""A line as the draft cast reads it: which language, which sentences, which espeak-ng voice."""

from __future__ import annotations

import re

from vocalino.text import AUTO

ESPEAK_VOICES = {
    "chinese": "cmn",
    "english": "en-us",
    "japanese": "ja",
    "korean": "ko",
    "german": "de",
    "french": "fr",
    "russian": "ru",
    "portuguese": "pt-br",
    "spanish": "es",
    "italian": "it",
}
LONGEST_SENTENCE = 280  # characters; a longer one is parted at a comma, so that sound leaves early

_KANA = re.compile(r"[\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
_HANGUL = re.compile(r"[\uac00-\ud7af\u1100-\u11ff\u3130-\u318f]")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN_LETTER = re.compile(r"[A-Za-z\u00c0-\u024f]")
_SMALL_WORDS = {
    "english": "the and is are was were you i my your it this that of to not no with for we he she",
    "german": "der die das und ist nicht ich ein eine zu mit wir du sie es den dem auf wie mein "
    "war guten morgen hallo danke bitte ja nein",
    "french": "le la les et est un une je tu vous nous pas que qui dans pour ne ce mon c j l d "
    "ai bonjour merci oui non",
    "spanish": "el la los las y es un una yo no que en por con mi tu lo se muy del para está soy "
    "hola gracias buenos buenas",
    "portuguese": "o os as e é um uma eu não que em por com meu minha você do da para muito está "
    "olá bom dia obrigado obrigada",
    "italian": "il lo la gli e è un una io non che di per con mio tu sono del della mi ti ma "
    "ciao grazie buongiorno tutti",
}
_LETTERS = {
    "german": "äöüß",
    "french": "çèêëîïôûùœàâ",
    "spanish": "ñ¿¡áíóú",
    "portuguese": "ãõçáâêóú",
    "italian": "àèìòù",
}
_WORD_SETS = {language: frozenset(words.split()) for language, words in _SMALL_WORDS.items()}

_ENDS = re.compile(r"(?<=[.!?…])[\"'»”’)\]]*\s+|(?<=[。！？])[」』”）]*\s*")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"'])(?:[A-ZÀ-Ý]|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|Hr|Fr|Nr|Mme|Mlle|Sra?|Dott|"
    r"z\.\s?B|d\.\s?h|e\.g|i\.e|No)\.$"
)
_PAUSES = re.compile(r"(?<=[,;:，；：、—–])\s*")


def language_of(text: str, language: str = AUTO) -> str:
    """`language` if it is named; for "auto", what script, letters and small words speak for.

    Kana is Japanese, hangul Korean, Han alone Chinese, Cyrillic Russian. Among languages in Latin
    script each small word ("der", "les", "não") counts one and each word with a letter of its
    own ("ß", "ñ", "ã") one; English is taken unless another has more.
    """
    if language != AUTO:
        return language
    latin = len(_LATIN_LETTER.findall(text))
    kana, hangul, han = (len(p.findall(text)) for p in (_KANA, _HANGUL, _HAN))
    if 3 * (kana + hangul + han) >= latin and kana + hangul + han:  # one says as much as three
        return "japanese" if kana else "korean" if hangul else "chinese"
    if 2 * len(_CYRILLIC.findall(text)) > latin:
        return "russian"
    return _latin_language(text.casefold())


def _latin_language(text: str) -> str:
    words = _WORD.findall(text)
    best, most = "english", 0
    for language, small in _WORD_SETS.items():
        letters = _LETTERS.get(language, "")
        count = sum((word in small) + any(letter in word for letter in letters) for word in words)
        count += sum(text.count(mark) for mark in "¿¡" if mark in letters)
        if count > most:
            best, most = language, count
    return best


def sentences(text: str) -> list[str]:
    """The text in sentences, in order; nothing but white space is lost.

    Full stops of common abbreviations and initials end nothing. A sentence of more than
    LONGEST_SENTENCE characters is parted at commas.
    """
    found: list[str] = []
    for piece in _split(_ENDS, text):
        if found and (_ABBREVIATION.search(found[-1]) or not _speakable(piece)):
            found[-1] += " " + piece
        elif found and not _speakable(found[-1]):
            found[-1] += " " + piece
        else:
            found.append(piece)
    return [part for sentence in found for part in _shortened(sentence)]


def _split(pattern: re.Pattern[str], text: str) -> list[str]:
    """The parts between matches, closing marks inside a match kept with the part before."""
    parts: list[str] = []
    start = 0
    for match in pattern.finditer(text):
        parts.append(text[start : match.end()].strip())
        start = match.end()
    parts.append(text[start:].strip())
    return [part for part in parts if part]


def _speakable(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _shortened(sentence: str) -> list[str]:
    if len(sentence) <= LONGEST_SENTENCE:
        return [sentence]
    parts: list[str] = []
    for piece in _split(_PAUSES, sentence):
        if parts and len(parts[-1]) + len(piece) < LONGEST_SENTENCE:
            parts[-1] += " " + piece
        elif parts and not _speakable(piece):
            parts[-1] += piece
        else:
            parts.append(piece)
    return parts
