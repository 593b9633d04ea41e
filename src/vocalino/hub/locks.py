"""What no one has published of a file is locked at its first fetch, in `<home>/models`.

The hub says itself which SHA-256 a file has. What it said then, once the file had been compared
with it, is what the file is compared with from then on, whatever the hub says later. It is trust on
first use: weaker than a pin of the release, and said wherever checkpoints are listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from vocalino import strict_json
from vocalino.errors import CheckpointError, LibraryError, RequestError
from vocalino.files import write_whole
from vocalino.hub.checking import Checked
from vocalino.hub.pins import Pin, PinnedFile
from vocalino.settings import Settings


@dataclass(frozen=True)
class Lock:
    bytes: int
    sha256: str


@dataclass(frozen=True)
class _Locks:
    revision: str
    files: Mapping[str, Lock] = field(default_factory=dict[str, Lock])


def known(pin: Pin, settings: Settings) -> Pin:
    """The pin with what was locked filled in.

    Raises:
        CheckpointError: what was locked can't be read.
    """
    if all(_published(file) for file in pin.files):
        return pin
    locks = _read(pin, settings).files
    return replace(pin, files=tuple(_filled(file, locks.get(file.path)) for file in pin.files))


def lock(pin: Pin, found: Iterable[Checked], settings: Settings) -> None:
    """Lock what passed and is not published in full. What was locked before stays as it is.

    Raises:
        CheckpointError: what was locked can't be read.
        LibraryError: it can't be written down.
    """
    unpublished = {file.path for file in pin.files if not _published(file)}
    passed = {
        checked.file.path: Lock(checked.path.stat().st_size, checked.file.sha256)
        for checked in found
        if checked.ok and checked.path and checked.file.sha256 and checked.file.path in unpublished
    }
    if not passed:
        return
    before = _read(pin, settings).files
    if passed.keys() <= before.keys():
        return
    target = _path(pin, settings)
    locks = _Locks(pin.revision, {**passed, **before})
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, strict_json.dump(strict_json.write(locks)).encode())
    except OSError as error:
        raise LibraryError(
            f"can't write {target}: {error.strerror or error}; set VOCALINO_HOME to a folder that "
            "can be written"
        ) from error


def _published(file: PinnedFile) -> bool:
    return file.bytes is not None and file.sha256 is not None


def _filled(file: PinnedFile, locked: Lock | None) -> PinnedFile:
    if locked is None or _published(file):
        return file
    size = locked.bytes if file.bytes is None else file.bytes
    if file.sha256 is not None:
        return replace(file, bytes=size)
    return replace(file, bytes=size, sha256=locked.sha256, locked=True)


def _read(pin: Pin, settings: Settings) -> _Locks:
    """What was locked of this revision. A damaged file is an error: whether to trust the hub anew
    is for the user to decide."""
    path = _path(pin, settings)
    try:
        locks = strict_json.read(_Locks, strict_json.parse(path.read_bytes(), "lock"), "lock")
    except FileNotFoundError:
        return _Locks(pin.revision)
    except (OSError, RequestError) as error:
        raise CheckpointError(
            f"{path}, which says what was locked of {pin.name}, can't be read: {error}. If you "
            f"remove it, `vocalino models pull {pin.name}` locks anew what the hub declares now"
        ) from None
    return locks if locks.revision == pin.revision else _Locks(pin.revision)


def _path(pin: Pin, settings: Settings) -> Path:
    return settings.home / "models" / f"{pin.name}.lock.json"
