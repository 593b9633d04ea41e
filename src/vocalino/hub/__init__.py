"""Checkpoints on disk: which files one has, where they lie, and whether they are whole.

A `Pin` says what a checkpoint is: a repository at one commit, and the size and SHA-256 of each
file; what nobody has published of them is locked at the first fetch. Its files lie in a folder that
the user names, or in the cache of `huggingface_hub`, which does the downloading (the extra
`studio`). Nothing from the hub is used before its hash has been checked.

pins <- records (what was found whole) <- checking <- locks, fetching (the library) <- this file
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from vocalino.errors import CheckpointError
from vocalino.hub import locks, records
from vocalino.hub.checking import Checked, Tick, check
from vocalino.hub.fetching import INSTALL, cached, declared_sha256, fetch
from vocalino.hub.locks import known
from vocalino.hub.pins import Pin, PinnedFile
from vocalino.settings import Settings

__all__ = [
    "INSTALL",
    "Checked",
    "Pin",
    "PinnedFile",
    "Presence",
    "Tick",
    "conversions",
    "known",
    "locate",
    "look",
    "named_folder",
    "pull",
    "verify",
]


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
    there = _in_folder(pin, named)
    missing = [file.path for file, path in zip(pin.files, there, strict=True) if path is None]
    if missing:
        lacks = "lacks" if named.is_dir() else "is no folder: it should hold"
        raise CheckpointError(
            f"{named} (from {settings.sources.get(pin.setting, 'the caller')}) {lacks} "
            f"{', '.join(missing)}. Name a folder with the layout of {pin.source}"
            f"{f' in {pin.subfolder}/' if pin.subfolder else ''}, or none, to take that"
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
        CheckpointError: what was locked can't be read.
        EngineUnavailable: where the cache is, only `huggingface_hub` knows, and it isn't there.
    """
    pin = known(pin, settings)
    paths = _paths(pin, settings)
    seen = records.read(pin, settings)
    missing = tuple(file.path for file, path in zip(pin.files, paths, strict=True) if path is None)
    verified = not missing and all(
        path is not None and seen.get(str(path)) == records.Seen.of(file, path)
        for file, path in zip(pin.files, paths, strict=True)
    )
    return Presence(_folder(pin, paths), missing, verified)


def verify(
    pin: Pin, settings: Settings, folder: Path | None = None, tick: Tick | None = None
) -> list[Checked]:
    """Read every file, in `folder` or where `look` finds it, and compare it with the pin.

    A `folder` is one such as the setting of the pin names: with a subfolder if the pin has one.

    Raises:
        CheckpointError: what was locked can't be read.
        EngineUnavailable: where the cache is, only `huggingface_hub` knows, and it isn't there.
        LibraryError: what was checked can't be written down.
    """
    pin = known(pin, settings)
    if folder is None:
        paths = _paths(pin, settings)
    else:
        paths = _in_folder(pin, pin.within(folder.absolute()))
    return check(pin, paths, settings, tick, anew=True)


def conversions(settings: Settings) -> Path:
    """The folder for what engines make of checkpoints before they can read them."""
    return settings.home / "models" / "converted"


def named_folder(pin: Pin, settings: Settings) -> Path | None:
    """The folder that the user wants instead of the hub's, None when none is named."""
    named: str = getattr(settings, pin.setting)
    return pin.within(Path(named).expanduser().absolute()) if named else None


def _whole(pin: Pin, settings: Settings, *, mend: bool, tick: Tick | None = None) -> Path:
    """The folder in the hub's cache once all its files have passed; `mend` fetches bad ones."""
    wrong = _wrong(pin, settings, tick)
    wanted = [found for found in wrong if mend or found.path is None]
    if wanted:
        fetch(pin, wanted, settings)
        wrong = _wrong(pin, settings, tick)
    if wrong:
        listed = "; ".join(f"{found.file.path} {found.problem}" for found in wrong)
        again = (
            "What the hub sends is not what was pinned: look at HF_ENDPOINT and the proxy"
            if mend
            else f"Fetch it again with: vocalino models pull {pin.name}"
        )
        raise CheckpointError(f"the checkpoint {pin.source} is damaged: {listed}. {again}")
    folder = _folder(pin, cached(pin))
    assert folder is not None
    return folder


def _wrong(pin: Pin, settings: Settings, tick: Tick | None) -> list[Checked]:
    """Files in the cache that are missing or damaged; what is open of the others gets locked."""
    paths = cached(pin)
    exact = known(pin, settings)
    files = tuple(
        replace(file, sha256=declared_sha256(pin, file, path, settings))
        if file.sha256 is None and path is not None
        else file
        for file, path in zip(exact.files, paths, strict=True)
    )
    found = check(replace(exact, files=files), paths, settings, tick, anew=False)
    locks.lock(pin, found, settings)
    return [checked for checked in found if not checked.ok]


def _paths(pin: Pin, settings: Settings) -> list[Path | None]:
    named = named_folder(pin, settings)
    return cached(pin) if named is None else _in_folder(pin, named)


def _in_folder(pin: Pin, folder: Path) -> list[Path | None]:
    """Where the files lie in a folder of the user's, None for those that it lacks."""
    paths: list[Path | None] = []
    for file in pin.files:
        names = [file.path, file.instead] if file.instead else [file.path]
        paths.append(next((p for name in names if (p := folder / name).is_file()), None))
    return paths


def _folder(pin: Pin, paths: Sequence[Path | None]) -> Path | None:
    """The folder that the paths of a checkpoint's files share."""
    for file, path in zip(pin.files, paths, strict=True):
        if path is not None:
            return path.parents[len(PurePosixPath(file.path).parts) - 1]
    return None
