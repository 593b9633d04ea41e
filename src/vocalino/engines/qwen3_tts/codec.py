"""The codec's decoder: codes at 12.5 frames a second to a waveform (spec section 9).

Everything is causal, so that a stream of chunks with an explicit state gives what the whole
sequence gives. That is the one way in which anything is decoded here: `decode` streams in
segments and needs no more memory for a minute than for a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn

from vocalino.engines.qwen3_tts.codec_blocks import (
    KERNEL_SIZE,
    ConvNeXtBlock,
    DecoderBlock,
    SnakeBeta,
    SnakeConv,
)
from vocalino.engines.qwen3_tts.codec_quantizer import Quantizer
from vocalino.engines.qwen3_tts.codec_transformer import CodecTransformer
from vocalino.engines.qwen3_tts.codec_weights import IGNORED_PREFIXES, codec_places
from vocalino.engines.qwen3_tts.config import CodecConfig
from vocalino.nn.checkpoint import fill
from vocalino.nn.conv import CausalConv1d, CausalConvTranspose1d

PRE_CONV_KERNEL_SIZE = 3
# Frames, of all rows together, that are decoded at once. On a CPU few, so that what a block makes
# stays below the size from which the system takes memory back at once, only to clear it again.
FRAMES_AT_ONCE = {"cpu": 25}
FRAMES_AT_ONCE_ON_DEVICES = 256  # 1.1 GB beside the weights: official sizes, float32


class Stage(Protocol):
    """A part of the decoder: signals [B, T, C] in and out, and an explicit state."""

    def start(self, rows: int) -> Any: ...

    def step(self, x: Tensor, past: Any) -> tuple[Tensor, Any]: ...


@dataclass(frozen=True)
class CodecState:
    """Where a batch of streams stands: what each stage has to remember, rows first.

    Its size does not depend on how much was decoded.
    """

    pasts: tuple[Any, ...]  # in the order of Codec.stages; tensors, or tuples of them

    def rows(self, index: Sequence[int] | Tensor) -> CodecState:
        """The state of some rows, in this order: for when others have ended."""
        index = torch.as_tensor(index, device=self.pasts[0].device)
        return CodecState(tuple(_rows(past, index) for past in self.pasts))

    @staticmethod
    def stack(states: Sequence[CodecState]) -> CodecState:
        """One batch of all rows of `states`, which have to stand at the same frame."""
        pasts = zip(*(state.pasts for state in states), strict=True)
        return CodecState(tuple(_stacked(parts) for parts in pasts))


def _rows(past: Any, index: Tensor) -> Any:
    if isinstance(past, Tensor):
        return past[index]
    return tuple(_rows(part, index) for part in past)


def _stacked(parts: Sequence[Any]) -> Any:
    if isinstance(parts[0], Tensor):
        return torch.cat(list(parts))
    return tuple(_stacked(part) for part in zip(*parts, strict=True))


class Codec(nn.Module):
    """The decoder. Rows of a batch advance together and do not touch each other."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        latent, channels = config.latent_dim, config.decoder_dim
        self.quantizer = Quantizer(config)
        self.pre_conv = CausalConv1d(config.codebook_dim, latent, PRE_CONV_KERNEL_SIZE)
        self.pre_transformer = CodecTransformer(config)
        self.upsample = nn.ModuleList(
            nn.ModuleList(
                (CausalConvTranspose1d(latent, latent, rate, rate), ConvNeXtBlock(latent))
            )
            for rate in config.upsampling_ratios
        )
        self.decoder = nn.ModuleList([CausalConv1d(latent, channels, KERNEL_SIZE)])
        for rate in config.upsample_rates:
            self.decoder.append(DecoderBlock(channels, rate))
            channels //= 2
        self.decoder.append(SnakeConv(channels, 1))

    def finish(self) -> None:
        """To be called once, with the weights in place and still in float32."""
        kinds = (Quantizer, CausalConv1d, CausalConvTranspose1d, SnakeBeta)
        for module in self.modules():
            if isinstance(module, kinds):
                module.finish()

    def stages(self) -> list[Stage]:
        """What comes behind the quantizer, in order; the last makes samples, not clamped yet."""
        raising = [stage for pair in self.upsample for stage in cast(nn.ModuleList, pair)]
        stages = [self.pre_conv, self.pre_transformer, *raising, *self.decoder]
        return cast(list[Stage], stages)

    def start(self, rows: int) -> CodecState:
        """The state before the first chunk of `rows` streams."""
        return CodecState(tuple(stage.start(rows) for stage in self.stages()))

    @torch.no_grad()
    def decode_step(self, codes: Tensor, state: CodecState) -> tuple[Tensor, CodecState]:
        """The next frames of every row, and the state behind them.

        Args:
            codes: [B, K, T], at least one frame; below zero reads as zero.

        Returns:
            Samples [B, T * samples_per_frame], float32 in [-1, 1].
        """
        assert codes.shape[1] == self.config.num_quantizers, codes.shape
        x = self.quantizer(codes.clamp_min(0))
        pasts: list[Any] = []
        for stage, past in zip(self.stages(), state.pasts, strict=True):
            x, past = stage.step(x, past)
            pasts.append(past)
        return x.squeeze(-1).float().clamp_(-1, 1), CodecState(tuple(pasts))

    def decode(
        self, codes: Tensor, *, at_once: int | None = None, together: bool | None = None
    ) -> list[Tensor]:
        """Whole sequences, exactly: one waveform a row, float32 [frames * samples_per_frame].

        Args:
            codes: [B, K, T]; rows with fewer frames than T are filled up with -1 on the right.
            at_once: frames of all rows together that are decoded in one go; bounds the memory.
            together: rows in one batch, or one after the other. By default a CPU takes them in
                turn: no slower, and a row is the same to the bit in every batch.
        """
        kind = codes.device.type
        if at_once is None:
            at_once = FRAMES_AT_ONCE.get(kind, FRAMES_AT_ONCE_ON_DEVICES)
        if together is None:
            together = kind != "cpu"
        batches = [codes] if together else codes.split(1)
        return [samples for batch in batches for samples in self._decode(batch, at_once)]

    def _decode(self, codes: Tensor, at_once: int) -> list[Tensor]:
        """Rows in one batch, which a row leaves where it ends."""
        frames = frames_of(codes)
        parts: list[list[Tensor]] = [[] for _ in frames]
        rows, state, first = list(range(len(frames))), self.start(len(frames)), 0
        while left := [row for row in rows if frames[row] > first]:
            if len(left) < len(rows):
                state = state.rows([rows.index(row) for row in left])
            rows = left
            most = first + max(1, at_once // len(rows))
            end = min(most, *(frames[row] for row in rows))
            samples, state = self.decode_step(codes[rows, :, first:end], state)
            for row, part in zip(rows, samples, strict=True):
                parts[row].append(part)
            first = end
        return [_joined(part, codes.device) for part in parts]

    def decode_chunked(self, codes: Tensor, chunk: int = 300, context: int = 25) -> list[Tensor]:
        """As the original decodes: in chunks, each from scratch with a few frames before it.

        Not exact behind the first chunk (spec section 9.1): frames further back are forgotten.
        Codes and result are those of `decode`.
        """
        parts: list[list[Tensor]] = [[] for _ in codes]
        for first in range(0, codes.shape[2], chunk):
            before = min(context, first)
            cut = before * self.config.samples_per_frame
            for row, samples in enumerate(self.decode(codes[:, :, first - before : first + chunk])):
                parts[row].append(samples[cut:])
        return [_joined(part, codes.device) for part in parts]


def frames_of(codes: Tensor) -> list[int]:
    """The frames of each row of codes [B, K, T]: 0 is a code, -1 fills up."""
    return (codes[:, 0] > -1).sum(dim=1).tolist()


def _joined(parts: list[Tensor], device: torch.device) -> Tensor:
    return torch.cat(parts) if parts else torch.zeros(0, device=device)


def load_codec(
    file: Path, config: CodecConfig, *, device: torch.device, dtype: torch.dtype = torch.float32
) -> Codec:
    """The decoder of `speech_tokenizer/model.safetensors`, ready; the encoder is left unread.

    Raises:
        CheckpointError: the file is missing or damaged, or its tensors are not those of `config`.
    """
    with torch.device("meta"):
        codec = Codec(config)
    fill(
        codec,
        file,
        codec_places(config),
        device=device,
        dtype=torch.float32,
        ignore=IGNORED_PREFIXES,
    )
    codec.finish()
    return codec.to(dtype).eval()
