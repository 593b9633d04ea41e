"""Lines played one after another in one voice, into one folder with one report.

`act` is a showcase of one line, `samples` of many, `design` of one line in a voice made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vocalino import report
from vocalino.cli.console import print_json, print_line, print_table, say
from vocalino.cli.delivery import Delivery, Terms, make_folder, take_names
from vocalino.cli.order import Order
from vocalino.cli.playing import CANCELLED, Played, overall, play
from vocalino.cli.reporting import sample_section, write_report
from vocalino.cli.session import CastVoice, Session
from vocalino.request import Direction, Line, TakeRequest
from vocalino.samples import Sample, slugs


@dataclass(frozen=True)
class Shown:
    """What was played: each sample with its run, and what a Ctrl-C left out."""

    order: Order
    voice: CastVoice | None
    played: tuple[tuple[Sample, Played], ...]
    skipped: tuple[Sample, ...]
    report: Path | None

    @property
    def exit_code(self) -> int:
        return overall([run for _, run in self.played])

    def document(self, session: Session) -> dict[str, Any]:
        """The JSON of `act` and `samples`."""
        return {
            **session.document(),
            "voice": self.voice and self.voice.reference.name,
            "seed": self.order.seed,
            "folder": str(self.order.folder),
            "report": self.report and str(self.report),
            "samples": [
                {"name": sample.name, **played.document()} for sample, played in self.played
            ],
            "skipped": [sample.name for sample in self.skipped],
        }

    def tell(self, session: Session, as_json: bool) -> None:
        """The result on standard output: one JSON document, or tables and paths."""
        if as_json:
            print_json(self.document(session))
            return
        for sample, played in self.played:
            print_line(f"\n{sample.name}")
            print_table(["", "file", "length", "why here"], played.rows())
        for sample in self.skipped:
            say(f"not played: {sample.name}")
        print_line(f"\ntakes and receipts: {self.order.folder}")
        if self.report:
            print_line(f"report: {self.report}")


def show(
    session: Session, voice: CastVoice | None, samples: Sequence[Sample], order: Order
) -> Shown:
    """Play the samples in order; a Ctrl-C ends the showcase, what is finished stays.

    Raises:
        RequestError: the folder holds takes already, or something can't be done as asked.
        EngineError: the cast can't play.
    """
    stems = slugs(sample.name for sample in samples)
    engines = session.engines
    make_folder(order.folder, [f"{stem}_t[0-9]*" for stem in stems], order.overwrite)
    reference_file = voice and voice.place(order.folder)
    runs: list[tuple[Sample, Played]] = []
    sections: list[report.SampleSection] = []
    for number, (sample, stem) in enumerate(zip(samples, stems, strict=True), 1):
        request = TakeRequest(
            Line(sample.line, sample.language),
            Direction(sample.direction),
            voice and voice.reference,
            sample.takes or order.takes,
            order.seed if sample.seed is None else sample.seed,
            design=order.design,
            convert=order.convert,
        )
        terms = Terms(
            order.folder,
            take_names(stem, request.takes),
            session.settings.default_diff_steps,
            order.format,
            reference_file,
            voice and voice.consent,
            library=session.library if order.keep else None,
            voice_id=voice and voice.voice_id,
        )
        title = sample.name if len(samples) == 1 else f"{sample.name} ({number}/{len(samples)})"
        played = play(Delivery(request, terms), engines, title)
        if order.report:
            sections.append(sample_section(sample.name, request, played, engines.designer))
        runs.append((sample, played.without_sound()))
        if played.exit_code == CANCELLED:
            break
    path = None
    if order.report:
        path = order.folder / "report.html"
        write_report(
            path,
            order.title,
            session,
            [run for _, run in runs],
            voice=voice,
            reference_file=reference_file,
            samples=sections,
        )
    return Shown(order, voice, tuple(runs), tuple(samples[len(runs) :]), path)
