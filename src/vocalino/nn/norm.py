"""Root-mean-square normalisation, as Qwen3 rounds it."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def normed(x: Tensor, eps: float) -> Tensor:
    """`x` over the root of its mean square, in float32, rounded to the dtype of `x`. [..., D]

    On the CPU torch's own falls apart into three times as many operations.
    """
    if x.device.type != "cpu":
        return F.rms_norm(x.float(), x.shape[-1:], eps=eps).to(x.dtype)
    wide = x.float()
    length = torch.linalg.vector_norm(wide, dim=-1, keepdim=True)
    mean = torch.addcmul(_on_cpu(eps), length, length, value=1.0 / x.shape[-1])
    return (wide * mean.rsqrt_()).to(x.dtype)


@cache
def _on_cpu(eps: float) -> Tensor:
    """As a tensor, which `addcmul` takes quicker than a number."""
    return torch.tensor(eps, device="cpu")


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
        return normed(x, self.eps) * self.weight
