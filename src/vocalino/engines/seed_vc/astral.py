"""ASTRAL: HuBERT features -> content indices; ConvNeXt V2 and a sign quantiser (spec 4.3, 4.4).

The wide quantiser's indices keep accent and timing, the narrow one's little more than what is
said. Both encoders are built alike.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocalino.engines.seed_vc.config import AstralConfig

KERNEL = 7
NORM_EPS = 1e-6
GRN_EPS = 1e-6


class GlobalResponseNorm(nn.Module):
    """Scales channels by their strength over the whole window, against their mean."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.empty(1, 1, width))
        self.beta = nn.Parameter(torch.empty(1, 1, width))

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, C]; frames outside a row must be zero."""
        strength = torch.linalg.vector_norm(x, dim=1, keepdim=True)  # [B, 1, C]
        relative = strength / (strength.mean(dim=-1, keepdim=True) + GRN_EPS)
        return torch.addcmul(self.beta + x, self.gamma, x * relative)


class Block(nn.Module):
    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv1d(width, width, KERNEL, padding=KERNEL // 2, groups=width)
        self.norm = nn.LayerNorm(width, eps=NORM_EPS)
        self.pwconv1 = nn.Linear(width, hidden)
        self.grn = GlobalResponseNorm(hidden)
        self.pwconv2 = nn.Linear(hidden, width)

    def forward(self, x: Tensor, valid: Tensor | None) -> Tensor:
        """[B, T, C]; `valid` [B, T, 1] is false behind a row's end, None: all rows are whole."""
        seen = x if valid is None else x * valid
        y = self.dwconv(seen.transpose(1, 2)).transpose(1, 2)
        y = F.gelu(self.pwconv1(self.norm(y)))
        y = self.grn(y if valid is None else y * valid)
        return x + self.pwconv2(y)


class Encoder(nn.Module):
    def __init__(self, config: AstralConfig) -> None:
        super().__init__()
        self.input_projection = nn.Conv1d(config.inputs, config.width, 1)
        self.blocks = nn.ModuleList(
            Block(config.width, config.hidden) for _ in range(config.blocks)
        )

    def forward(self, features: Tensor, valid: Tensor | None = None) -> Tensor:
        """[B, T, H] -> [B, T, C]"""
        x = self.input_projection(features.transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            x = block(x, valid)
        return x


class Quantizer(nn.Module):
    """A frame's code: one bit for each sign, the first the most significant."""

    def __init__(self, width: int, bits: int) -> None:
        super().__init__()
        self.project_in = nn.Linear(width, bits)

    def forward(self, x: Tensor) -> Tensor:
        """[..., C] -> indices [...]; zero counts as negative."""
        signs = self.project_in(x) > 0
        weights = 1 << torch.arange(signs.shape[-1] - 1, -1, -1, device=x.device)
        return (signs * weights).sum(dim=-1)


class Astral(nn.Module):
    def __init__(self, config: AstralConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.quantizer = Quantizer(config.width, config.bits)

    def forward(self, features: Tensor, valid: Tensor | None = None) -> Tensor:
        """HuBERT features [B, T, H] -> indices [B, T], 50 a second."""
        return self.quantizer(self.encoder(features, valid))
