"""Content indices of recordings: HuBERT, then the quantisers, in windows of 30 s (spec section 4).

A CPU takes window after window: a batch gains nothing there, and every index is what it would be
alone. A GPU takes windows together, the shorter ones padded and masked; padding costs last bits,
which can flip a sign that lies near zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vocalino.cancel import CancelToken
from vocalino.engines.seed_vc.astral import Astral
from vocalino.engines.seed_vc.hubert import Hubert, frames_of

WINDOW_SAMPLES = 480_000  # 30 s of 16 kHz
OVERLAP_SAMPLES = 80_000  # heard again by the next window, whose first indices are dropped
DROPPED = 250
BATCH_WINDOWS = 8


@dataclass(frozen=True)
class Window:
    """Samples `start` to `stop` of a recording; the first `dropped` of its indices don't count."""

    start: int
    stop: int
    dropped: int


@dataclass(frozen=True)
class Content:
    """Indices of one recording [N], 50 a second, of both quantisers."""

    wide: Tensor
    narrow: Tensor


def windows(samples: int) -> list[Window]:
    """The windows of a recording of `samples` at 16 kHz."""
    found = [Window(0, min(samples, WINDOW_SAMPLES), 0)]
    while found[-1].stop < samples:
        start = found[-1].stop - OVERLAP_SAMPLES
        found.append(Window(start, min(samples, start + WINDOW_SAMPLES), DROPPED))
    return found


def reduced(indices: Tensor) -> Tensor:
    """Equal neighbours become one: [N] -> [n]"""
    return torch.unique_consecutive(indices)


class ContentEncoder:
    """HuBERT and both quantisers."""

    def __init__(self, hubert: Hubert, wide: Astral, narrow: Astral) -> None:
        self.hubert, self.wide, self.narrow = hubert, wide, narrow

    @torch.inference_mode()
    def encode(
        self, waves: Sequence[Tensor], cancel: CancelToken, *, together: bool
    ) -> list[Content]:
        """The indices of recordings [n] at 16 kHz, at least `hubert.RECEPTIVE_SAMPLES` long.

        Args:
            together: put windows of different recordings into one batch.

        Raises:
            Cancelled: between two batches.
        """
        cut = [(row, window) for row, wave in enumerate(waves) for window in windows(len(wave))]
        order = sorted(range(len(cut)), key=lambda at: cut[at][1].stop - cut[at][1].start)
        size = BATCH_WINDOWS if together else 1
        found: dict[int, Content] = {}
        for first in range(0, len(order), size):
            cancel.check()
            batch = order[first : first + size]
            parts = [waves[cut[at][0]][cut[at][1].start : cut[at][1].stop] for at in batch]
            found.update(zip(batch, self._windows(parts), strict=True))
        rows: list[list[Content]] = [[] for _ in waves]
        for at, (row, window) in enumerate(cut):
            kept = slice(window.dropped, None)
            rows[row].append(Content(found[at].wide[kept], found[at].narrow[kept]))
        return [
            Content(
                torch.cat([part.wide for part in parts]),
                torch.cat([part.narrow for part in parts]),
            )
            for parts in rows
        ]

    def features(self, waves: Sequence[Tensor]) -> tuple[Tensor, Tensor | None]:
        """HuBERT's features of windows [n], and which of them are a window's own.

        Returns:
            [B, T, H] and [B, T, 1] bool, or None if all windows are equally long.
        """
        padded = torch.nn.utils.rnn.pad_sequence(
            [self.hubert.normalised(wave) for wave in waves], batch_first=True
        )
        samples = [len(wave) for wave in waves]
        if min(samples) == max(samples):
            return self.hubert(padded), None
        features = self.hubert(padded, torch.tensor(samples, device=padded.device))
        frames = torch.tensor([frames_of(count) for count in samples], device=padded.device)
        places = torch.arange(features.shape[1], device=padded.device)
        return features, (places < frames.unsqueeze(1)).unsqueeze(-1)

    def _windows(self, waves: Sequence[Tensor]) -> list[Content]:
        features, valid = self.features(waves)
        wide, narrow = self.wide(features, valid), self.narrow(features, valid)
        counts = [frames_of(len(wave)) for wave in waves]
        return [Content(wide[row, :count], narrow[row, :count]) for row, count in enumerate(counts)]
