"""The draft designer as the pipeline meets it."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys

import numpy as np
import pytest
from measures import centroid_hz, measure

from vocalino.audio import Audio, concatenate
from vocalino.cancel import CancelToken
from vocalino.engines.draft.calibration import TEXTS, calibration
from vocalino.engines.draft.casting import Casting
from vocalino.engines.draft.designer import DraftDesigner
from vocalino.engines.draft.donors import choose, donor
from vocalino.engines.draft.notes import DraftNotes
from vocalino.engines.draft.perform import perform
from vocalino.errors import Cancelled, EngineUnavailable
from vocalino.protocols import RowAudio, SpeechDesigner
from vocalino.request import DesignOptions, Direction, Line
from vocalino.seeds import take_seed
from vocalino.settings import Settings
from vocalino.text import LANGUAGES

SEEDS = [take_seed(7, index) for index in range(3)]
TEXT = "You came back. I can't believe it!"
VOICE_TEXT = "Listen to me for a while, my friend."


@pytest.fixture(scope="module")
def designer() -> DraftDesigner:
    return DraftDesigner()


def chunks(
    designer: DraftDesigner, text: str, direction: str, seeds: list[int], like: Audio | None = None
) -> list[RowAudio]:
    rows = designer.design(
        Line(text), Direction(direction), DesignOptions(), seeds, CancelToken(), like
    )
    made = list(rows)
    assert all(isinstance(row, RowAudio) for row in made)
    return [row for row in made if isinstance(row, RowAudio)]


def takes(designer: DraftDesigner, text: str, direction: str, seeds: list[int]) -> list[Audio]:
    made = chunks(designer, text, direction, seeds)
    return [concatenate([c.audio for c in made if c.index == i]) for i in range(len(seeds))]


@pytest.fixture(scope="module")
def made(designer: DraftDesigner) -> list[RowAudio]:
    return chunks(designer, TEXT, "terrified", SEEDS)


def test_it_is_a_speech_designer_and_says_what_plays(designer: DraftDesigner):
    assert isinstance(designer, SpeechDesigner)
    info = designer.describe()
    assert info.revision.startswith("espeak-ng 1.") and "GPL-3.0" in info.licence
    assert designer.sample_rate_hz == 24_000


def test_a_sentence_leaves_before_the_next_is_spoken(made: list[RowAudio]):
    assert [(row.index, row.last) for row in made] == [
        (0, False), (1, False), (2, False), (0, True), (1, True), (2, True),
    ]  # fmt: skip
    assert [row.notes is not None for row in made] == [row.last for row in made]


def test_the_notes_perform_to_the_same_sound(made: list[RowAudio]):
    for index, seed in enumerate(SEEDS):
        row = [chunk for chunk in made if chunk.index == index]
        notes = pickle.loads(pickle.dumps(row[-1].notes))
        assert isinstance(notes, DraftNotes) and notes.seed == seed
        again = concatenate([perform(s.frames, s.cue) for s in notes.sentences])
        assert again.content_hash == concatenate([chunk.audio for chunk in row]).content_hash


def test_a_take_depends_on_its_seed_alone(designer: DraftDesigner, made: list[RowAudio]):
    third = concatenate([row.audio for row in made if row.index == 2])
    alone = takes(designer, TEXT, "terrified", [SEEDS[2]])[0]
    assert alone.content_hash == third.content_hash
    first = concatenate([row.audio for row in made if row.index == 0])
    assert first.content_hash != third.content_hash
    assert abs(first.duration_s - third.duration_s) > 0.01


def test_a_new_process_makes_the_same_take(designer: DraftDesigner, made: list[RowAudio]):
    script = (
        "import sys\n"
        "from vocalino.audio import concatenate\n"
        "from vocalino.cancel import CancelToken\n"
        "from vocalino.engines.draft.designer import DraftDesigner\n"
        "from vocalino.request import DesignOptions, Direction, Line\n"
        "line, seeds = Line(sys.argv[1]), [int(sys.argv[2])]\n"
        "direction, options = Direction('terrified'), DesignOptions()\n"
        "rows = DraftDesigner().design(line, direction, options, seeds, CancelToken())\n"
        "print(concatenate([row.audio for row in rows]).content_hash)\n"
        "print('torch' in sys.modules, 'janome' in sys.modules)\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", script, TEXT, str(SEEDS[1])],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    expected = concatenate([row.audio for row in made if row.index == 1]).content_hash
    assert out.stdout.split() == [expected, "False", "False"]


def test_tempo_is_spoken_and_not_only_stretched(designer: DraftDesigner):
    slow, plain, fast = (
        takes(designer, VOICE_TEXT, direction, [5])[0].duration_s
        for direction in ("slow", "", "fast")
    )
    assert slow > 1.25 * plain > 1.25 * 1.25 * fast
    notes = chunks(designer, "Hurry up!", "fast", [5])[-1].notes
    assert isinstance(notes, DraftNotes) and notes.sentences[0].cue.rate == pytest.approx(
        0.45, abs=0.01
    )


def test_cancelling_stops_between_rows(designer: DraftDesigner):
    token = CancelToken()
    rows = designer.design(Line(TEXT), Direction(), DesignOptions(), SEEDS, token)
    assert next(rows)
    token.cancel("enough")
    with pytest.raises(Cancelled, match="enough"):
        next(rows)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_plays(designer: DraftDesigner, language: str):
    text = re.split(r"[,.，、]", TEXTS[language])[0][:40]
    rows = designer.design(
        Line(text, language), Direction("sad"), DesignOptions(), [1], CancelToken()
    )
    audio = concatenate([row.audio for row in rows if isinstance(row, RowAudio)])
    heard = measure(audio)
    assert audio.duration_s > 0.8 and heard.voiced > 0.5 and -32.0 < heard.level_db < -22.0


VOICES = ("an old man", "a man", "a deep man's voice", "a young woman", "a woman", "a little girl")


def test_voices_from_words_differ_in_register_and_resonance(designer: DraftDesigner):
    heard = {words: takes(designer, VOICE_TEXT, words, [3])[0] for words in VOICES}
    f0_hz = {words: measure(audio).f0_hz for words, audio in heard.items()}
    assert 65.0 < f0_hz["a deep man's voice"] < 0.9 * f0_hz["a man"]
    assert 1.6 * f0_hz["a man"] < f0_hz["a woman"] < f0_hz["a young woman"] < f0_hz["a little girl"]
    assert measure(heard["an old man"]).harmonics_db < measure(heard["a man"]).harmonics_db - 0.5
    centres = {words: centroid_hz(audio) for words, audio in heard.items()}
    assert centres["a deep man's voice"] < centres["a man"] < centres["a little girl"]


def test_a_donor_has_the_register_it_is_chosen_by():
    actor = donor("english", "female")
    own = calibration(actor)
    assert own.median_f0_hz == pytest.approx(actor.pitch_hz, rel=0.08)
    assert 8.0 < own.duration_s < 25.0 and calibration(actor) is own


def test_the_donor_follows_the_words_then_the_reference(designer: DraftDesigner):
    rate = 16_000
    t = np.arange(2 * rate) / rate

    def like(f0_hz: float) -> Audio:
        sound = sum(np.sin(2 * np.pi * k * f0_hz * t) / k for k in range(1, 12))
        return Audio((0.1 * np.asarray(sound)).astype(np.float32), rate)

    assert choose("english", Casting(), like(105.0)).gender == "male"
    assert choose("english", Casting(), like(205.0)).gender == "female"
    assert choose("english", Casting(), like(290.0)).age == "child"
    assert choose("english", Casting("female"), like(105.0)).gender == "female"
    assert choose("german", Casting()).espeak_voice.startswith("de+")
    notes = chunks(designer, "Yes.", "an old man", [1], like(105.0))[-1].notes
    assert isinstance(notes, DraftNotes) and notes.donor.age == "old"
    assert notes.sentences[0].cue.plan.mean("creak") == 0.0  # the reference brings its own sound


def test_what_is_understood_and_what_is_not_is_told() -> None:
    understood = DraftDesigner().explain(Direction("whispered, in a flibbertigibbet way"))
    assert [words for words, _ in understood.readings] == ["whispered"]
    assert understood.unknown == ("flibbertigibbet",)


def test_settings_name_another_espeak() -> None:
    with pytest.raises(EngineUnavailable, match="no-such-data"):
        DraftDesigner.from_settings(Settings(espeak_data="no-such-data"))
