"""Checkpoints on disk: which files one has, where they lie, and whether they are whole.

A `Pin` says what a checkpoint is: a repository at one commit, and the size and SHA-256 of each
file. Its files lie in a folder that the user names, or in the cache of `huggingface_hub`, which
does the downloading (the extra `studio`). Nothing from the hub is used before its hash has been
checked; what was found whole is written down under `<home>/models`, so that gigabytes are hashed
once and not at each start.
"""

from __future__ import annotations

import errno
import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any

from vocalino import __version__, strict_json
from vocalino.errors import CheckpointError, EngineUnavailable, LibraryError, RequestError
from vocalino.files import write_whole
from vocalino.settings import Settings, switches

INSTALL = "pip install 'vocalino[studio]'"
BLOCK_BYTES = 4 << 20

Tick = Callable[[int], None]
"""Told how many bytes more have been hashed."""


@dataclass(frozen=True)
class PinnedFile:
    """A file of a checkpoint, by its path in the repository."""

    path: str
    bytes: int
    sha256: str | None
    """In hex. None where nobody has published it: then the size alone is checked."""


@dataclass(frozen=True)
class Pin:
    """A checkpoint to the byte; `setting` is the field of Settings that names a folder instead."""

    name: str
    repo: str
    revision: str
    files: tuple[PinnedFile, ...]
    licence: str
    setting: str

    @property
    def source(self) -> str:
        return f"{self.repo}@{self.revision}"

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)

    @property
    def elsewhere(self) -> str:
        """The way out when the hub is none, for messages."""
        variable = switches()[self.setting].variable
        return f"name a folder that holds the checkpoint: --model FOLDER or {variable}"


@dataclass(frozen=True)
class Checked:
    """A file that was looked at; `problem` is empty when it is whole."""

    file: PinnedFile
    path: Path | None
    problem: str

    @property
    def ok(self) -> bool:
        return not self.problem


@dataclass(frozen=True)
class Presence:
    """What is there of a checkpoint, without reading it."""

    folder: Path | None
    missing: tuple[str, ...]
    verified: bool
    """Every file has been hashed since it last changed."""

    @property
    def state(self) -> str:
        if not self.missing:
            return "present"
        return "absent" if self.folder is None else "partly"


def locate(pin: Pin, settings: Settings) -> Path:
    """The folder of a checkpoint, fetched first if it has to be.

    A folder that the user names is taken as it is, if its files are there: it may be a fine-tune.

    Raises:
        CheckpointError: the named folder lacks files, or a file from the hub is damaged.
        EngineUnavailable: files have to be fetched and can't be; the message says why.
        LibraryError: what was checked can't be written down.
    """
    named = named_folder(pin, settings)
    if named is None:
        return _whole(pin, settings, mend=False)
    missing = [file.path for file in pin.files if not (named / file.path).is_file()]
    if missing:
        there = "lacks" if named.is_dir() else "is no folder: it should hold"
        raise CheckpointError(
            f"{named} (from {settings.sources.get(pin.setting, 'the caller')}) {there} "
            f"{', '.join(missing)}. Name a folder with the layout of {pin.source}, or none, to "
            "take that"
        )
    return named


def pull(pin: Pin, settings: Settings, tick: Tick | None = None) -> Path:
    """Fetch what the hub's cache lacks, and anew what is damaged there; the folder it is in.

    Raises:
        CheckpointError: what the hub sends is not what was pinned.
        EngineUnavailable: files have to be fetched and can't be; the message says why.
        LibraryError: what was checked can't be written down.
    """
    return _whole(pin, settings, mend=True, tick=tick)


def look(pin: Pin, settings: Settings) -> Presence:
    """What is there, in the named folder or the hub's cache. Nothing is fetched or read.

    Raises:
        EngineUnavailable: where the cache is, only `huggingface_hub` knows, and it isn't there.
    """
    paths = _paths(pin, settings)
    seen = _seen(pin, settings)
    missing = tuple(file.path for file, path in zip(pin.files, paths, strict=True) if path is None)
    verified = not missing and all(
        path is not None and seen.get(str(path)) == _Seen.of(file, path)
        for file, path in zip(pin.files, paths, strict=True)
    )
    return Presence(_folder(pin, paths), missing, verified)


def verify(
    pin: Pin, settings: Settings, folder: Path | None = None, tick: Tick | None = None
) -> list[Checked]:
    """Read every file, in `folder` or where `look` finds it, and compare it with the pin.

    Raises:
        EngineUnavailable: where the cache is, only `huggingface_hub` knows, and it isn't there.
        LibraryError: what was checked can't be written down.
    """
    if folder is None:
        paths = _paths(pin, settings)
    else:
        paths = [folder.absolute() / file.path for file in pin.files]
    return _check(pin, paths, settings, tick, anew=True)


