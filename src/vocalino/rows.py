"""What comes out of an engine, row by row, made whole and checked.

This is the edge to engines, ours and other people's: whatever goes wrong inside one becomes the
failure of the rows it had not finished, so that finished takes are never lost to it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from vocalino.audio import Audio, concatenate
from vocalino.errors import Cancelled, GenerationFailed, VocalinoError
from vocalino.protocols import Row, RowAudio, RowFailed
from vocalino.take import FinishReason

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RowDone:
    """Row `index` is whole."""

    index: int
    audio: Audio
    notes: object | None
    finish_reason: FinishReason | None


def collect(rows: Iterator[Row], count: int) -> Iterator[RowAudio | RowDone | RowFailed]:
    """Chunks as they come; a RowDone behind the last one of a row; exactly one end a row.

    Raises:
        Cancelled: the engine noticed that the work was cancelled.
    """
    parts: dict[int, list[Audio]] = {index: [] for index in range(count)}
    try:
        for row in rows:
            if row.index not in parts:
                raise GenerationFailed(f"the engine spoke of row {row.index}, which is not open")
            if isinstance(row, RowFailed):
                del parts[row.index]
                yield row
                continue
            yield row
            parts[row.index].append(row.audio)
            if row.last:
                yield _whole(row, parts.pop(row.index))
    except Cancelled:
        raise
    except VocalinoError as error:
        yield from (RowFailed(index, error) for index in parts)
    except Exception as error:  # the edge: a fault in an engine must not take finished rows along
        log.exception("an engine raised an unexpected error")
        reason = GenerationFailed(f"the engine broke: {type(error).__name__}: {error}")
        yield from (RowFailed(index, reason) for index in parts)
    else:
        left = GenerationFailed("the engine ended without finishing this row")
        yield from (RowFailed(index, left) for index in parts)
    finally:
        close = getattr(rows, "close", None)  # a generator gives its batch back at once
        if close:
            close()


def _whole(last: RowAudio, parts: list[Audio]) -> RowDone | RowFailed:
    audio = concatenate(parts)
    if not audio.samples.size:
        return RowFailed(last.index, GenerationFailed("the engine gave no sound for this row"))
    return RowDone(last.index, audio, last.notes, last.finish_reason)
