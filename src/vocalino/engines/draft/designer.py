"""The draft cast's speech designer: espeak-ng speaks, WORLD acts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from vocalino.audio import Audio
from vocalino.cancel import CancelToken
from vocalino.engines.draft.acting import Plan
from vocalino.engines.draft.donors import Donor, choose, without_texture
from vocalino.engines.draft.espeak import espeak_paths, shared
from vocalino.engines.draft.frames import SAMPLE_RATE_HZ
from vocalino.engines.draft.notes import Cue, DraftNotes, Sentence
from vocalino.engines.draft.perform import perform
from vocalino.engines.draft.prosody import understand
from vocalino.engines.draft.reading import language_of, sentences
from vocalino.engines.draft.speaking import Spoken, speak
from vocalino.errors import VocalinoError
from vocalino.protocols import Row, RowAudio, RowFailed, Understood
from vocalino.request import DesignOptions, Direction, Line
from vocalino.settings import Settings
from vocalino.take import EngineInfo

REST_S, LAST_REST_S = 0.31, 0.15  # before the lead of the next sentence
RESTING_STOPS = (".", "!", "?", "…", "。", "！", "？")
COMMA_REST_S = 0.11


class DraftDesigner:
    """Speech in ten languages on any CPU, acted by rule as the direction says.

    A line is spoken sentence by sentence, and each sentence leaves as a chunk of every row. The
    donor speaks once for the whole batch; what differs from take to take (timing, the words
    leant on, register, range, roughness) comes from the take's seed when it is performed. The
    last chunk of a row carries the `DraftNotes` of the whole row.
    """

    def __init__(self, library_path: Path | None = None, data_path: Path | None = None) -> None:
        """espeak-ng out of its wheel, unless paths of a library and its data are given.

        Raises:
            EngineUnavailable: espeak-ng can't be loaded.
        """
        self._espeak = shared(library_path, data_path)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Raises EngineUnavailable as `DraftDesigner()` does."""
        return cls(*espeak_paths(settings))

    @property
    def sample_rate_hz(self) -> int:
        return SAMPLE_RATE_HZ

    def design(
        self,
        line: Line,
        direction: Direction,
        options: DesignOptions,
        seeds: Sequence[int],
        cancel: CancelToken,
        like: Audio | None = None,
    ) -> Iterator[Row]:
        """One row a seed; `options` steer sampling, which there is none of here.

        Raises:
            Cancelled: between two sentences or rows.
        """
        cancel.check()
        language = language_of(line.text, line.language)
        reading = understand(direction.text)
        donor = choose(language, reading.casting, like)
        plan = reading.plan
        if like is None:
            plan = Plan(tuple((a + donor.texture).within_limits() for a in plan.actings))
        else:
            donor = without_texture(donor)

        parts = list(_parts(line.text, plan))
        spoken: dict[int, list[Sentence]] = {row: [] for row in range(len(seeds))}
        for number, (text, part) in enumerate(parts):
            cancel.check()
            last = number == len(parts) - 1
            neutral = self._speak(donor, text, part, last)
            for row, seed in enumerate(seeds):
                cancel.check()
                if row not in spoken:
                    continue
                sentence = _sentence(neutral, part, seed, number)
                spoken[row].append(sentence)
                try:
                    audio = perform(sentence.frames, sentence.cue)
                except VocalinoError as error:
                    del spoken[row]
                    yield RowFailed(row, error)
                    continue
                notes = DraftNotes(tuple(spoken[row]), donor, seed) if last else None
                yield RowAudio(row, audio, last, notes)

    def explain(self, direction: Direction) -> Understood:
        """What each word of the direction does, and which words do nothing."""
        reading = understand(direction.text)
        known = tuple(item for item in reading.account if item[0] not in reading.unknown)
        return Understood(known, reading.unknown)

    def describe(self) -> EngineInfo:
        return EngineInfo(
            name="draft-designer",
            revision=f"espeak-ng {self._espeak.version}",
            device="cpu",
            dtype="float64",
            licence="MIT; speaks through espeak-ng, GPL-3.0-or-later",
        )

    def close(self) -> None:
        """Nothing to give back: espeak-ng is only loaded while it speaks."""

    def _speak(self, donor: Donor, text: str, plan: Plan, last: bool) -> Spoken:
        rest_s = REST_S if text.rstrip("\"'»”’)」』").endswith(RESTING_STOPS) else COMMA_REST_S
        rest_s = LAST_REST_S if last else rest_s
        return speak(self._espeak, donor, text, plan.mean("rate"), rest_s)


def _parts(text: str, plan: Plan) -> Iterator[tuple[str, Plan]]:
    """Sentences with the stretch of the plan that falls to each, by their length in characters."""
    pieces = sentences(text)
    total, before = sum(map(len, pieces)), 0
    for piece in pieces:
        yield piece, plan.part(before / total, (before + len(piece)) / total)
        before += len(piece)


def _sentence(neutral: Spoken, plan: Plan, seed: int, number: int) -> Sentence:
    cue = Cue(plan, seed, number, neutral.spans, neutral.words, neutral.rate)
    return Sentence(neutral.frames, cue)