def named_folder(pin: Pin, settings: Settings) -> Path | None:
    """The folder that the user wants instead of the hub's, None when none is named."""
    named: str = getattr(settings, pin.setting)
    return Path(named).expanduser().absolute() if named else None


def _whole(pin: Pin, settings: Settings, *, mend: bool, tick: Tick | None = None) -> Path:
    """The folder in the hub's cache once all its files have passed; `mend` fetches bad ones."""
    wrong = _wrong(pin, settings, tick)
    wanted = [found for found in wrong if mend or found.path is None]
    if wanted:
        _fetch(pin, wanted, settings)
        wrong = _wrong(pin, settings, tick)
    if wrong:
        listed = "; ".join(f"{found.file.path} {found.problem}" for found in wrong)
        again = (
            "What the hub sends is not what was pinned: look at HF_ENDPOINT and the proxy"
            if mend
            else f"Fetch it again with: vocalino models pull {pin.name}"
        )
        raise CheckpointError(f"the checkpoint {pin.source} is damaged: {listed}. {again}")
    folder = _folder(pin, _cached(pin))
    assert folder is not None
    return folder


def _wrong(pin: Pin, settings: Settings, tick: Tick | None) -> list[Checked]:
    found = _check(pin, _cached(pin), settings, tick, anew=False)
    return [checked for checked in found if not checked.ok]


def _check(
    pin: Pin,
    paths: Sequence[Path | None],
    settings: Settings,
    tick: Tick | None,
    *,
    anew: bool,
) -> list[Checked]:
    """Check each file, `anew` even those that passed before, and write down which passed."""
    seen = _seen(pin, settings)
    found: list[Checked] = []
    passed: dict[str, _Seen] = {}
    for file, path in zip(pin.files, paths, strict=True):
        if path is None or not path.is_file():
            found.append(Checked(file, None, "is missing"))
            continue
        now = _Seen.of(file, path)  # before it is read: a change meanwhile shows the next time
        known = not anew and seen.get(str(path)) == now
        problem = "" if known else _problem(file, path, tick)
        found.append(Checked(file, path, problem))
        if not problem:
            passed[str(path)] = now
    others = {path: entry for path, entry in seen.items() if path not in map(str, paths)}
    if {**others, **passed} != seen:
        _write_seen(pin, settings, {**others, **passed})
    return found


def _problem(file: PinnedFile, path: Path, tick: Tick | None) -> str:
    try:
        size = path.stat().st_size
        if size != file.bytes:
            return f"has {size} bytes instead of {file.bytes}"
        if file.sha256 is None:
            return ""
        digest = hashlib.sha256()
        with path.open("rb") as opened:
            while block := opened.read(BLOCK_BYTES):
                digest.update(block)
                if tick:
                    tick(len(block))
    except OSError as error:
        return f"can't be read ({error.strerror or error})"
    same = digest.hexdigest() == file.sha256
    return "" if same else f"has the SHA-256 {digest.hexdigest()} instead of {file.sha256}"


@dataclass(frozen=True)
class _Seen:
    """How a file that passed looked then; another size, time or pin makes it unseen again."""

    bytes: int
    mtime_ns: int
    sha256: str | None

    @classmethod
    def of(cls, file: PinnedFile, path: Path) -> _Seen:
        status = path.stat()
        return cls(status.st_size, status.st_mtime_ns, file.sha256)


@dataclass(frozen=True)
class _Record:
    verified: Mapping[str, _Seen]


def _record_path(pin: Pin, settings: Settings) -> Path:
    return settings.home / "models" / f"{pin.name}.json"


def _seen(pin: Pin, settings: Settings) -> Mapping[str, _Seen]:
    """Path -> how it looked when it passed. A record that is gone or unreadable holds nothing:
    the files are hashed again, and no harm is done."""
    try:
        text = _record_path(pin, settings).read_bytes()
        return strict_json.read(_Record, strict_json.parse(text, "record"), "record").verified
    except (OSError, RequestError):
        return {}


def _write_seen(pin: Pin, settings: Settings, seen: Mapping[str, _Seen]) -> None:
    there = {path: entry for path, entry in seen.items() if Path(path).is_file()}
    target = _record_path(pin, settings)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, strict_json.dump(strict_json.write(_Record(there))).encode())
    except OSError as error:
        raise LibraryError(
            f"can't write {target}: {error.strerror or error}; set VOCALINO_HOME to a folder that "
            "can be written"
        ) from error


