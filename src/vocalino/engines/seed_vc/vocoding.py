"""Mels of any length to samples, in windows: exact, in bounded memory, cancelled between windows.

A window carries as many frames before and behind it as its samples depend on, so the joins can't
be heard, nor seen. Windows that are alike go through the network together where a device likes
that; rows of different length are never padded to each other, for padding would sound in the
last frames (spec section 15, rule 7).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vocalino.cancel import CancelToken
from vocalino.engines.seed_vc.bigvgan import BigVGAN

WINDOW_FRAMES = 512
# Frames, of all windows together, that go through the network at once. On a CPU one window after
# the other: no slower, and a row is the same to the bit in every batch.
FRAMES_AT_ONCE = {"cpu": 1}
FRAMES_AT_ONCE_ON_DEVICES = 4096


@dataclass(frozen=True)
class Window:
    """Frames `first` to `last` of a row, with frames before and behind to be looked at alone."""

    row: int
    first: int
    last: int
    before: int
    behind: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Windows of one shape can be a batch."""
        return self.last - self.first, self.before, self.behind

    def of(self, mel: Tensor) -> Tensor:
        """[M, T] -> [M, before + last - first + behind]"""
        return mel[:, self.first - self.before : self.last + self.behind]


def windows_of(row: int, frames: int, window: int, context: int) -> list[Window]:
    """The windows of a row, in order; together they are its frames, once each."""
    return [
        Window(
            row,
            first,
            last := min(first + window, frames),
            before=min(context, first),
            behind=min(context, frames - last),
        )
        for first in range(0, frames, window)
    ]


def vocode(
    network: BigVGAN,
    mels: Sequence[Tensor],
    *,
    cancel: CancelToken | None = None,
    window: int = WINDOW_FRAMES,
    at_once: int | None = None,
) -> list[Tensor]:
    """Every row's waveform, as if it were alone.

    Args:
        mels: log-mels [M, T_i] on the network's device, of any lengths.
        window: frames of a window.
        at_once: frames of all windows together that go through the network in one go.

    Returns:
        Float32 [T_i * hop_size] in [-1, 1].

    Raises:
        Cancelled: looked at before each batch of windows.
    """
    samples = [
        torch.zeros(mel.shape[1] * network.config.hop_size, device=mel.device) for mel in mels
    ]
    windows = [
        each
        for row, mel in enumerate(mels)
        for each in windows_of(row, mel.shape[1], window, network.context)
    ]
    for batch in _batches(windows, mels, at_once):
        for each, part in zip(batch, _played(network, mels, batch, cancel), strict=True):
            hop = network.config.hop_size
            samples[each.row][each.first * hop : each.last * hop] = part
    return samples


def stream(
    network: BigVGAN,
    mel: Tensor,
    *,
    cancel: CancelToken | None = None,
    window: int = WINDOW_FRAMES,
) -> Iterator[Tensor]:
    """The samples of one row [M, T], window by window: joined they are those of `vocode`."""
    for each in windows_of(0, mel.shape[1], window, network.context):
        yield _played(network, [mel], [each], cancel)[0]


def _batches(
    windows: list[Window], mels: Sequence[Tensor], at_once: int | None
) -> Iterator[list[Window]]:
    """Windows that are alike, as many as go at once."""
    alike: dict[tuple[int, int, int], list[Window]] = {}
    for each in windows:
        alike.setdefault(each.shape, []).append(each)
    for shape, group in alike.items():
        if at_once is None:
            kind = mels[0].device.type
            at_once = FRAMES_AT_ONCE.get(kind, FRAMES_AT_ONCE_ON_DEVICES)
        count = max(1, at_once // sum(shape))
        for first in range(0, len(group), count):
            yield group[first : first + count]


def _played(
    network: BigVGAN, mels: Sequence[Tensor], batch: list[Window], cancel: CancelToken | None
) -> Tensor:
    """[B, samples] of windows that are alike."""
    if cancel is not None:
        cancel.check()
    stacked = torch.stack([each.of(mels[each.row]) for each in batch])
    _, before, behind = batch[0].shape
    return network(stacked, before, behind)
