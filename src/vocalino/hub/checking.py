"""Files on disk against their pin: size and SHA-256, read once unless they change.

A file whose SHA-256 is not known never passes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vocalino.hub import records
from vocalino.hub.pins import Pin, PinnedFile
from vocalino.settings import Settings

BLOCK_BYTES = 4 << 20

Tick = Callable[[int], None]
"""Told how many bytes more have been hashed."""


@dataclass(frozen=True)
class Checked:
    """A file that was looked at; `problem` is empty when it is whole."""

    file: PinnedFile
    path: Path | None
    problem: str

    @property
    def ok(self) -> bool:
        return not self.problem


def check(
    pin: Pin,
    paths: Sequence[Path | None],
    settings: Settings,
    tick: Tick | None,
    *,
    anew: bool,
) -> list[Checked]:
    """Check each file, `anew` even those that passed before, and write down which passed.

    Raises:
        LibraryError: it can't be written down.
    """
    seen = records.read(pin, settings)
    found: list[Checked] = []
    passed: dict[str, records.Seen] = {}
    for file, path in zip(pin.files, paths, strict=True):
        if path is None or not path.is_file():
            found.append(Checked(file, None, "is missing"))
            continue
        # Before it is read: a change meanwhile shows the next time.
        now = records.Seen.of(file, path)
        known = not anew and seen.get(str(path)) == now
        problem = "" if known else _problem(file, path, tick)
        found.append(Checked(file, path, problem))
        if not problem:
            passed[str(path)] = now
    others = {path: entry for path, entry in seen.items() if path not in map(str, paths)}
    if {**others, **passed} != seen:
        records.write(pin, settings, {**others, **passed})
    return found


def _problem(file: PinnedFile, path: Path, tick: Tick | None) -> str:
    if path.name == file.instead:
        return f"is not there; {file.instead}, in its place, is not what was pinned"
    origin = ", which was locked at the first fetch" if file.locked else ""
    try:
        size = path.stat().st_size
        if file.bytes not in (None, size):
            return f"has {size} bytes instead of {file.bytes}{origin}"
        if file.sha256 is None:
            return "can't be compared: no SHA-256 of it is published, and none was locked here"
        digest = hashlib.sha256()
        with path.open("rb") as opened:
            while block := opened.read(BLOCK_BYTES):
                digest.update(block)
                if tick:
                    tick(len(block))
    except OSError as error:
        return f"can't be read ({error.strerror or error})"
    same = digest.hexdigest() == file.sha256
    return "" if same else f"has the SHA-256 {digest.hexdigest()} instead of {file.sha256}{origin}"
