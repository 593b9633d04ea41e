"""From cleared frames to sound: decoded as they come, one row at a time or several at once.

Chunk borders depend on a row alone, so that a take is the same samples whatever else is made, and
whoever listens. Sound that may yet be cut is held back: a long silence, and the last 20 ms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vocalino.engines.qwen3_tts.codec import Codec, CodecState
from vocalino.engines.qwen3_tts.generate import Update
from vocalino.take import FinishReason

Samples = npt.NDArray[np.float32]

FIRST_BORDERS = (4, 12)  # frames: the first sound after 0.32 s, then ever larger chunks
CHUNK_FRAMES = 25  # 2 s: what the codec decodes at once later on
MICRO_BATCH = 8  # rows that are decoded together: what bounds the codec's memory

SILENT_DB = -60.0  # full scale, RMS of a frame
ENDLESS_SILENCE_S = 3.0
KEPT_SILENCE_S = 0.3
FADE_S = 0.02


class RowSpeech:
    """The sound of one row, as far as it is known."""

    def __init__(self, state: CodecState, sample_rate_hz: int, samples_per_frame: int) -> None:
        self._fresh = state
        self._rate_hz, self._frame = sample_rate_hz, samples_per_frame
        self._begin()

    def _begin(self) -> None:
        self.state = self._fresh
        self._codes: list[Tensor] = []  # [T, K] each, not decoded yet
        self._waiting, self._decoded = 0, 0  # frames
        self._held: Samples = np.zeros(0, np.float32)
        self._silent = 0  # samples at the end of what is held
        self.spoken = False
        self.finish_reason: FinishReason | None = None

    def add(self, update: Update) -> None:
        self._codes.append(update.codes)
        self._waiting += len(update.codes)
        self.finish_reason = update.finish_reason

    @property
    def frames(self) -> int:
        """Frames that have been decoded."""
        return self._decoded

    @property
    def due(self) -> int:
        """Frames of the next chunk, 0 if it is not there yet."""
        border = next((b for b in FIRST_BORDERS if b > self._decoded), None)
        size = CHUNK_FRAMES - self._decoded % CHUNK_FRAMES
        if border is not None:
            size = border - self._decoded
        if self.finish_reason is not None:
            return min(size, self._waiting)
        return size if self._waiting >= size else 0

    def take(self) -> Tensor:
        """The codes of the chunk that is due, [K, T]."""
        size = self.due
        codes = torch.cat(self._codes)
        self._codes = [codes[size:]]
        self._waiting -= size
        self._decoded += size
        return codes[:size].T

    def hear(self, samples: Samples) -> None:
        """One more chunk of sound."""
        frames = samples.reshape(-1, self._frame)
        loud = np.flatnonzero(_rms_db(frames) > SILENT_DB)
        if loud.size:
            self.spoken = True
            self._silent = (len(frames) - 1 - int(loud[-1])) * self._frame
        else:
            self._silent += samples.size
        self._held = np.concatenate((self._held, samples))

    @property
    def endless_silence(self) -> bool:
        """True when nothing has been heard for so long that nothing more is to come."""
        return self._silent >= ENDLESS_SILENCE_S * self._rate_hz

    def cut(self) -> None:
        """End here, a moment into the silence."""
        excess = self._silent - round(KEPT_SILENCE_S * self._rate_hz)
        self._held = self._held[: self._held.size - max(0, excess)]
        self._codes, self._waiting = [], 0
        self.finish_reason = "loop"

    def begin_again(self) -> None:
        """Forget everything: the row is made anew from its first frame."""
        assert not self.spoken  # what was heard can't be taken back
        self._begin()

    def release(self) -> Samples:
        """What may leave: all but the end that could still be cut, or faded."""
        done = self.finish_reason is not None and not self._waiting
        if done and self.finish_reason != "eos":
            return self._faded()
        kept = 0 if done else max(self._silent, round(FADE_S * self._rate_hz))
        border = max(0, self._held.size - kept)
        out, self._held = self._held[:border], self._held[border:]
        return out

    def _faded(self) -> Samples:
        """The rest of a row that was cut off, without the click of a hard end."""
        out, self._held = self._held.copy(), self._held[:0]
        size = min(out.size, round(FADE_S * self._rate_hz))
        if size:
            out[-size:] *= np.linspace(1.0, 0.0, size, dtype=np.float32)
        return out

    @property
    def over(self) -> bool:
        """True when the row has ended, and all of it has been released."""
        return self.finish_reason is not None and not self._waiting and not self._held.size


def _rms_db(frames: Samples) -> npt.NDArray[np.float64]:
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    return 10.0 * np.log10(np.maximum(power, 1e-12))


def decode_due(codec: Codec, rows: Iterable[RowSpeech], *, together: bool) -> Iterator[RowSpeech]:
    """Decode every chunk that is due; yields a row after each of its chunks.

    Args:
        together: decode chunks of one length in one batch (a GPU likes that); else row by row, so
            that a row's samples are the same to the bit in every batch.
    """
    rows = list(rows)
    size = MICRO_BATCH if together else 1
    while due := sorted((row for row in rows if row.due), key=_step):
        for group in [list(group) for _, group in groupby(due, key=_step)]:
            for start in range(0, len(group), size):
                batch = group[start : start + size]
                _decode(codec, batch)
                yield from batch


def _step(row: RowSpeech) -> tuple[int, int]:
    """Rows at the same place with as much to do can be decoded together."""
    return row.frames, row.due


def _decode(codec: Codec, rows: list[RowSpeech]) -> None:
    codes = torch.stack([row.take() for row in rows])  # [B, K, T]
    samples, state = codec.decode_step(codes, CodecState.stack([row.state for row in rows]))
    for place, (row, sound) in enumerate(zip(rows, samples.cpu().numpy(), strict=True)):
        row.state = state.rows([place])
        row.hear(sound)
