"""From the rows of a batch to takes: sound decoded as it comes, pieces of a long line joined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vocalino.audio import Audio
from vocalino.engines.qwen3_tts.codec import Codec
from vocalino.engines.qwen3_tts.generate import Generation
from vocalino.engines.qwen3_tts.speech import RowSpeech, Samples, decode_due
from vocalino.errors import GenerationFailed
from vocalino.protocols import Row, RowAudio, RowFailed
from vocalino.take import FinishReason

PIECE_GAP_S = 0.15
WORST_FIRST: tuple[FinishReason, ...] = ("budget", "loop", "eos")


@dataclass
class _Take:
    """One take: a job of the batch for each piece of its line, heard one after the other."""

    index: int
    jobs: tuple[int, ...]
    piece: int = 0
    done: bool = False


def speak(
    generation: Generation, codec: Codec, takes: Sequence[Sequence[int]], *, together: bool
) -> Iterator[Row]:
    """Run `generation` and give out its sound, chunk by chunk, take by take.

    Args:
        takes: for each take the jobs that make it up, in the order in which they are heard.
        together: see `speech.decode_due`.

    Raises:
        Cancelled: between two frames.
    """
    rate_hz, frame = codec.config.sample_rate_hz, codec.config.samples_per_frame
    rows = [RowSpeech(codec.start(1), rate_hz, frame) for _ in generation.jobs]
    job_of = {id(row): job for job, row in enumerate(rows)}
    open_takes = [_Take(index, tuple(jobs)) for index, jobs in enumerate(takes)]
    for updates in generation:
        for update in updates:
            rows[update.job].add(update)
        touched = [rows[update.job] for update in updates]
        for row in decode_due(codec, touched, together=together):
            if row.endless_silence and row.finish_reason is None:
                _hush(generation, job_of[id(row)], row)
        for take in open_takes:
            yield from _heard(take, rows, generation, rate_hz)
        open_takes = [take for take in open_takes if not take.done]


def _hush(generation: Generation, job: int, row: RowSpeech) -> None:
    """A row that has fallen silent: it has said all it has to say, or has not begun yet."""
    if not row.spoken and generation.restart(job):
        row.begin_again()
        return
    generation.stop(job)
    row.cut()


def _heard(
    take: _Take, rows: Sequence[RowSpeech], generation: Generation, rate_hz: int
) -> Iterator[Row]:
    """What can be heard of a take now; its end if it has come to it."""
    parts: list[Samples] = []
    while not take.done:
        row = rows[take.jobs[take.piece]]
        parts.append(row.release())
        if not row.over:
            break
        if row.finish_reason == "loop" and not row.spoken:
            for job in take.jobs:
                generation.stop(job)
            take.done = True
            yield RowFailed(take.index, GenerationFailed(_SILENT))
            return
        take.piece += 1
        take.done = take.piece == len(take.jobs)
        if not take.done:
            parts.append(np.zeros(round(PIECE_GAP_S * rate_hz), np.float32))
    samples = np.concatenate(parts)
    if take.done:
        reasons = {rows[job].finish_reason for job in take.jobs}
        worst: FinishReason = next(reason for reason in WORST_FIRST if reason in reasons)
        yield RowAudio(take.index, Audio(samples, rate_hz), last=True, finish_reason=worst)
    elif samples.size:
        yield RowAudio(take.index, Audio(samples, rate_hz), last=False)


_SILENT = (
    "the talker made nothing but silence, and again with other random numbers: try another seed, "
    "or say the line or the direction differently"
)
