"""The talker: from text and past frames to one hidden state and the first code of a frame.

Spec sections 5.2 (embeddings) and 6 (network). In speech synthesis the three axes of upstream's
multimodal rotation carry the same position, which makes it the ordinary rotation of `nn/rope.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from vocalino.engines.qwen3_tts.config import TalkerConfig
from vocalino.engines.qwen3_tts.prompt import Prompt
from vocalino.nn.activation import silu
from vocalino.nn.cpu_decoder import CpuDecoder
from vocalino.nn.decoder import Decoder, DecoderShape
from vocalino.nn.kv_cache import KVCache, Window
from vocalino.nn.rope import Rotation, rotation


class TextProjection(nn.Module):
    """Two layers from the width of text embeddings to that of the talker."""

    def __init__(self, text_width: int, width: int) -> None:
        super().__init__()
        self.linear_fc1 = nn.Linear(text_width, text_width)
        self.linear_fc2 = nn.Linear(text_width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear_fc2(silu(self.linear_fc1(x)))


class Talker(nn.Module):
    def __init__(self, config: TalkerConfig) -> None:
        super().__init__()
        self.config = config
        self.text_embedding = nn.Embedding(config.text_vocab_size, config.text_hidden_size)
        self.text_projection = TextProjection(config.text_hidden_size, config.hidden_size)
        self.codec_embedding = nn.Embedding(config.vocab_size, config.hidden_size)
        self.model = Decoder(
            DecoderShape(
                layers=config.num_hidden_layers,
                width=config.hidden_size,
                hidden=config.intermediate_size,
                heads=config.num_attention_heads,
                kv_heads=config.num_key_value_heads,
                head_dim=config.head_dim,
                eps=config.rms_norm_eps,
            )
        )
        self.codec_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)

    def finish(self) -> None:
        """To be called once, when the weights are in place."""
        self.model.finish()

    @cached_property
    def _quick(self) -> CpuDecoder | None:
        """Looked for at the first step: then the linear layers are what they will be."""
        return CpuDecoder.of(self.model)

    @property
    def device(self) -> torch.device:
        return self.codec_embedding.weight.device

    @property
    def dtype(self) -> torch.dtype:
        return self.codec_embedding.weight.dtype

    def embed_text(self, ids: Sequence[int]) -> Tensor:
        """Text ids [T] -> [T, W]"""
        at = torch.tensor(ids, dtype=torch.long, device=self.device)
        return self.text_projection(self.text_embedding(at))

    def embed_prompt(self, prompt: Prompt) -> Tensor:
        """Every position's text and code embedding, added where there are both. [T, W]"""
        text = torch.tensor(prompt.text_ids, device=self.device)
        codes = torch.tensor(prompt.codec_ids, device=self.device)
        x = torch.zeros(len(text), self.config.hidden_size, device=self.device, dtype=self.dtype)
        has_text, has_code = text >= 0, codes >= 0
        x[has_text] = self.text_projection(self.text_embedding(text[has_text]))
        x[has_code] += self.codec_embedding(codes[has_code])
        return x

    def embed_trailing(self, prompt: Prompt) -> Tensor:
        """What is added to each frame in turn; the last, tts_pad, to all that follow. [R, W]"""
        return self.embed_text((*prompt.trailing_ids, prompt.pad_id))

    def rotation(self, positions: int) -> Rotation:
        """The rotation of positions 0 to `positions` - 1, each part [T, D]."""
        at = torch.arange(positions, device=self.device)
        return rotation(at, self.config.head_dim, self.config.rope_theta, self.dtype)

    def prefill(self, prompt: Prompt, cache: KVCache) -> Tensor:
        """Run the prompt into a cache of one row. -> final-normed hidden [1, T, W]"""
        x = self.embed_prompt(prompt).unsqueeze(0)
        turned = self.rotation(x.shape[1])
        whole = Rotation(turned.cos.unsqueeze(1), turned.sin.unsqueeze(1))  # [T, 1, D]
        return self.model.whole(x, whole, cache)

    def step(
        self, x: Tensor, rotation: Rotation, cache: KVCache, rows: slice, window: Window
    ) -> Tensor:
        """One frame's embedding per row -> final-normed hidden. [B, W] -> [B, W]

        Args:
            rotation: of all positions, each part [P, D].
            cache: of more rows than these; `rows` are theirs.
            window: with a position for each row.
        """
        at = window.position
        assert isinstance(at, Tensor)
        if self._quick:
            places = np.arange(rows.start, rows.stop)
            return self._quick.step(x, places, at.numpy(), rotation, cache)
        turned = rotation.at(at)
        turned = Rotation(turned.cos[:, None, None], turned.sin[:, None, None])
        cache = KVCache(cache.keys[:, rows], cache.values[:, rows])
        return self.model.step(x.unsqueeze(1), turned, cache, window).squeeze(1)

    def logits(self, hidden: Tensor) -> Tensor:
        """[..., W] -> float32 [..., V]"""
        return self.codec_head(hidden).float()
