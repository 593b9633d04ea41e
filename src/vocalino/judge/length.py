"""Wrong length: does the take last about as long as its text, or its source, says?"""

from __future__ import annotations

import unicodedata

from vocalino.audio.trim import speech_span
from vocalino.request import ConvertRequest, TakeRequest
from vocalino.take import Take, Verdict

LETTERS_PER_S = 14.0
"""Letters a second of unhurried speech in an alphabet."""
LETTERS_OF = {"digit": 5.0, "ideograph": 3.5, "kana": 2.0, "hangul": 2.8}
"""What one character of another kind is worth, by the time that it takes to say."""
MIN_RATIO, MAX_RATIO = 0.35, 3.0
"""Acting changes the pace up to twice either way and stretches pauses: wider than both."""
MIN_RUNAWAY_S = 4.0
"""A single word may be drawn out: nothing shorter than this is called too long."""
SOURCE_TOLERANCE = 0.15


class Length:
    """Seconds of speech over the seconds expected."""

    name = "length"

    def score(self, take: Take, request: TakeRequest | ConvertRequest) -> Verdict:
        span = speech_span(take.audio)
        if span is None:
            return Verdict(self.name, "inconclusive", "no speech to time", gate=True)
        if isinstance(request, ConvertRequest):
            source_s = request.performances[take.index].duration_s
            expected_s = source_s * request.convert.length_adjust
            low, high, shortest_s = 1 - SOURCE_TOLERANCE, 1 + SOURCE_TOLERANCE, 0.0
            spoken_s, of = take.audio.duration_s, "its source"
        else:
            expected_s = speaking_time_s(request.line.text) * request.convert.length_adjust
            low, high, shortest_s = MIN_RATIO, MAX_RATIO, MIN_RUNAWAY_S
            spoken_s, of = span[1] - span[0], "the line"
        ratio = spoken_s / expected_s
        told = f"{spoken_s:.1f} s where {of} should take about {expected_s:.1f} s"
        if ratio < low:
            return Verdict(self.name, "fail", f"too short: {told}", ratio, gate=True)
        if ratio > high and spoken_s > shortest_s:
            return Verdict(self.name, "fail", f"too long: {told}", ratio, gate=True)
        return Verdict(self.name, "pass", told, ratio, gate=True)


def speaking_time_s(text: str) -> float:
    """Seconds that unhurried speech takes for `text`, from its characters alone."""
    return sum(_letters(character) for character in text) / LETTERS_PER_S


def _letters(character: str) -> float:
    if character.isdigit():
        return LETTERS_OF["digit"]
    if not character.isalpha():
        return 0.5 if character.isspace() else 0.0
    name = unicodedata.name(character, "")
    if name.startswith("CJK"):
        return LETTERS_OF["ideograph"]
    if name.startswith(("HIRAGANA", "KATAKANA")):
        return LETTERS_OF["kana"]
    return LETTERS_OF["hangul"] if name.startswith("HANGUL") else 1.0
