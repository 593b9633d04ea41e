"""Timbre mode: the performance's own indices in another voice; its timing stays (spec 10.2)."""

from __future__ import annotations

from math import ceil

import torch

from vocalino.engines.seed_vc.config import HOP
from vocalino.engines.seed_vc.length import LengthRegulator
from vocalino.engines.seed_vc.rows import Chunk, Row, Source
from vocalino.engines.seed_vc.seams import Crossfade, spans


@torch.inference_mode()
def timbre_row(
    source: Source, regulator: LengthRegulator, window: int, length_adjust: float
) -> Row:
    """The row of a recording, in chunks of up to `window` mel frames."""
    recording = source.recording
    frames = max(1, ceil(recording.padded * length_adjust / HOP))
    condition = regulator(source.content.wide, frames)
    chunks = [Chunk(condition[first:end], first) for first, end in spans(frames, window)]
    samples = round(recording.samples * length_adjust)
    return Row(source.index, chunks, Crossfade(), source.draws, samples)
