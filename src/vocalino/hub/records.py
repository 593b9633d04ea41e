"""What was found whole, in `<home>/models`: gigabytes are hashed once and not at each start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vocalino import strict_json
from vocalino.errors import LibraryError, RequestError
from vocalino.files import write_whole
from vocalino.hub.pins import Pin, PinnedFile
from vocalino.settings import Settings


@dataclass(frozen=True)
class Seen:
    """How a file that passed looked then; another size, time or pin makes it unseen again."""

    bytes: int
    mtime_ns: int
    sha256: str | None

    @classmethod
    def of(cls, file: PinnedFile, path: Path) -> Seen:
        status = path.stat()
        return cls(status.st_size, status.st_mtime_ns, file.sha256)


@dataclass(frozen=True)
class _Record:
    verified: Mapping[str, Seen]


def read(pin: Pin, settings: Settings) -> Mapping[str, Seen]:
    """Path -> how it looked when it passed. A record that is gone or unreadable holds nothing:
    the files are hashed again, and no harm is done."""
    try:
        text = _path(pin, settings).read_bytes()
        return strict_json.read(_Record, strict_json.parse(text, "record"), "record").verified
    except (OSError, RequestError):
        return {}


def write(pin: Pin, settings: Settings, seen: Mapping[str, Seen]) -> None:
    """Put `seen` in the place of what was written down before, without files that are gone.

    Raises:
        LibraryError: the home folder can't be written.
    """
    there = {path: entry for path, entry in seen.items() if Path(path).is_file()}
    target = _path(pin, settings)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, strict_json.dump(strict_json.write(_Record(there))).encode())
    except OSError as error:
        raise LibraryError(
            f"can't write {target}: {error.strerror or error}; set VOCALINO_HOME to a folder that "
            "can be written"
        ) from error


def _path(pin: Pin, settings: Settings) -> Path:
    return settings.home / "models" / f"{pin.name}.json"
