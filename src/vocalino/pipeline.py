"""The life of a request: design, convert, judge, rank. `run` only yields events.

Whatever concerns the whole request (an unusable reference clip, say) is raised before the first
event. From then on nothing is: a take that can't be made is a `TakeFailed`, and the others go on.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from vocalino.audio import Audio
from vocalino.audio.reference import check
from vocalino.cancel import CancelToken
from vocalino.errors import Cancelled, EngineUnavailable, RequestError
from vocalino.events import (
    AudioChunk,
    Event,
    Finished,
    Ranked,
    Stage,
    StageProgress,
    Started,
    TakeFailed,
    TakeReady,
)
from vocalino.judge import judge
from vocalino.metrics import Stopwatch, rtf
from vocalino.protocols import (
    Engine,
    Performance,
    RowAudio,
    RowFailed,
    Scorer,
    SpeakerEncoder,
    SpeechDesigner,
    VoiceConverter,
    VoicePrint,
)
from vocalino.ranking import rank
from vocalino.request import ConvertRequest, TakeRequest
from vocalino.rows import RowDone, collect
from vocalino.take import EngineInfo, Provenance, Take


@dataclass(frozen=True)
class Engines:
    """A cast, ready to play. One without a voice converter can't act in the voice of a clip, one
    without a speech designer can only convert."""

    cast: str
    designer: SpeechDesigner | None
    converter: VoiceConverter | None
    encoder: SpeakerEncoder | None
    scorers: tuple[Scorer, ...]

    def playing(self, request: TakeRequest | ConvertRequest) -> dict[str, EngineInfo]:
        """Role -> engine, for the roles that have a part in `request`."""
        roles: dict[str, Engine | None] = {}
        if isinstance(request, TakeRequest):
            roles["designer"] = self.designer
        if request.reference is not None:
            roles["converter"] = self.converter
            roles["encoder"] = self.encoder
        return {role: engine.describe() for role, engine in roles.items() if engine}

    def close(self) -> None:
        for engine in (self.designer, self.converter, self.encoder):
            if engine is not None:
                engine.close()


def no_converter(cast: str) -> EngineUnavailable:
    """What to say, and what to do, when a voice is asked of a cast that can't convert."""
    return EngineUnavailable(
        f"the {cast} cast has no voice converter in this release: it can't act in the voice of a "
        "clip. Leave the voice to the direction, play the draft cast (--cast draft), or set "
        "VOCALINO_CONVERTER and VOCALINO_ENCODER to engines that can, for instance "
        "vocalino.engines.draft.converter:DraftConverter and "
        "vocalino.engines.draft.speaker:DraftSpeaker"
    )


def run(
    request: TakeRequest | ConvertRequest,
    engines: Engines,
    cancel: CancelToken | None = None,
    only: Sequence[int] | None = None,
) -> Generator[Event]:
    """Make the takes of `request`, or only those with the indices `only`.

    A take is the same sound whatever else is made with it.

    Raises:
        RequestError: `only` names a take outside the request, or the reference can't be used.
        EngineUnavailable: there is a reference, and the cast has no voice converter.
        EngineError: the voice can't be prepared.
        Cancelled: `cancel` was set before the first event.
    """
    count = request.takes if isinstance(request, TakeRequest) else len(request.performances)
    indices = tuple(range(count)) if only is None else tuple(only)
    outside = [index for index in indices if not 0 <= index < count]
    if outside or not indices or len(set(indices)) != len(indices):
        raise RequestError(f"takes {list(indices)} asked for; the request has 0 to {count - 1}")
    made = _Run(request, engines, cancel or CancelToken(), indices)
    made.prepare()
    yield from made.events()


@dataclass(frozen=True)
class _Voice:
    """The converter of the run, and what it has learnt of the reference clip."""

    converter: VoiceConverter
    print: VoicePrint


