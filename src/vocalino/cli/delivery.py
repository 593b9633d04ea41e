"""Takes on their way to the disk: encoded once, with their receipts, to a folder and the library.

Every take is stored the moment it is finished, so that nothing that happens later can lose it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vocalino.audio import Audio
from vocalino.audio.encode import encode
from vocalino.errors import RequestError
from vocalino.files import write_whole
from vocalino.library import Library, NewTake
from vocalino.receipt import AudioFile, ConsentBasis, Receipt
from vocalino.request import ConvertRequest, TakeRequest
from vocalino.take import Ranking, Take


@dataclass(frozen=True)
class Terms:
    """Where takes go, and what their receipts say that the takes don't know.

    `names` are the takes' file names without extension, by index; `sources` the files that a
    conversion read.
    """

    folder: Path
    names: Sequence[str]
    ode_steps: int
    format: str = "wav"
    reference_file: str | None = None
    consent: ConsentBasis | None = None
    sources: Sequence[Path] = ()
    library: Library | None = None
    voice_id: str | None = None


@dataclass
class Delivery:
    """Puts the takes of one run where the terms say."""

    request: TakeRequest | ConvertRequest
    terms: Terms
    receipts: dict[int, Receipt] = field(default_factory=dict[int, Receipt])
    run_id: str = ""

    def __post_init__(self) -> None:
        if self.terms.library is not None:
            self.run_id = self.terms.library.takes.new_run_id()

    def take(self, take: Take) -> None:
        """Write a finished take: sound, performance, receipt.

        Raises:
            RequestError: the folder can't be written.
            LibraryError: the library can't be.
        """
        new = self._encoded(take)
        receipt = new.receipt
        write(self.terms.folder / receipt.audio.name, new.audio)
        if receipt.performance is not None and new.performance is not None:
            write(self.terms.folder / receipt.performance.name, new.performance)
        self._write_receipt(receipt)
        if self.terms.library is not None:
            self.terms.library.takes.add(self.run_id, new, self.terms.voice_id)

    def ranked(self, ranking: Ranking) -> list[Receipt]:
        """Write the places into the receipts; best first."""
        receipts = [self.receipts[index].placed_in(ranking) for index in ranking.order]
        for receipt in receipts:
            self._write_receipt(receipt)
        if self.terms.library is not None and receipts:
            self.terms.library.takes.rank(self.run_id, ranking)
        return receipts

    def _encoded(self, take: Take) -> NewTake:
        terms, name = self.terms, self.terms.names[take.index]
        audio, data = _file(take.audio, name, terms.format)
        acted = isinstance(self.request, TakeRequest)
        performance, performed = None, None
        if acted and take.performance is not None:
            performance, performed = _file(take.performance, f"{name}_performance", "flac")
        source = None if acted else terms.sources[take.index]
        receipt = Receipt.of(
            take,
            self.request,
            audio=audio,
            ode_steps=terms.ode_steps,
            performance=performance,
            reference_file=terms.reference_file,
            source_name=source.name if source else "recording",
            source_file=relative(source, terms.folder) if source else None,
            consent=terms.consent,
        )
        return NewTake(receipt, data, performed)

    def _write_receipt(self, receipt: Receipt) -> None:
        self.receipts[receipt.index] = receipt
        write(self.terms.folder / receipt_name(receipt), receipt.to_json().encode())


def _file(audio: Audio, stem: str, format: str) -> tuple[AudioFile, bytes]:
    data = encode(audio, format)
    return AudioFile.of(f"{stem}.{format}", data, audio, format), data


def receipt_name(receipt: Receipt) -> str:
    """The receipt lies beside the sound: `x.wav` has `x.take.json`."""
    return receipt.audio.name.removesuffix(f".{receipt.audio.format}") + ".take.json"


def take_names(stem: str, count: int) -> list[str]:
    """File names of takes without extension; takes count from 1 for people."""
    return [f"{stem}_t{index + 1:02d}" for index in range(count)]


def write(path: Path, data: bytes) -> None:
    """Raises RequestError when the file can't be written, with the fix."""
    try:
        write_whole(path, data)
    except OSError as error:
        raise RequestError(f"can't write {path}: {error.strerror}; choose another --out") from error


def make_folder(folder: Path, patterns: Sequence[str], overwrite: bool) -> None:
    """The folder for new takes, without files of these patterns in it.

    Raises:
        RequestError: it can't be made, or holds such files and `overwrite` is false.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RequestError(f"can't make the folder {folder}: {error.strerror}") from error
    old = [path for pattern in patterns for path in sorted(folder.glob(pattern))]
    if old and not overwrite:
        raise RequestError(
            f"{folder} holds {old[0].name} already: choose another --out, or add --overwrite"
        )
    for path in old:
        path.unlink()


def relative(path: Path, folder: Path) -> str | None:
    """`path` as seen from `folder`, with forward slashes; None across drives."""
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return None
