"""A row is the same codes whatever else is made; it ends when it should."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from vocalino.cancel import CancelToken
from vocalino.engines.qwen3_tts.frame import Draws
from vocalino.engines.qwen3_tts.generate import Generation, Job
from vocalino.engines.qwen3_tts.model import Qwen3Model
from vocalino.engines.qwen3_tts.prompt import Prompt, build_prompt
from vocalino.engines.qwen3_tts.room import Room
from vocalino.engines.qwen3_tts.stopping import HELD_FRAMES, STUCK_FRAMES, Budget, Watch
from vocalino.errors import Cancelled
from vocalino.nn.sampling import Sampling

SAMPLED = Draws(Sampling(0.9, 50, 1.0, 1.05), Sampling(0.9, 50))
# What was said is said again, and again.
STUCK = Draws(Sampling(1.0, 3, 1.0, 0.01), Sampling(0.9, 50))
FREE = Budget(20, 20, guarded=False)


def prompt(model: Qwen3Model, text: str, *, streaming: bool = False) -> Prompt:
    return build_prompt(
        model.tokenizer, model.config, text, "Very happy.", "english", streaming_text=streaming
    )


def room(model: Qwen3Model) -> Room:
    return Room(model.speech.talker, model.speech.code_predictor, use_graphs=False)


def run(
    model: Qwen3Model, jobs: Sequence[Job], draws: Draws = SAMPLED, max_rows: int = 32
) -> list[tuple[Tensor, str | None]]:
    """(codes, finish reason) of each job."""
    codes: list[list[Tensor]] = [[] for _ in jobs]
    reasons: list[str | None] = [None for _ in jobs]
    for updates in Generation(model.speech, room(model), jobs, draws, CancelToken(), max_rows):
        for update in updates:
            assert reasons[update.job] is None, "an update behind the last one"
            codes[update.job].append(update.codes)
            reasons[update.job] = update.finish_reason
    return [(torch.cat(parts), why) for parts, why in zip(codes, reasons, strict=True)]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("which", ["model", "model_without_kernels"])
def test_a_seed_gives_the_same_codes_in_every_batch(
    request: pytest.FixtureRequest, which: str, threads: int
) -> None:
    model: Qwen3Model = request.getfixturevalue(which)
    torch.set_num_threads(threads)
    frames = 24 // threads**2  # a second thread is slow company for networks this small
    said, other = prompt(model, "I will be there at noon."), prompt(model, "No!")
    job = Job(said, 7, Budget(frames, frames, guarded=False))
    ((alone, _),) = run(model, [job])
    four = run(model, [replace(job, seed=seed) for seed in (1, 2, 7, 3)])
    ten = run(model, [replace(job, seed=seed) for seed in (7, *range(20, 29))])
    others = [replace(job, prompt=other, seed=seed) for seed in (5, 6, 7)]
    mixed = run(model, [*others[:2], job, others[2]])
    assert alone.shape[1] == model.config.talker.num_code_groups
    assert torch.equal(alone, four[2][0])
    assert torch.equal(alone, ten[0][0])
    assert torch.equal(alone, mixed[2][0])
    assert not torch.equal(four[0][0], four[1][0])


def test_codes_are_those_of_torch(model: Qwen3Model, model_without_kernels: Qwen3Model) -> None:
    job = Job(prompt(model, "I will be there at noon."), 7, FREE)
    ((ours, _),), ((torchs, _),) = run(model, [job]), run(model_without_kernels, [job])
    assert torch.equal(ours, torchs)


def test_streaming_text_batches_with_whole_text(model: Qwen3Model) -> None:
    jobs = [
        Job(prompt(model, "Hi!"), 1, FREE),
        Job(prompt(model, "What a beautiful morning it is.", streaming=True), 2, FREE),
        Job(prompt(model, "No, never.", streaming=True), 3, FREE),
    ]
    for job, (codes, _) in zip(jobs, run(model, jobs), strict=True):
        assert torch.equal(codes, run(model, [job])[0][0])


def test_waiting_rows_take_the_places_of_finished_ones(model: Qwen3Model) -> None:
    said = prompt(model, "Hi!")
    jobs = [Job(said, seed, Budget(3 + seed, 3 + seed, guarded=False)) for seed in range(7)]
    together, in_turns = run(model, jobs), run(model, jobs, max_rows=2)
    for (codes, why), (again, why_again) in zip(together, in_turns, strict=True):
        assert torch.equal(codes, again)
        assert why == why_again


def test_a_room_can_be_used_again(model: Qwen3Model) -> None:
    jobs = [Job(prompt(model, "Hi!"), seed, FREE) for seed in (1, 2)]
    first = run(model, jobs)
    used = room(model)
    for _ in range(2):
        list(Generation(model.speech, used, jobs[::-1], SAMPLED, CancelToken()))
    again: list[Tensor] = []
    for updates in Generation(model.speech, used, jobs[:1], SAMPLED, CancelToken()):
        again += [update.codes for update in updates]
    assert torch.equal(torch.cat(again), first[0][0])


def test_an_end_comes_at_the_third_token_at_the_earliest(model: Qwen3Model) -> None:
    """Spec 8.2: without a minimum some servers gave empty audio."""
    speech = model.speech
    head = speech.talker.codec_head
    calls: list[int] = []

    class EndsAtOnce(torch.nn.Module):
        def forward(self, hidden: Tensor) -> Tensor:
            logits = head(hidden)
            logits[:, model.config.talker.codec_eos_token_id] = 1e4
            calls.append(len(logits))
            return logits

    speech.talker.codec_head = EndsAtOnce()  # type: ignore[assignment]
    try:
        ((codes, why),) = run(model, [Job(prompt(model, "Hi!"), 1, FREE)])
    finally:
        speech.talker.codec_head = head
    assert (len(codes), why) == (2, "eos")
    assert calls


def test_the_budget_ends_a_row(model: Qwen3Model) -> None:
    ((codes, why),) = run(model, [Job(prompt(model, "Hi!"), 3, Budget(2, 2))])
    assert (len(codes), why) == (2, "budget")


class CountingToken(CancelToken):
    """Counts the frames that were made."""

    frames = 0

    def check(self) -> None:
        self.frames += 1
        super().check()


def test_a_row_that_is_stuck_goes_back_once_and_is_cut_then(model: Qwen3Model) -> None:
    job = Job(prompt(model, "Hi!"), 5, Budget(400, 400))
    token = CountingToken()
    generation = Generation(model.speech, room(model), [job], STUCK, token)
    (update,) = [update for updates in generation for update in updates if update.finish_reason]
    ((free, _),) = run(model, [replace(job, budget=Budget(60, 60, guarded=False))], STUCK)
    watch = Watch(job.budget)
    while not watch.runaway:
        watch.see(int(free[watch.frames, 0]))
    ((codes, _),) = run(model, [job], STUCK)
    assert update.finish_reason == "loop"
    assert torch.equal(codes[: watch.cleared], free[: watch.cleared])
    assert len(codes) < 60
    first_try, second_try = watch.frames, STUCK_FRAMES - HELD_FRAMES
    assert token.frames >= first_try + second_try


def test_a_row_over_budget_goes_back_to_what_is_enough(model: Qwen3Model) -> None:
    job = Job(prompt(model, "Hi!"), 4, Budget(6, 12))
    ((codes, why),) = run(model, [job], STUCK)
    ((free, _),) = run(model, [replace(job, budget=Budget(12, 12, guarded=False))], STUCK)
    assert (len(codes), why) == (12, "budget")
    assert torch.equal(codes[:6], free[:6])
    assert not torch.equal(codes[6:], free[6:])


def test_stop_and_restart(model: Qwen3Model) -> None:
    jobs = [Job(prompt(model, "Hi!"), seed, FREE) for seed in (1, 2, 3)]
    expected = run(model, jobs)
    generation = Generation(model.speech, room(model), jobs, SAMPLED, CancelToken())
    codes: list[list[Tensor]] = [[], [], []]
    for number, updates in enumerate(generation):
        for update in updates:
            codes[update.job].append(update.codes)
        if number == 3:
            generation.stop(0)
            assert generation.restart(1)
            codes[1].clear()
            assert not generation.restart(0), "it has been stopped"
    assert sum(map(len, codes[0])) == 4
    again = torch.cat(codes[1])
    assert not torch.equal(again[:4], expected[1][0][:4])
    assert torch.equal(torch.cat(codes[2]), expected[2][0])


def test_a_waiting_job_can_be_stopped(model: Qwen3Model) -> None:
    jobs = [Job(prompt(model, "Hi!"), seed, Budget(4, 4, guarded=False)) for seed in (1, 2, 3)]
    generation = Generation(model.speech, room(model), jobs, SAMPLED, CancelToken(), max_rows=1)
    made: set[int] = set()
    for updates in generation:
        made |= {update.job for update in updates}
        generation.stop(1)
    assert made == {0, 2}


def test_cancel_stops_between_two_frames(model: Qwen3Model) -> None:
    cancel = CancelToken()
    job = Job(prompt(model, "Hi!"), 1, Budget(500, 500, guarded=False))
    generation = Generation(model.speech, room(model), [job] * 2, SAMPLED, cancel)
    looks = 0
    with pytest.raises(Cancelled):
        for _ in generation:
            looks += 1
            if looks == 3:
                cancel.cancel()
    assert looks == 3


class TestWatch:
    def test_all_is_clear_while_codes_change(self) -> None:
        watch = Watch(Budget(100, 200))
        for code in range(60):
            watch.see(code)
            assert watch.runaway is None
        assert watch.cleared >= 60 - 3

    def test_a_standstill_is_held_back_and_then_stuck(self) -> None:
        watch = Watch(Budget(500, 1000))
        for code in range(10):
            watch.see(code)
        for count in range(STUCK_FRAMES - 3):  # with the two different codes before them
            watch.see(99)
            assert watch.runaway is None, count
        assert watch.cleared == 8 + HELD_FRAMES
        watch.see(99)
        assert watch.runaway == "loop"

    def test_a_pause_is_let_go_when_speech_goes_on(self) -> None:
        watch = Watch(Budget(500, 1000))
        for code in [*range(10), *[50] * 20, *range(10, 14)]:
            watch.see(code)
        assert watch.frames == 34
        assert watch.cleared == 34

    def test_beyond_the_soft_budget_nothing_is_clear_until_the_end(self) -> None:
        watch = Watch(Budget(20, 40))
        for code in range(40):
            watch.see(code)
        assert (watch.cleared, watch.runaway) == (20, None)
        watch.see(41)
        assert watch.runaway == "budget"

    def test_unguarded_rows_are_left_alone(self) -> None:
        watch = Watch(Budget(60, 60, guarded=False))
        for _ in range(60):
            watch.see(1)
        assert (watch.cleared, watch.runaway) == (60, None)
