"""`huggingface_hub`: its cache, downloads into it, and what goes wrong there in words."""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from vocalino import __version__
from vocalino.errors import CheckpointError, EngineUnavailable
from vocalino.hub.checking import Checked
from vocalino.hub.pins import Pin, PinnedFile
from vocalino.settings import Settings

INSTALL = "pip install 'vocalino[studio]'"
_SHA256 = re.compile("[0-9a-f]{64}")


def cached(pin: Pin) -> list[Path | None]:
    """Where the files of a checkpoint lie in the hub's cache, None for those that don't.

    Raises:
        EngineUnavailable: `huggingface_hub` is not installed.
    """
    library = _library()
    found = [
        library.try_to_load_from_cache(pin.repo, file.path, revision=pin.revision)
        for file in pin.files
    ]
    return [Path(path) if isinstance(path, str) else None for path in found]


def fetch(pin: Pin, wanted: Sequence[Checked], settings: Settings) -> None:
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
    _require_room(pin, wanted, library)
    for found in wanted:
        with _in_words(pin, found.file, library):
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


def declared_sha256(pin: Pin, file: PinnedFile, path: Path, settings: Settings) -> str:
    """The SHA-256 that the hub gives of a file, which lies at `path` in its cache.

    Raises:
        CheckpointError: it gives none, or answers for another commit.
        EngineUnavailable: it has to be asked and can't be; the message says why.
    """
    library = _library()
    said = path.resolve().name  # the cache keeps a file under what was said when it came
    if _SHA256.fullmatch(said):
        return said
    # No link: a system that has none, where the cache keeps the file under its own name.
    if settings.offline or library.constants.HF_HUB_OFFLINE:
        raise EngineUnavailable(
            f"no SHA-256 of {file.path} in {pin.source} is published, and in offline mode the hub "
            f"can't be asked for it. Run `vocalino models pull {pin.name}` with a network once, or "
            f"{pin.elsewhere}"
        )
    asked = _metadata(pin, file, library)
    said = asked.etag or ""
    if asked.commit_hash != pin.revision or not _SHA256.fullmatch(said):
        raise CheckpointError(
            f"{library.constants.ENDPOINT} gives no SHA-256 of {file.path} in {pin.source}, and "
            "none is published: nothing could be checked. If HF_ENDPOINT names a mirror, take "
            f"another, or {pin.elsewhere}"
        )
    return said


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


def _metadata(pin: Pin, file: PinnedFile, library: Any) -> Any:
    """What the hub says of a file: size, ETag, commit."""
    with _in_words(pin, file, library):
        url = library.hf_hub_url(pin.repo, file.path, revision=pin.revision)
        return library.get_hf_file_metadata(
            url, library_name="vocalino", library_version=__version__
        )


@contextmanager
def _in_words(pin: Pin, file: PinnedFile, library: Any) -> Generator[None]:
    """Raises EngineUnavailable for all that can go wrong with the hub and the disk."""
    try:
        yield
    # The disk, the hub, its HTTP client (httpx, or httpx2 since version 2), the accelerated
    # transfer: no base class unites what they raise.
    except (OSError, ValueError, RuntimeError, library.errors.HTTPError) as error:
        raise EngineUnavailable(_why(pin, file, error, library)) from error


def _require_room(pin: Pin, wanted: Sequence[Checked], library: Any) -> None:
    cache = Path(library.constants.HF_HUB_CACHE)
    needed = sum(
        _metadata(pin, found.file, library).size or 0
        if found.file.bytes is None
        else found.file.bytes
        for found in wanted
    )
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
        takes = "" if file.bytes is None else f" takes {file.bytes / 1e9:.1f} GB and"
        return (
            f"the disk is full: {file.path} of {pin.source}{takes} does not fit. Make room, or set "
            "HF_HOME to a folder on another disk"
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