def _library() -> Any:
    """`huggingface_hub`, which only the extra brings.

    Raises:
        EngineUnavailable: it is not installed.
    """
    try:
        library = import_module("huggingface_hub")
        for part in ("constants", "errors"):  # the package knows a part once it is imported
            import_module(f"huggingface_hub.{part}")
    except ImportError:
        raise EngineUnavailable(
            f"checkpoints are fetched and kept by huggingface_hub, which is not there: {INSTALL}"
        ) from None
    return library


def _paths(pin: Pin, settings: Settings) -> list[Path | None]:
    named = named_folder(pin, settings)
    if named is None:
        return _cached(pin)
    paths = [named / file.path for file in pin.files]
    return [path if path.is_file() else None for path in paths]


def _cached(pin: Pin) -> list[Path | None]:
    """Where the files of a checkpoint lie in the hub's cache, None for those that don't."""
    library = _library()
    found = [
        library.try_to_load_from_cache(pin.repo, file.path, revision=pin.revision)
        for file in pin.files
    ]
    return [Path(path) if isinstance(path, str) else None for path in found]


def _folder(pin: Pin, paths: Sequence[Path | None]) -> Path | None:
    """The folder that the paths of a checkpoint's files share."""
    for file, path in zip(pin.files, paths, strict=True):
        if path is not None:
            return path.parents[len(PurePosixPath(file.path).parts) - 1]
    return None


def _fetch(pin: Pin, wanted: Sequence[Checked], settings: Settings) -> None:
    """Download `wanted` into the hub's cache; progress and broken connections are its business.

    Raises:
        EngineUnavailable: offline, no room, no network, no such revision, no access.
    """
    library = _library()
    if settings.offline or library.constants.HF_HUB_OFFLINE:
        raise EngineUnavailable(
            f"the checkpoint {pin.source} is not whole here and nothing is fetched in offline mode "
            f"({', '.join(found.file.path for found in wanted)}). Run `vocalino models pull "
            f"{pin.name}` with a network, or {pin.elsewhere}"
        )
    _require_room(pin, wanted, Path(library.constants.HF_HUB_CACHE))
    for found in wanted:
        try:
            if found.path is not None:  # damaged: an entry that stays may go on naming old bytes
                found.path.unlink()
            library.hf_hub_download(
                pin.repo,
                found.file.path,
                revision=pin.revision,
                library_name="vocalino",
                library_version=__version__,
                force_download=found.path is not None,
            )
        # The disk, the hub, its HTTP client (httpx, or httpx2 since version 2), the accelerated
        # transfer: no base class unites what they raise.
        except (OSError, ValueError, RuntimeError, library.errors.HTTPError) as error:
            raise EngineUnavailable(_why(pin, found.file, error, library)) from error


def _require_room(pin: Pin, wanted: Sequence[Checked], cache: Path) -> None:
    needed = sum(found.file.bytes for found in wanted)
    folder = cache.expanduser()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise EngineUnavailable(
            f"{pin.source} needs {needed / 1e9:.1f} GB more in {cache}, where {free / 1e9:.1f} GB "
            "are free: make room, or set HF_HOME to a folder on another disk"
        )


def _why(pin: Pin, file: PinnedFile, error: Exception, library: Any) -> str:
    """A failed download in words, with the way out."""
    endpoint, errors = library.constants.ENDPOINT, library.errors
    cause = error.__cause__ or error
    status = getattr(getattr(cause, "response", None), "status_code", None)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return (
            f"the disk is full: {file.path} of {pin.source} takes {file.bytes / 1e9:.1f} GB. Make "
            "room, or set HF_HOME to a folder on another disk"
        )
    if isinstance(cause, errors.RepositoryNotFoundError) or status in (401, 403):
        return (
            f"{endpoint} gives no access to {pin.repo} (HTTP {status}): it is gone, private or "
            f"gated. If {endpoint}/{pin.repo} opens in a browser, log in with `hf auth login`, "
            f"or {pin.elsewhere}"
        )
    if status == 404:
        return (
            f"{endpoint} has no {file.path} in {pin.source} (HTTP 404): if HF_ENDPOINT names a "
            f"mirror, take another, or {pin.elsewhere}"
        )
    said = next(iter(str(cause).strip().splitlines()), type(cause).__name__)
    return (
        f"can't fetch {file.path} of {pin.source} from {endpoint}: {said}. Look at the network "
        f"and the proxy and run `vocalino models pull {pin.name}` again (complete files are "
        f"kept), or {pin.elsewhere}"
    )
