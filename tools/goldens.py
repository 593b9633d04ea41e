"""A folder of goldens: its JSON files and tensors, by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor

from vocalino.errors import CheckpointError


class GoldenFolder:
    def __init__(self, path: Path) -> None:
        self.path = path

    def json(self, name: str) -> Any:
        try:
            return json.loads((self.path / f"{name}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise CheckpointError(f"the goldens in {self.path} lack {name}.json") from None

    def tensors(self, name: str) -> dict[str, Tensor]:
        try:
            return load_file(self.path / f"{name}.safetensors")
        except FileNotFoundError:
            raise CheckpointError(f"the goldens in {self.path} lack {name}.safetensors") from None
