"""Recordings converted batch after batch into one folder with one report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vocalino import report
from vocalino.audio import Audio
from vocalino.audio.decode import decode
from vocalino.cli.console import print_json, print_line, print_table, say, warn
from vocalino.cli.delivery import Delivery, Terms, make_folder
from vocalino.cli.order import Order
from vocalino.cli.playing import CANCELLED, SOME_FAILED, Played, overall, play
from vocalino.cli.reporting import convert_cards, write_report
from vocalino.cli.session import CastVoice, Session
from vocalino.errors import AudioError
from vocalino.request import ConvertRequest
from vocalino.samples import slugs

BATCH_FILES = 8
"""Recordings that are in memory at once."""


@dataclass(frozen=True)
class Converted:
    """What came of the recordings; `unreadable` are (file, reason)."""

    order: Order
    voice: CastVoice
    runs: tuple[Played, ...]
    unreadable: tuple[tuple[Path, str], ...]
    skipped: tuple[Path, ...]
    report: Path | None

    @property
    def exit_code(self) -> int:
        code = overall(self.runs)
        return SOME_FAILED if code == 0 and self.unreadable else code

    def document(self, session: Session) -> dict[str, Any]:
        return {
            **session.document(),
            "voice": self.voice.reference.name,
            "seed": self.order.seed,
            "folder": str(self.order.folder),
            "report": self.report and str(self.report),
            "runs": [played.document() for played in self.runs],
            "unreadable": [{"file": str(path), "error": why} for path, why in self.unreadable],
            "skipped": [str(path) for path in self.skipped],
        }

    def tell(self, session: Session, as_json: bool) -> None:
        """The result on standard output: one JSON document, or a table and paths."""
        if as_json:
            print_json(self.document(session))
            return
        print_table(
            ["file", "length", "judgement"],
            [row[1:] for played in self.runs for row in played.rows()],
        )
        for path in self.skipped:
            say(f"not converted: {path}")
        print_line(f"\nconverted files and receipts: {self.order.folder}")
        if self.report:
            print_line(f"report: {self.report}")


def convert_files(
    session: Session, voice: CastVoice, files: Sequence[Path], order: Order
) -> Converted:
    """Convert `files`; one that can't be read is told and left out, the others go on.

    Raises:
        RequestError: the reference can't be used, no file can be read, or the folder holds
            files of these names already.
    """
    names = [f"{slug}_converted" for slug in slugs(path.stem for path in files)]
    engines = session.engines
    make_folder(order.folder, [f"{name}.*" for name in names], order.overwrite)
    reference_file = voice.place(order.folder)
    runs: list[Played] = []
    cards: list[report.ConvertCard] = []
    unreadable: list[tuple[Path, str]] = []
    done = 0
    while done < len(files) and not (runs and runs[-1].exit_code == CANCELLED):
        batch = _decoded(
            list(zip(files, names, strict=True))[done : done + BATCH_FILES], unreadable
        )
        done += BATCH_FILES
        if not batch:
            continue
        sources = [path for path, _, _ in batch]
        request = ConvertRequest(
            tuple(audio for _, _, audio in batch), voice.reference, order.seed, order.convert
        )
        terms = Terms(
            order.folder,
            [name for _, name, _ in batch],
            session.settings.default_diff_steps,
            order.format,
            reference_file,
            voice.consent,
            sources,
            session.library if order.keep else None,
            voice.voice_id,
        )
        title = f"{voice.reference.name}: {', '.join(path.name for path in sources)}"
        played = play(Delivery(request, terms), engines, title)
        if order.report:
            cards += convert_cards(request, sources, played)
        runs.append(played.without_sound())
    if not runs:
        raise AudioError(unreadable[0][1])
    path = None
    if order.report:
        path = order.folder / "report.html"
        write_report(
            path,
            order.title,
            session,
            runs,
            voice=voice,
            reference_file=reference_file,
            conversions=cards,
        )
    return Converted(order, voice, tuple(runs), tuple(unreadable), tuple(files[done:]), path)


def _decoded(
    batch: Sequence[tuple[Path, str]], unreadable: list[tuple[Path, str]]
) -> list[tuple[Path, str, Audio]]:
    readable: list[tuple[Path, str, Audio]] = []
    for path, name in batch:
        try:
            readable.append((path, name, decode(path, what=str(path))))
        except AudioError as error:
            warn(str(error))
            unreadable.append((path, str(error)))
    return readable
