"""What a checkpoint is, to the byte where somebody has published that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vocalino.settings import switches


@dataclass(frozen=True)
class PinnedFile:
    """A file of a checkpoint, by its path in the repository.

    What nobody has published is None, and locked at the first fetch: see `locks`.
    """

    path: str
    bytes: int | None
    sha256: str | None
    """In hex."""
    instead: str = ""
    """Another file that does as well in a folder of the user's."""
    locked: bool = False
    """The SHA-256 was not published, and comes from the first fetch."""


@dataclass(frozen=True)
class Pin:
    """A checkpoint at one commit; `setting` is the field of Settings that names a folder instead.

    Several checkpoints can share a setting: each has a `subfolder` of the folder then. `flag` is
    the option that means the setting on the command line.
    """

    name: str
    repo: str
    revision: str
    files: tuple[PinnedFile, ...]
    licence: str
    setting: str
    subfolder: str = ""
    flag: str = "--model"

    @property
    def source(self) -> str:
        return f"{self.repo}@{self.revision}"

    @property
    def bytes(self) -> int | None:
        """None while the size of a file is not known."""
        sizes = [file.bytes for file in self.files if file.bytes is not None]
        return sum(sizes) if len(sizes) == len(self.files) else None

    @property
    def elsewhere(self) -> str:
        """The way out when the hub is none, for messages."""
        where = f" in {self.subfolder}/" if self.subfolder else ""
        variable = switches()[self.setting].variable
        return f"name a folder that holds the checkpoint{where}: {self.flag} FOLDER or {variable}"

    def within(self, folder: Path) -> Path:
        """Where this checkpoint lies in a folder of the user's."""
        return folder / self.subfolder
