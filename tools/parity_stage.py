"""What a stage of a comparison is, and how two sets of numbers are compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Stage:
    """One line of the report. Without a tolerance the stage counts what is not equal."""

    name: str
    measure: Callable[[], float]
    tolerance: float = 0.0
    kind: str = ""
    """What is measured, where it is neither an error nor a count."""

    @property
    def measure_name(self) -> str:
        return self.kind or "max abs error" if self.tolerance else "differences"


def apart(ours: Tensor, theirs: Tensor) -> float:
    """The largest absolute difference; infinite if shapes differ or a number is none."""
    if ours.shape != theirs.shape:
        return float("inf")
    error = (ours.double() - theirs.double()).abs()
    return float("inf") if error.isnan().any() else float(error.max()) if error.numel() else 0.0


def unequal(ours: Any, theirs: Any) -> int:
    """How many places differ; all of them if there are not as many."""
    a, b = torch.as_tensor(ours), torch.as_tensor(theirs)
    return int((a != b).sum()) if a.shape == b.shape else max(a.numel(), b.numel(), 1)
