"""Root-mean-square normalisation, as Qwen3 rounds it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class RMSNorm(nn.Module):
    """`x / rms(x) * weight` over the last axis.

    Statistics are taken in float32 and rounded to the dtype of `x` before the weight is applied:
    in bfloat16 the other order gives other bits.
    """

    def __init__(self, dim: int, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.empty(dim))

    def forward(self, x: Tensor) -> Tensor:
        """[..., D] -> [..., D]"""
        normed = F.rms_norm(x.float(), x.shape[-1:], eps=self.eps)
        return normed.to(x.dtype) * self.weight
