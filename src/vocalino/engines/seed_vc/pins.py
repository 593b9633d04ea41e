"""Which files the engine was written for (spec section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Folders:
    """Where the checkpoints of the converter lie."""

    seed_vc: Path
    astral: Path
    campplus: Path
    hubert: Path
    bigvgan: Path

    @classmethod
    def under(cls, root: Path) -> Self:
        """All in one folder, each in one of its own."""
        names = ("seed-vc", "astral", "campplus", "hubert", "bigvgan")
        return cls(*(root / name for name in names))
