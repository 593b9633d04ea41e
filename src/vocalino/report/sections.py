"""From what a run gave (requests, takes, rankings, events) to what a page shows."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from vocalino.audio import Audio
from vocalino.events import Finished, TakeFailed
from vocalino.protocols import Understood
from vocalino.report.cards import (
    CastNote,
    ConvertCard,
    FailedCard,
    RunSummary,
    SampleSection,
    TakeCard,
    VoiceSection,
)
from vocalino.report.sound import sound
from vocalino.request import Reference, TakeRequest
from vocalino.take import EngineInfo, FinishReason, Placing, Ranking, Take

File = PurePath | str
_NO_FILES: Mapping[int, File] = {}
_NO_COMMANDS: Mapping[int, str] = {}
_ENDED: Mapping[FinishReason | None, str] = {"budget": "cut: too long", "loop": "cut: stuck"}


def act_section(
    request: TakeRequest,
    takes: Sequence[Take],
    ranking: Ranking,
    failures: Sequence[TakeFailed] = (),
    *,
    name: str,
    understood: Understood | None = None,
    finished: Finished | None = None,
    files: Mapping[int, File] = _NO_FILES,
    commands: Mapping[int, str] = _NO_COMMANDS,
) -> SampleSection:
    """One line with its takes in the order of `ranking`.

    `files` and `commands` go by take index: the take's file relative to the page, and the
    command that makes it again.
    """
    by_index = {take.index: take for take in takes}
    assert set(ranking.order) == set(by_index), "the ranking is of other takes"
    return SampleSection(
        name=name,
        line=request.line.text,
        direction=request.direction.text,
        language=request.line.language,
        takes=tuple(
            _take_card(
                by_index[placing.index],
                placing,
                place,
                best=placing.index == ranking.best,
                file=files.get(placing.index),
                command=commands.get(placing.index, ""),
            )
            for place, placing in enumerate(ranking.placings, start=1)
        ),
        failures=tuple(
            FailedCard(failed.index + 1, failed.seed, failed.stage, failed.error)
            for failed in sorted(failures, key=lambda failed: failed.index)
        ),
        understood=understood,
        timings_s=() if finished is None else tuple(finished.timings_s.items()),
        ttfa_s=None if finished is None else finished.ttfa_s,
        rtf=None if finished is None else finished.rtf,
        outcome="complete" if finished is None else finished.outcome,
        outcome_reason="" if finished is None else finished.reason,
    )


def _take_card(
    take: Take, placing: Placing, place: int, *, best: bool, file: File | None, command: str
) -> TakeCard:
    performance = take.performance
    return TakeCard(
        number=take.index + 1,
        place=place,
        best=best,
        passed=placing.passed,
        reason=placing.reason,
        seed=take.seed,
        sound=sound(take.audio, file),
        performance=sound(performance) if performance and performance.samples.size else None,
        verdicts=take.verdicts,
        timings_s=tuple(take.provenance.timings_s.items()),
        command=command,
        ended=_ENDED.get(take.finish_reason, ""),
    )


def convert_card(
    name: str,
    before: Audio,
    result: Take | TakeFailed,
    *,
    before_file: File | None = None,
    file: File | None = None,
    reason: str = "",
    command: str = "",
) -> ConvertCard:
    """One recording before and after; `result` is the take it became, or why it became none."""
    if isinstance(result, TakeFailed):
        return ConvertCard(
            name, sound(before, before_file), result.seed, error=result.error, command=command
        )
    return ConvertCard(
        name=name,
        before=sound(before, before_file),
        seed=result.seed,
        after=sound(result.audio, file),
        verdicts=result.verdicts,
        reason=reason,
        timings_s=tuple(result.provenance.timings_s.items()),
        command=command,
    )


def voice_section(
    reference: Reference,
    *,
    about: str = "",
    warnings: Sequence[str] = (),
    file: File | None = None,
) -> VoiceSection:
    """The voice that was cast; `warnings` are those of `Started`."""
    return VoiceSection(reference.name, sound(reference.clip, file), about, tuple(warnings))


def cast_note(name: str, engines: Mapping[str, EngineInfo], reason: str = "") -> CastNote:
    """The cast that played and why, from `Started` and the settings."""
    return CastNote(name, reason, tuple(engines.items()))


def run_summary(
    runs: Sequence[tuple[Finished, float]],
    *,
    versions: Mapping[str, str] | None = None,
    command: str = "",
    made: str = "",
) -> RunSummary:
    """Totals over runs, each with the seconds of audio that it made.

    RTF is compute over audio seconds of all runs together; TTFA is that of the first run, the
    one which found the engines cold.
    """
    timings_s: dict[str, float] = {}
    for finished, _ in runs:
        for stage, seconds in finished.timings_s.items():
            timings_s[stage] = timings_s.get(stage, 0.0) + seconds
    measured = [(f.rtf, audio_s) for f, audio_s in runs if f.rtf is not None and audio_s > 0]
    measured_s = sum(audio_s for _, audio_s in measured)
    return RunSummary(
        timings_s=tuple(timings_s.items()),
        audio_s=sum(audio_s for _, audio_s in runs) if runs else None,
        ttfa_s=runs[0][0].ttfa_s if runs else None,
        rtf=sum(rtf * s for rtf, s in measured) / measured_s if measured_s else None,
        versions=tuple((versions or {}).items()),
        command=command,
        made=made,
    )


def rerender_command(receipt: File) -> str:
    """The command that makes a take again from its receipt, quoted for a POSIX shell."""
    return shlex.join(["vocalino", "rerender", str(receipt)])
