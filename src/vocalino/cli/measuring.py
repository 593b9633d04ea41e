"""The numbers of `vocalino bench`."""

from __future__ import annotations

import json
import platform
import statistics
import sys
from dataclasses import asdict, dataclass

from vocalino import __version__
from vocalino.build import check_voiced
from vocalino.cli.casting_call import DEFAULT_LANGUAGE
from vocalino.cli.console import print_line, print_table
from vocalino.cli.session import CastVoice, Session
from vocalino.errors import GenerationFailed
from vocalino.events import Finished, TakeReady
from vocalino.pipeline import run
from vocalino.request import Direction, Line, Reference, TakeRequest
from vocalino.samples import built_in
from vocalino.samples.audition import AUDITION

_ROWS = {
    "ttfa_cold_s": "first sound, cold (s)",
    "ttfa_s": "first sound, warm (s)",
    "rtf": "real-time factor",
    "peak_rss_mib": "peak memory (MiB)",
}


@dataclass(frozen=True)
class Measured:
    """Medians over the repeats; cold is the very first run of the process, voice included."""

    cast: str
    takes: int
    repeat: int
    ttfa_cold_s: float
    ttfa_s: float
    rtf: float
    peak_rss_mib: float | None
    vocalino: str
    python: str
    platform: str

    def tell(self, json_only: bool) -> None:
        values = asdict(self)
        if not json_only:
            rows = [
                [label, f"{values[name]:.3f}"]
                for name, label in _ROWS.items()
                if values[name] is not None
            ]
            print_table([f"{self.cast} cast, K={self.takes}", ""], rows)
        print_line(json.dumps(values))


def measure(session: Session, voice: CastVoice | None, takes: int, repeat: int) -> Measured:
    """Act one line again and again.

    Raises:
        GenerationFailed: a run made no take.
    """
    reference = voice.reference if voice else _designed(session)
    sample = built_in()[0]
    runs: list[Finished] = []
    for seed in range(repeat + 1):
        request = TakeRequest(
            Line(sample.line, sample.language), Direction(sample.direction), reference, takes, seed
        )
        runs.append(_finished(session, request))
    cold, warm = runs[0], runs[1:]
    return Measured(
        session.casting.name,
        takes,
        repeat,
        cold.ttfa_s or 0.0,
        statistics.median(r.ttfa_s or 0.0 for r in warm),
        statistics.median(r.rtf or 0.0 for r in warm),
        _peak_rss_mib(),
        __version__,
        platform.python_version(),
        platform.platform(),
    )


def _designed(session: Session) -> Reference:
    check_voiced(session.settings)
    line = Line(AUDITION[DEFAULT_LANGUAGE], DEFAULT_LANGUAGE)
    request = TakeRequest(line, Direction("a warm young woman"), takes=1)
    made = [e.take for e in run(request, session.engines) if isinstance(e, TakeReady)]
    if not made:
        raise GenerationFailed("no voice could be designed to measure with: give one with --ref")
    return Reference(made[0].audio, "designed")


def _finished(session: Session, request: TakeRequest) -> Finished:
    last = [e for e in run(request, session.engines) if isinstance(e, Finished)][0]
    if last.outcome != "complete":
        raise GenerationFailed(f"a run of the bench was {last.outcome}")
    return last


def _peak_rss_mib() -> float | None:
    """Linux counts in KiB, macOS in bytes, Windows doesn't."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
