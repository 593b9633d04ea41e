"""What a checkpoint is, to the byte."""

from __future__ import annotations

from dataclasses import dataclass

from vocalino.settings import switches


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