class _Run:
    """The state of one run."""

    def __init__(
        self,
        request: TakeRequest | ConvertRequest,
        engines: Engines,
        cancel: CancelToken,
        indices: tuple[int, ...],
    ) -> None:
        self.request = request
        self.engines = engines
        self.cancel = cancel
        self.indices = indices
        self.watch = Stopwatch()
        self.voice: _Voice | None = None
        self.warnings: tuple[str, ...] = ()
        self.takes: list[Take] = []
        self.left: dict[Stage, int] = {"design": 0, "convert": 0}
        self.provenance = Provenance(engines.cast, engines.playing(request))

    def prepare(self) -> None:
        reference = self.request.reference
        self.cancel.check()
        if reference is None:
            return
        converter = self.engines.converter
        if converter is None:
            raise no_converter(self.engines.cast)
        with self.watch.stage("prepare"):
            findings = check(reference.clip)
            self.voice = _Voice(converter, converter.prepare(reference.clip))
        self.warnings = tuple(dict.fromkeys((*findings.warnings, *self.voice.print.warnings)))

    def events(self) -> Iterator[Event]:
        yield Started(len(self.indices), self.engines.cast, self.provenance.engines, self.warnings)
        cancelled = ""
        try:
            performances = self._performances()
            if self.voice is None:
                yield from self._judged(performances)
            else:
                yield from self._converted(performances, self.voice)
        except Cancelled as error:
            cancelled = str(error)
        yield Ranked(rank(self.takes))
        yield self._finished(cancelled)

    def _performances(self) -> Iterator[tuple[int, Performance] | Event]:
        """(take index, performance) as they get ready, between the events of making them."""
        request = self.request
        if isinstance(request, ConvertRequest):
            yield from ((index, Performance(request.performances[index])) for index in self.indices)
            return
        assert self.engines.designer is not None, "these engines were built to convert only"
        rows = self.engines.designer.design(
            request.line,
            request.direction,
            request.design,
            [request.seed_of(index) for index in self.indices],
            self.cancel,
            like=request.reference.clip if request.reference else None,
        )
        for row in self.watch.steps("design", collect(rows, len(self.indices))):
            index = self.indices[row.index]
            if isinstance(row, RowDone):
                yield self._progress("design")
                yield index, Performance(row.audio, row.notes, row.finish_reason)
            elif isinstance(row, RowFailed):
                yield self._failed(index, "design", row)
            elif self.voice is None:  # what is designed is already the final sound
                yield self._chunk(index, row)

    def _judged(self, performances: Iterator[tuple[int, Performance] | Event]) -> Iterator[Event]:
        for item in performances:
            if isinstance(item, tuple):
                index, performance = item
                yield self._ready(index, performance.audio, performance)
            else:
                yield item

    def _converted(
        self, performances: Iterator[tuple[int, Performance] | Event], voice: _Voice
    ) -> Iterator[Event]:
        """Convert in batches of the size that the converter likes to get."""
        batch: dict[int, Performance] = {}
        for item in performances:
            if not isinstance(item, tuple):
                yield item
                continue
            batch[item[0]] = item[1]
            if len(batch) == voice.converter.batch_rows:
                yield from self._convert(batch, voice)
                batch = {}
        if batch:
            yield from self._convert(batch, voice)

    def _convert(self, batch: dict[int, Performance], voice: _Voice) -> Iterator[Event]:
        indices = list(batch)
        rows = voice.converter.convert(
            list(batch.values()),
            voice.print,
            self.request.convert,
            [self.request.seed_of(index) for index in indices],
            self.cancel,
        )
        for row in self.watch.steps("convert", collect(rows, len(indices))):
            index = indices[row.index]
            if isinstance(row, RowDone):
                yield self._progress("convert")
                yield self._ready(index, row.audio, batch[index])
            elif isinstance(row, RowFailed):
                yield self._failed(index, "convert", row)
            else:
                yield self._chunk(index, row)

    def _ready(self, index: int, audio: Audio, performance: Performance) -> TakeReady:
        take = Take(
            index,
            self.request.seed_of(index),
            audio,
            self.provenance,
            performance.audio if self.voice else None,
            finish_reason=performance.finish_reason,
        )
        with self.watch.stage("judge"):
            take = judge(take, self.request, self.engines.scorers)
        timings_s = dict(self.watch.stages_s)
        take = replace(take, provenance=replace(self.provenance, timings_s=timings_s))
        self.takes.append(take)
        return TakeReady(take)

    def _chunk(self, index: int, row: RowAudio) -> AudioChunk:
        if row.audio.samples.size:
            self.watch.first_audio()
        return AudioChunk(index, row.audio, row.last)

    def _progress(self, stage: Stage) -> StageProgress:
        self.left[stage] += 1
        return StageProgress(stage, self.left[stage], len(self.indices))

    def _failed(self, index: int, stage: Stage, row: RowFailed) -> TakeFailed:
        return TakeFailed(index, self.request.seed_of(index), stage, str(row.error))

    def _finished(self, cancelled: str) -> Finished:
        audio_s = sum(take.audio.duration_s for take in self.takes)
        compute_s = sum(self.watch.stages_s.values())
        outcome: Literal["complete", "partial", "failed", "cancelled"] = "complete"
        if cancelled:
            outcome = "cancelled"
        elif not self.takes:
            outcome = "failed"
        elif len(self.takes) < len(self.indices):
            outcome = "partial"
        return Finished(
            outcome,
            dict(self.watch.stages_s),
            self.watch.ttfa_s,
            rtf(compute_s, audio_s),
            cancelled,
        )
