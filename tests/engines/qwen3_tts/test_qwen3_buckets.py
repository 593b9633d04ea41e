"""What a CUDA graph is captured of, run without one: buckets of rows, masked, polled seldom."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import pytest
import torch
from torch import Tensor

from vocalino.cancel import CancelToken
from vocalino.engines.qwen3_tts.frame import Draws
from vocalino.engines.qwen3_tts.generate import Generation, Job
from vocalino.engines.qwen3_tts.model import Qwen3Model
from vocalino.engines.qwen3_tts.prompt import build_prompt
from vocalino.engines.qwen3_tts.room import CONTEXT_STEP, POLL_FRAMES, Room
from vocalino.engines.qwen3_tts.stopping import Budget
from vocalino.nn.cuda_graph import Graphs
from vocalino.nn.sampling import Sampling

DRAWS = Draws(Sampling(0.9, 50, 1.0, 1.05), Sampling(0.9, 50))


class Uncaptured(Graphs):
    """Does the work at once, and notes for what a graph would have been captured."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[Hashable] = []

    def run(self, key: Hashable, work: Callable[[], None], state: Sequence[Tensor]) -> None:
        self.keys.append(key)
        work()


def rooms(model: Qwen3Model) -> tuple[Room, Room, Uncaptured]:
    """One that runs eagerly, and one that runs as with graphs."""
    talker, predictor = model.speech.talker, model.speech.code_predictor
    eager, bucketed = (Room(talker, predictor, use_graphs=False) for _ in range(2))
    graphs = bucketed._graphs = Uncaptured()
    return eager, bucketed, graphs


def run(model: Qwen3Model, room: Room, jobs: Sequence[Job]) -> list[tuple[Tensor, str | None]]:
    codes: list[list[Tensor]] = [[] for _ in jobs]
    reasons: list[str | None] = [None] * len(jobs)
    for updates in Generation(model.speech, room, jobs, DRAWS, CancelToken()):
        for update in updates:
            codes[update.job].append(update.codes)
            reasons[update.job] = update.finish_reason
    return [(torch.cat(parts), why) for parts, why in zip(codes, reasons, strict=True)]


@pytest.mark.parametrize("count", [1, 3, 5])
def test_codes_are_those_of_the_eager_path(model: Qwen3Model, count: int) -> None:
    eager, bucketed, graphs = rooms(model)
    texts = ["Hi!", "I will be there at noon.", "No, never."]
    jobs = [
        Job(
            build_prompt(model.tokenizer, model.config, texts[seed % 3], "", "english"),
            seed,
            Budget(40 + seed, 60),
        )
        for seed in range(count)
    ]
    expected, made = run(model, eager, jobs), run(model, bucketed, jobs)
    for (codes, why), (wanted, reason) in zip(made, expected, strict=True):
        assert torch.equal(codes, wanted)
        assert why == reason
    assert eager.poll_frames == 1 and bucketed.poll_frames == POLL_FRAMES
    rows = {key[0] for key in graphs.keys if isinstance(key, tuple)}
    assert max(rows) == (6 if count == 5 else count)
    assert {key[1] for key in graphs.keys if isinstance(key, tuple)} == {CONTEXT_STEP}


def test_a_batch_steps_down_when_rows_end(model: Qwen3Model) -> None:
    _, bucketed, graphs = rooms(model)
    prompt = build_prompt(model.tokenizer, model.config, "Hi!", "", "english")
    jobs = [Job(prompt, seed, Budget(n, n, guarded=False)) for seed, n in enumerate((4, 12, 20))]
    run(model, bucketed, jobs)
    rows = [key[0] for key in graphs.keys if isinstance(key, tuple)]
    assert rows == sorted(rows, reverse=True)
    assert {1, 3} <= set(rows)


def test_a_room_keeps_its_buffers_until_they_are_too_small(model: Qwen3Model) -> None:
    _, room, _ = rooms(model)
    first = room.fit(rows=3, positions=100, frames=50, trailing=1)
    assert room.fit(rows=2, positions=90, frames=60, trailing=1) is first
    larger = room.fit(rows=3, positions=400, frames=50, trailing=4)
    assert larger is not first
    assert larger.sizes == (3, 512, 256, 4)
    assert room.fit(rows=3, positions=100, frames=50, trailing=1) is larger
