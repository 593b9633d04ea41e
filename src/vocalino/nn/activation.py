"""Activations that give an element the same bits wherever it stands in a tensor."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def silu(x: Tensor) -> Tensor:
    """`x * sigmoid(x)`, of any shape.

    On the CPU torch's own rounds the tail of a vector differently from its body, and where the
    tail lies depends on the number of rows and of threads. Its `exp` treats both alike.
    """
    if x.device.type == "cpu" and x.dtype == torch.float32:
        return x / x.neg().exp_().add_(1.0)
    return F.silu(x)
