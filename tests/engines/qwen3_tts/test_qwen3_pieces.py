"""Long text in pieces: where it may be parted, that nothing is lost, and what it may cost."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vocalino.engines.qwen3_tts.pieces import MAX_PIECE_CHARACTERS, frame_budget, pieces
from vocalino.errors import RequestError
from vocalino.text import MAX_LINE_CHARACTERS, normalise, speakable


@pytest.mark.parametrize(
    "parts",
    [
        ("Hello there.", "How are you all today?"),
        ("What?!", "Really, now."),
        ("She said “Go!”", "He went."),
        ('"Stop it!" he said.', '"Go on."'),
        ("„Gut so.“", "Er ging."),
        ("»Hallo.«", "»Komm doch her!«"),
        ("« Oui, oui. »", "Il partit."),
        ("(He left.)", "Then came the rain."),
        ("¿Qué pasa?", "¡Vamos ya!"),
        ("Non lo so…", "Forse domani."),
        ("Он ушёл.", "Потом вернулся."),
        ("잘 지내요?", "네, 고마워요."),
        ("All of it is small.", "and again it is."),
    ],
)
def test_sentences_end_where_they_do(parts: tuple[str, str]) -> None:
    text = " ".join(parts)
    assert pieces(text, max(map(len, parts))) == parts


@pytest.mark.parametrize(
    "parts",
    [
        ("你好。", "今天天气很好！"),
        ("是吗？", "“是的。”他说"),
        ("“是的。”", "他说是这样的"),
        ('"是的。"', "他说是这样的"),
        ("是吗？", '"是的。"'),
        ("「行こう！」", "と彼は言ったのだ｡"),
        ("えっ？！", "本当ですか。"),
    ],
)
def test_sentences_without_spaces_end_at_wide_marks(parts: tuple[str, str]) -> None:
    assert pieces("".join(parts), max(map(len, parts))) == parts


@pytest.mark.parametrize(
    ("text", "first"),
    [  # parted one word before the end, and not at the mark before
        ("Mr. Smith came.", "Mr. Smith"),
        ("J. R. Hartley wrote.", "J. R. Hartley"),
        ("Pay 3.14 dollars.", "Pay 3.14"),
        ("Take e.g. Apples here.", "Take e.g. Apples"),
        ("Am 3. Mai kam er.", "Am 3. Mai kam"),
        ("Il Dott. Rossi parla.", "Il Dott. Rossi"),
        ("Вот им. Ленина парк.", "Вот им. Ленина"),
    ],
)
def test_abbreviations_and_numbers_end_nothing(text: str, first: str) -> None:
    assert pieces(text, len(text) - 1) == (first, text.removeprefix(first).strip())


def test_small_letters_go_on_where_there_is_another_way() -> None:
    text = '"Stop!" he said. "Go!" she said.'
    assert pieces(text, 20) == ('"Stop!" he said.', '"Go!" she said.')


def test_as_many_sentences_as_fit_go_into_a_piece() -> None:
    assert pieces("One. Two. Three. Four.", 10) == ("One. Two.", "Three.", "Four.")
    assert pieces("One. Two. Three. Four.", 13) == ("One. Two.", "Three. Four.")
    assert pieces("One. Two.") == ("One. Two.",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Well, one two three: four", ("Well,", "one two three:", "four")),
        ("one two — four five six", ("one two —", "four five six")),
        ("at 10:30 or 3,5 and so on", ("at 10:30 or", "3,5 and so on")),
        ("我们今天去公园，然后回家吃饭、睡觉；好", ("我们今天去公园，", "然后回家吃饭、睡觉；好")),
        ("one two three four five", ("one two three", "four five")),
        ("天" * 30, ("天" * 14, "天" * 14, "天" * 2)),
    ],
)
def test_long_sentences_are_parted_at_clauses_then_spaces_then_anywhere(
    text: str, expected: tuple[str, ...]
) -> None:
    assert pieces(text, 14) == expected


def test_what_belongs_together_stays_together() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert pieces(f"ab{family}cd", 6) == ("a", f"b{family}", "cd")
    assert pieces("abq\u0323\u0307cd", 4) == ("ab", "q\u0323\u0307c", "d")


def test_marks_stay_with_the_words_before_them() -> None:
    assert pieces("... So it is. — — No.", 16) == ("... So it is.", "— — No.")
    assert pieces("Yes. " + "天" * 9 + "。", 9) == ("Yes.", "天" * 8, "天。")


@pytest.mark.parametrize("marks", [".", "。", '"', "— ", ". » ", "a. "])
def test_odd_text_takes_no_time(marks: str) -> None:
    started = time.process_time()
    pieces(normalise("so" + marks * (4000 // len(marks)), "line", MAX_LINE_CHARACTERS))
    assert time.process_time() - started < 1.0  # it takes some 0.05 s


def test_nothing_makes_no_piece() -> None:
    assert pieces("") == () == pieces(" ")


ALPHABET = "aB.d 天，。…!?\"'」»—,;:1é\u0323\u200d"
TEXTS = st.one_of(
    st.text(ALPHABET, max_size=200),
    st.text(st.characters(exclude_categories=("Cs", "Co", "Cc")), max_size=200),
).map(lambda text: normalise(text, "line", 10**6))


@given(TEXTS, st.integers(1, 60))
@example("A. " * 50 + "A.", 20)
@example("a" + "\u0323" * 50, 20)
def test_nothing_is_lost_and_every_piece_fits(text: str, limit: int) -> None:
    rest = text
    for piece in pieces(text, limit):
        assert 0 < len(piece) <= limit
        rest = rest.removeprefix(" ")
        assert rest.startswith(piece)
        rest = rest[len(piece) :]
    assert rest == ""


@given(
    st.lists(st.sampled_from(["so", "天气", "e\u0323", "...", "—", ".", "，", "。"]), max_size=60)
)
def test_pieces_can_be_spoken_and_begin_with_whole_characters(words: list[str]) -> None:
    text = normalise("so " + " ".join(words), "line", 10**6)
    marks = max(
        len(run) for run in "".join(c if not speakable(c) else "\n" for c in text).split("\n")
    )
    for piece in pieces(text, 2 * marks + 8):
        assert speakable(piece)
        assert not unicodedata.category(piece[0]).startswith("M")


def test_a_page_of_prose_is_parted_at_sentences_only() -> None:
    sentence = "The quick brown fox, who is no longer young, jumps over the lazy dog again. "
    parts = pieces((sentence * 50).strip())
    assert all(part.endswith("again.") and part.startswith("The") for part in parts)
    assert all(len(part) > MAX_PIECE_CHARACTERS - len(sentence) for part in parts[:-1])


@pytest.mark.parametrize(
    ("tokens", "most", "expected"),
    [
        (1, 8192, (75, 150)),
        (12, 8192, (75, 150)),
        (13, 8192, (78, 156)),
        (100, 8192, (600, 1200)),
        (100, 1001, (600, 1000)),
        (100, 301, (300, 300)),
        (100, 2, (1, 1)),
    ],
)
def test_frames_are_bounded_by_the_text_and_the_callers_limit(
    tokens: int, most: int, expected: tuple[int, int]
) -> None:
    assert frame_budget(tokens, most) == expected


@pytest.mark.parametrize("most", [1, 0, -5])
def test_a_limit_without_a_frame_is_an_error(most: int) -> None:
    with pytest.raises(RequestError, match=f"at least 2, got {most}"):
        frame_budget(10, most)
