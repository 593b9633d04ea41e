"""Rows of a conversion: what is to be made of each, and how it is put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from vocalino.audio import Audio, Samples
from vocalino.cancel import CancelToken
from vocalino.engines.seed_vc.bigvgan import BigVGAN
from vocalino.engines.seed_vc.cfm import Guidance, Passage, Prompt, Steps, solve
from vocalino.engines.seed_vc.config import SAMPLE_RATE_HZ
from vocalino.engines.seed_vc.content import Content
from vocalino.engines.seed_vc.dit import Dit
from vocalino.engines.seed_vc.draws import Draws
from vocalino.engines.seed_vc.recording import Recording
from vocalino.engines.seed_vc.seams import Crossfade
from vocalino.engines.seed_vc.vocoding import vocode
from vocalino.errors import GenerationFailed
from vocalino.protocols import RowAudio, RowFailed

MOST_FRAMES = 32_768  # of mel, all branches of a batch together, prompts included
MOST_PADDING = 0.15  # of a batch's frames: beyond it a batch costs more than it gains


@dataclass(frozen=True)
class Source:
    """A performance that was listened to, and where its random numbers come from."""

    index: int
    recording: Recording
    content: Content
    draws: Draws


@dataclass(frozen=True)
class Chunk:
    """Frames that are made in one go, and where in the row's noise they start."""

    condition: Tensor  # [F, C]
    start: int


@dataclass
class Row:
    """A performance on its way. `samples` is where its take is cut; None: it is as long as it is.

    `stopped` is true where the style model had to be stopped: words may be missing.
    """

    index: int
    chunks: Sequence[Chunk]
    joint: Crossfade
    draws: Draws
    samples: int | None = None
    stopped: bool = False
    given: int = field(default=0, init=False)  # samples so far

    def heard(self, wave: Samples, number: int) -> RowAudio:
        """What can be given out once chunk `number` is there."""
        last = number == len(self.chunks) - 1
        samples = self.joint.add(wave, last=last)
        if self.samples is not None:
            samples = samples[: max(0, self.samples - self.given)]
        self.given += len(samples)
        reason = "loop" if last and self.stopped else None
        return RowAudio(self.index, Audio(samples, SAMPLE_RATE_HZ), last, finish_reason=reason)


@dataclass(frozen=True)
class Player:
    """The networks that turn conditions to sound, and how they are to do it."""

    dit: Dit
    vocoder: BigVGAN
    prompt: Prompt
    guidance: Guidance
    steps: Steps
    together: bool
    """Rows of a batch go through the networks together; else one after the other."""

    def play(self, rows: Sequence[Row], cancel: CancelToken) -> Iterator[RowAudio | RowFailed]:
        """Every row, chunk by chunk, all first chunks first.

        Raises:
            Cancelled: between two ODE steps, or two windows of the vocoder.
        """
        number = 0
        left = list(rows)
        while left:
            failed: set[int] = set()
            for batch in self._batches(left, number):
                for row, wave in zip(batch, self._waves(batch, number, cancel), strict=True):
                    if wave is None:
                        failed.add(row.index)
                        yield RowFailed(row.index, GenerationFailed(_NOT_FINITE))
                    else:
                        yield row.heard(wave, number)
            number += 1
            left = [row for row in left if len(row.chunks) > number and row.index not in failed]

    @torch.inference_mode()
    def mels(self, batch: Sequence[Row], number: int, cancel: CancelToken) -> list[Tensor]:
        """The log-mel [M, F] of chunk `number` of each row.

        Raises:
            Cancelled: between two ODE steps.
        """
        passages = [self._passage(row, row.chunks[number]) for row in batch]
        made = solve(self.dit, passages, self.prompt, self.guidance, self.steps, cancel)
        return [mel.t().contiguous() for mel in made]

    def _waves(
        self, batch: Sequence[Row], number: int, cancel: CancelToken
    ) -> list[Samples | None]:
        """The sound of chunk `number` of each row; None where it is not finite."""
        mels = self.mels(batch, number, cancel)
        finite = [bool(mel.isfinite().all()) for mel in mels]
        good = [mel for mel, ok in zip(mels, finite, strict=True) if ok]
        waves = iter(vocode(self.vocoder, good, cancel=cancel))
        made = [next(waves).cpu().numpy() if ok else None for ok in finite]
        return [wave if wave is not None and np.isfinite(wave).all() else None for wave in made]

    def _passage(self, row: Row, chunk: Chunk) -> Passage:
        noise = row.draws.noise(chunk.start, len(chunk.condition))
        return Passage(chunk.condition, noise.to(chunk.condition.device))

    def _batches(self, rows: Sequence[Row], number: int) -> Iterator[list[Row]]:
        """Rows whose chunk `number` is about equally long, longest first."""
        if not self.together:
            yield from ([row] for row in rows)
            return
        each = len(self.guidance.branches())
        batch: list[Row] = []
        longest = frames = 0
        for row in sorted(rows, key=lambda row: -len(row.chunks[number].condition)):
            length = len(self.prompt.mel) + len(row.chunks[number].condition)
            padded = longest * (len(batch) + 1)
            if batch and (
                padded * each > MOST_FRAMES or padded > (1 + MOST_PADDING) * (frames + length)
            ):
                yield batch
                batch, frames = [], 0
            longest = longest if batch else length
            batch.append(row)
            frames += length
        yield batch


_NOT_FINITE = (
    "the converter made something that is no sound (not finite): try another seed, or VC_DTYPE="
    "float32"
)
