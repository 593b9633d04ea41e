"""Files addressed by what they hold: `<first two hex digits>/<SHA-256><suffix>`.

A file is complete from the moment its name exists: it is written under another name, flushed to
the disk and renamed. It is in use when the view `used_blobs` names it. The order is always file
first, row second, and the reverse for deleting: a crash in between leaves a file that no row
names, which `sweep` removes. Files are only ever removed under the database's write lock, and
who adds a row looks under that lock whether its file is (still) there.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import sqlite3
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from vocalino.errors import LibraryError
from vocalino.library.db import Database

_NAME = re.compile(r"([0-9a-f]{64})(\.[a-z0-9]{1,8})")
_PARTIAL = ".part"


class Blobs:
    """The files under `folder`, and which of them `database` has in use."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self._database = database

    def put(self, data: bytes, suffix: str) -> str:
        """Store `data`; its name is the SHA-256 in hex followed by `suffix` (such as ".wav").

        Returns once the file is on the disk. Putting the same bytes again costs a read.

        Raises:
            LibraryError: the disk is full, or the folder can't be written.
        """
        name = hashlib.sha256(data).hexdigest() + suffix
        path = self.path(name)
        with _in_words("write", path):
            if self._holds(path, data):
                os.utime(path)  # begins its grace anew, should no row name it yet
            else:
                _write(path, data)
        return name

    def path(self, name: str) -> Path:
        """Where the blob lies, whether or not it is there."""
        if not _NAME.fullmatch(name):
            raise LibraryError(f"{name!r} is not the name of a blob")
        return self.folder / name[:2] / name

    def has(self, name: str) -> bool:
        return self.path(name).is_file()

    def read(self, name: str) -> bytes:
        """The bytes, checked against their name.

        Raises:
            LibraryError: the file is missing, unreadable or damaged; the message names it.
        """
        path = self.path(name)
        with _in_words("read", path):
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                raise LibraryError(f"{path} is missing: restore it from a copy") from None
        if hashlib.sha256(data).hexdigest() != name[:64]:
            raise LibraryError(f"{path} is damaged: its bytes no longer match its name")
        return data

    def keep(self, name: str, data: bytes, suffix: str) -> None:
        """Inside a write transaction that is about to name the blob: put it again if a sweep
        took it since."""
        if not self.has(name):
            self.put(data, suffix)

    def release(self, names: Iterable[str]) -> None:
        """Remove those of `names` that no row uses any more; call it after the commit."""
        with self._database.write() as connection:
            for name in set(names):
                if not _used(connection, name):
                    self._remove(self.path(name))

    def sweep(self, grace_s: float) -> list[Path]:
        """Remove files that no row uses and unfinished writes, when older than `grace_s`.

        The grace leaves alone what another process is about to name. Returns what was removed.
        """
        used = set(self._used_names())
        old = [p for p in self._files() if p.name not in used and _age_s(p) > grace_s]
        removed: list[Path] = []
        with self._database.write() as connection:
            for path in old:
                # looked at again under the lock: it may have been put anew or named since
                if _age_s(path) > grace_s and not _used(connection, path.name):
                    self._remove(path)
                    removed.append(path)
        return removed

    def problems(self) -> list[str]:
        """Missing and damaged files that rows use, in words. Reads every one of them."""
        found: list[str] = []
        for name in self._used_names():
            try:
                self.read(name)
            except LibraryError as error:
                found.append(str(error))
        return found

    def _used_names(self) -> list[str]:
        with self._database.read() as connection:
            rows = connection.execute("SELECT DISTINCT name FROM used_blobs").fetchall()
        return [row[0] for row in rows]

    def _files(self) -> list[Path]:
        """Ours only: whatever else someone laid in the folder is not touched."""
        with _in_words("read", self.folder):
            return [
                path
                for path in self.folder.glob("??/*")
                if _NAME.fullmatch(path.name.removesuffix(_PARTIAL).partition("~")[0])
            ]

    @staticmethod
    def _holds(path: Path, data: bytes) -> bool:
        # compared in full: bytes at hand are the chance to mend a file that went bad
        try:
            return path.read_bytes() == data
        except FileNotFoundError:
            return False

    @staticmethod
    def _remove(path: Path) -> None:
        with _in_words("remove", path):
            path.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        _sync_folder(path.parent.parent)
    partial = path.with_name(f"{path.name}~{secrets.token_hex(8)}{_PARTIAL}")
    try:
        with open(partial, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # a folder can't be opened there, and NTFS journals its entries
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _used(connection: sqlite3.Connection, name: str) -> bool:
    row = connection.execute("SELECT 1 FROM used_blobs WHERE name = ? LIMIT 1", (name,)).fetchone()
    return row is not None


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:  # gone meanwhile: as young as can be
        return 0.0


@contextmanager
def _in_words(verb: str, path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise LibraryError(
            f"can't {verb} {path}: {error.strerror or error}; "
            "look at the free space of the disk and the rights of the folder"
        ) from error
