"""The draft cast's voice converter: WORLD frames moved to the reference's statistics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Self

from vocalino.audio import Audio
from vocalino.cancel import CancelToken
from vocalino.engines.draft.calibration import calibration
from vocalino.engines.draft.donors import Donor
from vocalino.engines.draft.espeak import Espeak, espeak_paths, shared
from vocalino.engines.draft.frames import SAMPLE_RATE_HZ, Frames
from vocalino.engines.draft.mapping import TUNING, Mapping, Tuning
from vocalino.engines.draft.notes import DraftNotes, Sentence
from vocalino.engines.draft.perform import perform
from vocalino.engines.draft.recording import convert_recording
from vocalino.engines.draft.stretch import stretched_sentence
from vocalino.engines.draft.voiceprint import DraftVoicePrint, take_print
from vocalino.errors import Cancelled, RequestError, VocalinoError
from vocalino.protocols import Performance, Row, RowAudio, RowFailed
from vocalino.recent import Recent
from vocalino.request import ConvertOptions
from vocalino.settings import Settings
from vocalino.take import EngineInfo


class DraftConverter:
    """F0, formants and spectrum moved to the reference's; the acting stays. No torch.

    A performance with `DraftNotes` is converted before it is acted: its neutral frames are moved
    by the difference between the donor's calibration and the reference, then performed in the
    new voice, so that a whisper stays a whisper and high stays high for that voice. Any other
    recording is analysed as it is, and moved by its own statistics.

    Of the options only `length_adjust` has a meaning here. The generative knobs (`ode_steps`,
    `cfg_*`, `top_p`, `temperature`, `repetition_penalty`, `convert_style`) steer sampling, which
    there is none of. `anonymization_only` is refused: the draft cast knows no voice but the
    reference's. Seeds change nothing either; the take's dice are in its notes.
    """

    def __init__(
        self, tuning: Tuning = TUNING, cache_size: int = 16, espeak: Espeak | None = None
    ) -> None:
        """`cache_size` prepared voices are kept; `espeak` speaks the donors' calibration."""
        self._tuning = tuning
        self._espeak = espeak
        self._prints: Recent[str, DraftVoicePrint] = Recent(cache_size)
        self._mappings: Recent[tuple[Donor, str], Mapping] = Recent(8)
        # The takes of one line share their neutral frames, so they share the moved ones too.
        self._moved: Recent[tuple[Frames, Mapping], Frames] = Recent(4)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Raises EngineUnavailable when espeak-ng can't be loaded."""
        return cls(cache_size=settings.emb_cache_size, espeak=shared(*espeak_paths(settings)))

    @property
    def sample_rate_hz(self) -> int:
        return SAMPLE_RATE_HZ

    @property
    def batch_rows(self) -> int:
        return 1

    def prepare(self, reference: Audio) -> DraftVoicePrint:
        """Learn a voice from the first 25 s of a clip.

        Raises:
            AudioError: the clip is silent, or less than 0.3 s of it is voiced.
        """
        return self._prints.get(reference.content_hash, lambda: take_print(reference))

    def convert(
        self,
        performances: Sequence[Performance],
        voice_print: DraftVoicePrint,
        options: ConvertOptions,
        seeds: Sequence[int],
        cancel: CancelToken,
    ) -> Iterator[Row]:
        """Rows one after the other, each in chunks of a sentence or some ten seconds.

        A row that can't be converted (hardly voiced, too short, `anonymization_only`) is a
        `RowFailed`.

        Raises:
            Cancelled: between two steps of a row.
        """
        for index, performance in enumerate(performances):
            cancel.check()
            held: Audio | None = None
            try:
                for chunk in self._chunks(performance, voice_print, options, cancel):
                    if held is not None:
                        yield RowAudio(index, held, last=False)
                    held = chunk
            except Cancelled:
                raise
            except VocalinoError as error:
                yield RowFailed(index, error)
                continue
            yield RowAudio(index, held or Audio.silence(0.0, SAMPLE_RATE_HZ), last=True)

    def describe(self) -> EngineInfo:
        return EngineInfo(
            name="draft-converter",
            revision=f"pyworld {version('pyworld-prebuilt')}",
            device="cpu",
            dtype="float64",
            licence="MIT; WORLD and pyworld are BSD-3-Clause and MIT",
        )

    def close(self) -> None:
        """Forget what was learnt."""
        for store in (self._prints, self._mappings, self._moved):
            store.clear()

    def _chunks(
        self,
        performance: Performance,
        voice_print: DraftVoicePrint,
        options: ConvertOptions,
        cancel: CancelToken,
    ) -> Iterator[Audio]:
        if options.anonymization_only:
            raise RequestError(
                "the draft converter can't anonymise: it only moves a voice to the reference's. "
                "Leave anonymization_only off, or give a reference in another voice"
            )
        notes = performance.notes
        if isinstance(notes, DraftNotes):
            return self._acted(notes, voice_print, options.length_adjust, cancel)
        return convert_recording(
            performance.audio, voice_print.portrait, options.length_adjust, cancel, self._tuning
        )

    def _acted(
        self,
        notes: DraftNotes,
        voice_print: DraftVoicePrint,
        length_adjust: float,
        cancel: CancelToken,
    ) -> Iterator[Audio]:
        mapping = self._mappings.get(
            (notes.donor, voice_print.key),
            lambda: Mapping(
                calibration(notes.donor, self._espeak), voice_print.portrait, self._tuning
            ),
        )
        for sentence in notes.sentences:
            cancel.check()
            neutral = sentence.frames
            frames = self._moved.get((neutral, mapping), lambda n=neutral: mapping.apply(n))
            cancel.check()
            moved = stretched_sentence(Sentence(frames, sentence.cue), length_adjust)
            cancel.check()
            yield perform(moved.frames, moved.cue)
