"""The code predictor: the other code groups of a frame, one after another.

Spec section 7; upstream calls it the MTP or sub-talker. It starts anew at every frame, from the
talker's hidden state and the frame's first code. Upstream projects each code's embedding from the
talker's width to its own at every step; the tables are projected once here, when they are loaded.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocalino.engines.qwen3_tts.config import CodePredictorConfig
from vocalino.nn.cpu_decoder import CpuDecoder
from vocalino.nn.decoder import Decoder, DecoderShape
from vocalino.nn.kv_cache import KVCache, Run, Window
from vocalino.nn.rope import Rotation, rotation
from vocalino.nn.sampling import Sampling, pick


class CodePredictor(nn.Module):
    projected: Tensor  # [(K - 1) V, W], `codec_embedding` in the predictor's own width
    projected_first: Tensor  # [V of the talker, W]
    offsets: Tensor  # [K - 1]
    turned: Rotation  # of all positions, each part [K, D]

    def __init__(self, config: CodePredictorConfig, talker_width: int) -> None:
        super().__init__()
        self.config = config
        self.groups = config.num_code_groups
        shape = DecoderShape(
            layers=config.num_hidden_layers,
            width=config.hidden_size,
            hidden=config.intermediate_size,
            heads=config.num_attention_heads,
            kv_heads=config.num_key_value_heads,
            head_dim=config.head_dim,
            eps=config.rms_norm_eps,
        )
        self.small_to_mtp_projection = (
            nn.Linear(talker_width, config.hidden_size)
            if config.hidden_size != talker_width
            else nn.Identity()
        )
        # Groups 1 to K - 1, one table behind the other: code c of group g is row (g - 1) V + c.
        rows = (self.groups - 1) * config.vocab_size
        self.codec_embedding = nn.Embedding(rows, talker_width)
        self.model = Decoder(shape)
        self.lm_head = nn.ModuleList(
            nn.Linear(config.hidden_size, config.vocab_size, bias=False)
            for _ in range(self.groups - 1)
        )
        self.register_buffer("projected", None, persistent=False)
        self.register_buffer("projected_first", None, persistent=False)
        self.register_buffer("offsets", None, persistent=False)

    def finish(self, first_codes: Tensor) -> None:
        """Project the tables. To be called once, when the weights are in place.

        Args:
            first_codes: the talker's embeddings [V, talker width] of the frame's first code.
        """
        self.model.finish()
        self.projected_first = self.small_to_mtp_projection(first_codes).detach()
        self.projected = self.small_to_mtp_projection(self.codec_embedding.weight).detach()
        groups = torch.arange(self.groups - 1, device=first_codes.device)
        self.offsets = groups * self.config.vocab_size  # [K - 1]
        positions = torch.arange(self.groups, device=first_codes.device)
        self.turned = rotation(
            positions, self.config.head_dim, self.config.rope_theta, first_codes.dtype
        )

    @cached_property
    def _quick(self) -> CpuDecoder | None:
        """Looked for at the first step: then the linear layers are what they will be."""
        return CpuDecoder.of(self.model)

    def cache(self, rows: int) -> KVCache:
        """A cache for one frame of `rows` rows; it can be used again for every frame."""
        shape, weight = self.model.shape, self.codec_embedding.weight
        return KVCache.empty(
            shape.layers,
            rows,
            shape.kv_heads,
            self.groups,
            shape.head_dim,
            device=weight.device,
            dtype=weight.dtype,
        )

    def first_logits(self, hidden: Tensor, first: Tensor, cache: KVCache) -> Tensor:
        """From the talker's hidden [B, W] and the first codes [B] to float32 logits [B, V]."""
        x = torch.stack(
            (self.small_to_mtp_projection(hidden), F.embedding(first, self.projected_first)), dim=1
        )
        return self.lm_head[0](self._start(x, cache)).float()

    def next_logits(self, group: int, code: Tensor, cache: KVCache) -> Tensor:
        """From the codes [B] of `group` to the logits [B, V] of the group behind it."""
        x = F.embedding(code + (group - 1) * self.config.vocab_size, self.projected)
        # Behind the hidden state and the first code.
        return self.lm_head[group](self._step(x, group + 1, cache)).float()

    def _start(self, x: Tensor, cache: KVCache) -> Tensor:
        """Positions 0 and 1 of the first rows -> the hidden state of the second.

        [B, 2, W] -> [B, W]
        """
        rows = len(x)
        if self._quick:
            places, positions = np.arange(rows).repeat(2), np.tile((0, 1), rows)
            out = self._quick.step(x.flatten(0, 1), places, positions, self.turned, cache)
            return out[1::2]
        start = Rotation(self.turned.cos[:2, None], self.turned.sin[:2, None])  # [2, 1, D]
        return self.model.whole(x, start, cache.rows(0, rows))[:, 1]

    def _step(self, x: Tensor, position: int, cache: KVCache) -> Tensor:
        """The next position of the first rows. [B, W] -> [B, W]"""
        rows = len(x)
        if self._quick:
            positions = np.full(rows, position)
            return self._quick.step(x, np.arange(rows), positions, self.turned, cache)
        turned = self.turned.at(slice(position, position + 1))  # [1, D]
        window = Window(position, (Run(0, rows, position + 1),))
        return self.model.step(x.unsqueeze(1), turned, cache.rows(0, rows), window)[:, 0]

    def predict(
        self, hidden: Tensor, first: Tensor, sampling: Sampling, uniforms: Tensor, cache: KVCache
    ) -> Tensor:
        """All codes of a frame.

        Args:
            hidden: [B, W], the talker's final-normed hidden state that the first code came from.
            first: [B], the first codes.
            uniforms: [B, K], a random number for each group; that of group 0 is not used.
            cache: of B rows or more.

        Returns:
            [B, K] codes, the first among them.
        """
        codes = [first]
        logits = self.first_logits(hidden, first, cache)
        for group in range(1, self.groups):
            codes.append(pick(logits, sampling, uniforms[:, group]))
            if group < self.groups - 1:
                logits = self.next_logits(group, codes[-1], cache)
        return torch.stack(codes, dim=1)

    def embed(self, codes: Tensor) -> Tensor:
        """The sum of the embeddings of groups 1 to K - 1. [B, K] -> [B, talker width]"""
        return self.codec_embedding(codes[:, 1:] + self.offsets).sum(dim=1)
