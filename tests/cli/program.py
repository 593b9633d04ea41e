"""How the tests of the command line run it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FAKES = Path(__file__).parent.parent / "fakes.py"
FAKE_ENGINES = {
    "VOCALINO_DESIGNER": f"{FAKES}:FakeDesigner",
    "VOCALINO_CONVERTER": f"{FAKES}:FakeConverter",
    "VOCALINO_ENCODER": f"{FAKES}:FakeEncoder",
}


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Vocalino = Callable[..., Ran]
