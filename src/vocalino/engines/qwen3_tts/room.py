"""Where a batch lives: its buffers, and on a GPU the graphs that were captured on them."""

from __future__ import annotations

from collections.abc import Sequence

from vocalino.engines.qwen3_tts.code_predictor import CodePredictor
from vocalino.engines.qwen3_tts.frame import Draws, Rows, frame_step
from vocalino.engines.qwen3_tts.talker import Talker
from vocalino.nn.cuda_graph import Graphs
from vocalino.nn.kv_cache import Run, runs_of

ROW_BUCKETS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
MAX_ROWS = ROW_BUCKETS[-1]
CONTEXT_STEP = 256  # a graph sees so many positions, or a multiple: never the padded maximum
POLL_FRAMES = 8  # frames that a GPU runs ahead before the host looks who has ended


def bucket_of(count: int) -> int:
    """The smallest bucket with room for `count` rows."""
    return next(size for size in ROW_BUCKETS if size >= count)


class Room:
    """Makes frames of the rows in its buffers; keeps both from batch to batch.

    With graphs a batch is rounded up to a bucket of rows and positions, and masked; without them
    every row sees exactly what it has, and the arithmetic of a row is the same in every batch.
    """

    def __init__(self, talker: Talker, predictor: CodePredictor, use_graphs: bool) -> None:
        self._talker, self._predictor = talker, predictor
        self._graphs = Graphs() if use_graphs else None
        self._rows: Rows | None = None

    @property
    def poll_frames(self) -> int:
        """Frames between two looks at who has ended."""
        return 1 if self._graphs is None else POLL_FRAMES

    def fit(self, rows: int, positions: int, frames: int, trailing: int) -> Rows:
        """Buffers with at least so much room; those of the last batch if they have it.

        Args:
            trailing: the most vectors of text that are added during decoding.
        """
        slack = self.poll_frames
        wanted = (rows, positions + slack, frames + slack, trailing)
        if self._graphs is not None:
            wanted = (bucket_of(rows), *(_up(size) for size in wanted[1:3]), trailing)
        kept = self._rows
        if kept is None or any(a < b for a, b in zip(kept.sizes, wanted, strict=True)):
            if self._graphs is not None:
                self._graphs.clear()
                if kept is not None:  # it only grows: requests of mixed sizes settle at one
                    wanted = tuple(map(max, kept.sizes, wanted))
            self._rows = kept = None
            self._rows = kept = Rows(self._talker, self._predictor, *wanted)
        return kept

    def step(self, lengths: Sequence[int], draws: Draws) -> None:
        """One frame of the first rows; `lengths` are their positions, the new one included."""
        rows = self._rows
        assert rows is not None
        if self._graphs is None:
            frame_step(self._talker, self._predictor, rows, len(lengths), draws, runs_of(lengths))
            return
        count, length = bucket_of(len(lengths)), _up(max(lengths))
        runs = (Run(0, count, min(length, rows.cache.positions)),)
        state = (rows.hidden, rows.seen, rows.frame, rows.position, rows.ended, rows.codes)
        self._graphs.run(
            (count, length, draws),
            lambda: frame_step(
                self._talker, self._predictor, rows, count, draws, runs, masked=True
            ),
            state,
        )

    def close(self) -> None:
        """Give the memory back."""
        if self._graphs is not None:
            self._graphs.clear()
        self._rows = None


def _up(size: int) -> int:
    return -(-size // CONTEXT_STEP) * CONTEXT_STEP
