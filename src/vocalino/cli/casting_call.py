"""Voices from words: an audition is acted as described, and its clip is the new voice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vocalino.audio import Audio
from vocalino.build import check_voiced
from vocalino.cli.delivery import Delivery, Terms, make_folder, take_names
from vocalino.cli.playing import Played, play
from vocalino.cli.session import CastVoice, Session
from vocalino.errors import Cancelled, GenerationFailed, NotFound, RequestError
from vocalino.library import Library
from vocalino.library.words import checked_name
from vocalino.receipt import Receipt
from vocalino.request import DesignOptions, Direction, Line, Reference, TakeRequest
from vocalino.samples.audition import AUDITION
from vocalino.text import AUTO

DEFAULT_LANGUAGE = "english"


@dataclass(frozen=True)
class Audition:
    """Clips that sound as described, best first, and what is known of each."""

    request: TakeRequest
    played: Played

    @property
    def best(self) -> tuple[Audio, Receipt]:
        """The clip and the receipt of the best take.

        Raises:
            Cancelled: the audition was stopped.
            GenerationFailed: no take passes the judge's gates.
        """
        if self.played.finished.outcome == "cancelled":
            raise Cancelled(f"stopped by {self.played.finished.reason}: no voice was made")
        receipt = self.played.best
        if receipt is None:
            reasons = "; ".join(
                [failure.error for failure in self.played.failures]
                + [placing.reason for placing in self.played.ranking.placings]
            )
            raise GenerationFailed(f"no usable voice came of it ({reasons}): try another --seed")
        clip = next(take.audio for take in self.played.takes if take.index == receipt.index)
        return clip, receipt


def check_free(library: Library, name: str) -> None:
    """Raises RequestError when a voice of that name is there: better before a run than after."""
    try:
        twin = library.voices.by_name(checked_name(name))
    except NotFound:
        return
    raise RequestError(f"there is a voice named {twin.name!r} already: choose another --name")


def audition(
    session: Session,
    description: str,
    folder: Path,
    *,
    line: str | None = None,
    language: str = AUTO,
    takes: int = 1,
    seed: int = 0,
    stem: str = "voice",
    format: str = "wav",
    overwrite: bool = False,
    options: DesignOptions | None = None,
) -> Audition:
    """Act `line` (or about ten seconds in `language`) as the words describe the voice.

    Raises:
        RequestError: the description is empty, or the folder holds such takes already.
    """
    direction = Direction(description)
    if not direction.text:
        raise RequestError("the description is empty: say in words how the voice sounds")
    text = line or AUDITION[DEFAULT_LANGUAGE if language == AUTO else language]
    design = options or DesignOptions()
    request = TakeRequest(Line(text, language), direction, None, takes, seed, design)
    engines = session.engines
    make_folder(folder, [f"{stem}_t[0-9]*"], overwrite)
    terms = Terms(
        folder, take_names(stem, takes), session.settings.default_diff_steps, format=format
    )
    return Audition(request, play(Delivery(request, terms), engines, f"voice: {description}"))


def design_voice(
    session: Session, description: str, language: str, seed: int, folder: Path, overwrite: bool
) -> CastVoice:
    """A voice for one showcase; its audition and receipt lie beside the takes.

    Raises:
        EngineUnavailable: the cast can't act in the voice of a clip.
        GenerationFailed: no clip passes the judge's gates.
    """
    check_voiced(session.settings)
    made = audition(session, description, folder, language=language, seed=seed, overwrite=overwrite)
    clip, _ = made.best
    about = f"designed from the words “{description}”"
    return CastVoice(Reference(clip, "designed voice"), about, "synthetic")
