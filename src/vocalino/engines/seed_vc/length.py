"""Length regulators: content indices -> what conditions the next network (spec section 6)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocalino.engines.seed_vc.config import RegulatorConfig


class LengthRegulator(nn.Module):
    """The CFM's: indices of one rate stretched onto mel frames, and smoothed."""

    def __init__(self, config: RegulatorConfig) -> None:
        super().__init__()
        self.embedding = nn.Embedding(config.codes, config.width)
        stages: list[nn.Module] = []
        for _ in range(config.stages):
            conv = nn.Conv1d(config.width, config.width, 3, padding=1)
            stages += [conv, nn.GroupNorm(1, config.width), nn.Mish()]
        self.model = nn.Sequential(*stages)

    def forward(self, indices: Tensor, frames: int) -> Tensor:
        """Indices [N] of a whole utterance -> its condition [frames, C].

        One utterance at a time: the group norms see all of it, and padding would be seen too.
        """
        stretched = self.embedding(indices[nearest(len(indices), frames, indices.device)])
        return self.model(stretched.t().unsqueeze(0)).squeeze(0).t()


class TokenEmbedding(nn.Module):
    """The AR model's: a lookup, no stretching."""

    def __init__(self, config: RegulatorConfig) -> None:
        super().__init__()
        self.embedding = nn.Embedding(config.codes, config.width)

    def forward(self, indices: Tensor) -> Tensor:
        """[N] -> [N, C]"""
        return F.embedding(indices, self.embedding.weight)


def nearest(inputs: int, outputs: int, device: torch.device) -> Tensor:
    """Which of `inputs` frames each of `outputs` frames takes: [outputs].

    In float32, as the reference does it: exact arithmetic gives other frames for some lengths.
    """
    scale = torch.tensor(inputs, dtype=torch.float32) / torch.tensor(outputs, dtype=torch.float32)
    at = torch.arange(outputs, dtype=torch.float32) * scale
    return at.floor().long().clamp(max=inputs - 1).to(device)
