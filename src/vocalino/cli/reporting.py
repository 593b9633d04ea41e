"""The report of a command: from what was played to `report.html`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from vocalino import report
from vocalino.cli.delivery import receipt_name
from vocalino.cli.playing import Played
from vocalino.cli.session import CastVoice, Session
from vocalino.protocols import ReadsDirections, SpeechDesigner
from vocalino.request import ConvertRequest, TakeRequest
from vocalino.versions import versions


def sample_section(
    name: str, request: TakeRequest, played: Played, designer: SpeechDesigner | None
) -> report.SampleSection:
    """One line with its takes, and what the designer made of the direction, if it says so."""
    reads = isinstance(designer, ReadsDirections)
    return report.act_section(
        request,
        played.takes,
        played.ranking,
        played.failures,
        name=name,
        understood=designer.explain(request.direction) if reads else None,
        finished=played.finished,
        files={receipt.index: receipt.audio.name for receipt in played.receipts},
        commands={
            receipt.index: report.rerender_command(receipt_name(receipt))
            for receipt in played.receipts
        },
    )


def convert_cards(
    request: ConvertRequest, sources: Sequence[Path], played: Played
) -> list[report.ConvertCard]:
    """Before and after of each recording, in the order they were given."""
    results = {take.index: take for take in played.takes}
    failures = {failure.index: failure for failure in played.failures}
    reasons = {placing.index: placing.reason for placing in played.ranking.placings}
    files = {receipt.index: receipt for receipt in played.receipts}
    return [
        report.convert_card(
            sources[index].name,
            before,
            results.get(index) or failures[index],
            file=files[index].audio.name if index in files else None,
            reason=reasons.get(index, ""),
            command=report.rerender_command(receipt_name(files[index])) if index in files else "",
        )
        for index, before in enumerate(request.performances)
        if index in results or index in failures
    ]


def write_report(
    path: Path,
    title: str,
    session: Session,
    runs: Sequence[Played],
    *,
    voice: CastVoice | None,
    reference_file: str | None = None,
    samples: Sequence[report.SampleSection] = (),
    conversions: Sequence[report.ConvertCard] = (),
) -> None:
    """Raises RequestError when the file can't be written."""
    page = report.ReportPage(
        title=title,
        cast=report.cast_note(session.casting.name, runs[0].engines, session.casting.why),
        voice=voice
        and report.voice_section(
            voice.reference, about=voice.about, warnings=runs[0].warnings, file=reference_file
        ),
        samples=tuple(samples),
        conversions=tuple(conversions),
        summary=report.run_summary(
            [(run.finished, run.audio_s) for run in runs],
            versions=versions(),
            command=shlex.join(["vocalino", *sys.argv[1:]]),
            made=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        ),
    )
    report.write(page, path)
