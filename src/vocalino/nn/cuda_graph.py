"""Work that is captured once as a CUDA graph, and replayed. The eager call stays the reference."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import torch
from torch import Tensor

WARM_UP_CALLS = 2  # libraries choose kernels and take workspaces at their first calls


class Graphs:
    """Captured graphs by key, in one memory pool: they never run at the same time."""

    def __init__(self) -> None:
        self._graphs: dict[Hashable, torch.cuda.CUDAGraph] = {}
        self._pool: Any = None  # torch's handle of a memory pool

    def __len__(self) -> int:
        return len(self._graphs)

    def clear(self) -> None:
        """Forget all graphs: the buffers that they were captured on are about to go."""
        self._graphs.clear()
        self._pool = None

    def run(self, key: Hashable, work: Callable[[], None], state: Sequence[Tensor]) -> None:
        """Do `work`: replay its graph, or capture it first.

        Args:
            key: all that `work` depends on and that is not in buffers.
            state: the buffers that `work` changes and reads again. Calls before a capture must not
                count, so that they are put back.
        """
        graph = self._graphs.get(key)
        if graph is None:
            graph = self._graphs[key] = self._capture(work, state)
        graph.replay()

    def _capture(self, work: Callable[[], None], state: Sequence[Tensor]) -> torch.cuda.CUDAGraph:
        before = [buffer.clone() for buffer in state]
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(WARM_UP_CALLS):
                work()
        torch.cuda.current_stream().wait_stream(side)
        for buffer, value in zip(state, before, strict=True):
            buffer.copy_(value)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            work()
        self._pool = self._pool or graph.pool()
        return graph
