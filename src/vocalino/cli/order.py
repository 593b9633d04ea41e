"""How a command's takes are to be made, and where they go."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from vocalino.request import ConvertOptions, DesignOptions


@dataclass(frozen=True)
class Order:
    """`title` heads the report; `keep` puts the takes into the library too."""

    folder: Path
    title: str
    seed: int
    takes: int = 1
    format: str = "wav"
    overwrite: bool = False
    report: bool = True
    keep: bool = True
    design: DesignOptions = field(default_factory=DesignOptions)
    convert: ConvertOptions = field(default_factory=ConvertOptions)
