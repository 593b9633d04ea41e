"""The codec's first stage: codes to vectors (spec section 9, step 1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocalino.engines.qwen3_tts.config import CodecConfig

SMALLEST_USAGE = 1e-5  # of codebook rows that training hardly met


class Quantizer(nn.Module):
    """One codebook a code group: the first carries meaning, the others together the sound.

    A file keeps the sums and counts that training averaged each codebook from; `finish` makes the
    codebooks of them and lets them go.
    """

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.codebook_size = config.codebook_size
        rows, width = config.num_quantizers * config.codebook_size, config.codebook_dim // 2
        # All groups in one, one codebook behind the other.
        self.embedding_sum = nn.Parameter(torch.empty(rows, width))
        self.cluster_usage = nn.Parameter(torch.empty(rows))
        self.first_proj = nn.Parameter(torch.empty(config.codebook_dim, width, 1))
        self.rest_proj = nn.Parameter(torch.empty(config.codebook_dim, width, 1))
        self.register_buffer("codebooks", None, persistent=False)  # [K * V, D]
        self.register_buffer("offsets", None, persistent=False)  # [K, 1], where each begins

    def finish(self) -> None:
        """To be called once, with the weights in place and still in float32."""
        usage = self.cluster_usage.detach().clamp_min(SMALLEST_USAGE).unsqueeze(1)
        self.codebooks = self.embedding_sum.detach() / usage
        begins = torch.arange(0, usage.shape[0], self.codebook_size, device=usage.device)
        self.offsets = begins.unsqueeze(1)
        del self.embedding_sum, self.cluster_usage

    def forward(self, codes: Tensor) -> Tensor:
        """[B, K, T] -> [B, T, C]"""
        vectors = F.embedding(codes + self.offsets, self.codebooks)  # [B, K, T, D]
        first = F.linear(vectors[:, 0], self.first_proj.squeeze(-1))
        return first + F.linear(vectors[:, 1:].sum(dim=1), self.rest_proj.squeeze(-1))
