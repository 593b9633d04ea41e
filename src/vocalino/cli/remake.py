"""Making one take again from its receipt, and saying what differs if anything does."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vocalino.audio import Audio
from vocalino.audio.decode import decode
from vocalino.audio.encode import encode
from vocalino.cli.console import say
from vocalino.cli.delivery import write
from vocalino.cli.playing import stoppable
from vocalino.cli.session import Session
from vocalino.engines import CASTS
from vocalino.errors import AudioError, Cancelled, GenerationFailed, RequestError
from vocalino.events import Finished, TakeFailed, TakeReady
from vocalino.pipeline import run
from vocalino.receipt import Receipt, Recording
from vocalino.request import ConvertRequest, TakeRequest
from vocalino.take import Take
from vocalino.versions import versions


@dataclass(frozen=True)
class Remade:
    """A take made again. `differences` are reasons why its bytes may differ."""

    receipt: Receipt
    data: bytes
    differences: tuple[str, ...]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def same(self) -> bool:
        return self.sha256 == self.receipt.audio.sha256

    @property
    def summary(self) -> str:
        name = self.receipt.audio.name
        if self.same:
            return f"{name}: the same bytes again (SHA-256 {self.sha256})"
        return (
            f"{name}: not the same bytes: SHA-256 {self.sha256}, "
            f"and the receipt says {self.receipt.audio.sha256}"
        )

    def document(self) -> dict[str, Any]:
        return {
            "same": self.same,
            "sha256": self.sha256,
            "expected_sha256": self.receipt.audio.sha256,
            "differences": list(self.differences),
        }

    def write(self, path: Path) -> None:
        write(path, self.data)


def remake(session: Session, path: Path, ref: Path | None, source: Path | None) -> Remade:
    """Play the request of a receipt again, for its one take alone.

    Raises:
        RequestError: the receipt can't be read, or a clip it needs is not to be found.
        EngineUnavailable: the cast that made the take can't play here.
        GenerationFailed: this time the take failed.
    """
    receipt = _read(path)
    if receipt.cast in CASTS:
        session.play_cast(receipt.cast, "the receipt")
    clip = _clip(session, path, receipt.reference, ref, "reference clip", "--ref")
    recording = _clip(session, path, receipt.source, source, "recording", "--source")
    request: TakeRequest | ConvertRequest
    if recording is not None and clip is not None:
        request = receipt.conversion(recording, clip)
    else:
        request = receipt.request(clip)
    take = _play(session, request, receipt.index)
    return Remade(receipt, encode(take.audio, receipt.audio.format), _differences(receipt, take))


def _read(path: Path) -> Receipt:
    try:
        return Receipt.from_json(path.read_bytes())
    except OSError as error:
        raise RequestError(f"can't read the receipt {path}: {error.strerror}") from error


def _clip(
    session: Session,
    receipt: Path,
    wanted: Recording | None,
    given: Path | None,
    what: str,
    option: str,
) -> Audio | None:
    """The clip that a receipt speaks of: given, beside the receipt, or in the library."""
    if wanted is None:
        return None
    if given is not None:
        return decode(given, what=f"{what} {given}")
    if wanted.file is not None and (beside := receipt.parent / wanted.file).exists():
        try:
            clip = decode(beside, what=f"{what} {beside}")
        except AudioError as error:
            say(f"not usable: {error}")
        else:
            if clip.content_hash == wanted.content_hash:
                return clip
            say(f"{beside} is another sound than the {what} of the take")
    for voice in session.library.voices.by_content_hash(wanted.content_hash):
        return session.library.voices.clip(voice)
    raise RequestError(
        f"the {what} {wanted.name!r} ({wanted.duration_s:.1f} s, content hash "
        f"{wanted.content_hash[:12]}…) is neither beside the receipt nor in the library: "
        f"give it with {option}"
    )


def _play(session: Session, request: TakeRequest | ConvertRequest, index: int) -> Take:
    session.designs = isinstance(request, TakeRequest)
    session.converts = request.reference is not None
    with stoppable() as cancel:
        for event in run(request, session.engines, cancel, only=[index]):
            match event:
                case TakeReady():
                    return event.take
                case TakeFailed():
                    raise GenerationFailed(f"take {index + 1} failed: {event.error}")
                case Finished(outcome="cancelled"):
                    raise Cancelled(f"stopped by {event.reason}")
                case _:
                    pass
    raise GenerationFailed(f"take {index + 1} was not made; this is a fault in Vocalino")


def _differences(receipt: Receipt, take: Take) -> tuple[str, ...]:
    """Engines and libraries that are not those of the receipt."""
    found: list[str] = []
    for role, info in receipt.engines.items():
        here = take.provenance.engines.get(role)
        if here != info:
            played = f"{here.name} {here.revision} on {here.device}" if here else "nothing"
            found.append(f"{role}: was {info.name} {info.revision} on {info.device}, is {played}")
    now = versions()
    for name, version in receipt.versions.items():
        if now.get(name) != version:
            found.append(f"{name}: was {version}, is {now.get(name, 'not there')}")
    return tuple(found)
