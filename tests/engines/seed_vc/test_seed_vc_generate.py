"""The style model's sequences: how tokens are drawn, and when a row is over."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from vocalino.cancel import CancelToken
from vocalino.engines.seed_vc import generate as generation
from vocalino.engines.seed_vc.engine import SeedVC
from vocalino.engines.seed_vc.generate import LOOP_TOKENS, Job, Made, generate, looping
from vocalino.engines.seed_vc.tokens import FIRST_ONLY, Sampling, choose

EVEN = Sampling(top_p=1.0, temperature=1.0, repetition_penalty=1.0)


def drawn(
    logits: list[float], sampling: Sampling, history: tuple[int, ...] = (), end: int | None = None
) -> int:
    scores = torch.tensor([logits])
    so_far = torch.tensor([history], dtype=torch.long)
    return int(choose(scores, so_far, end, sampling, torch.ones(1, len(logits))))


def test_exponentials_draw_in_proportion() -> None:
    """The least of Exp(1) / probability is token i with probability i."""
    probabilities = torch.tensor([0.5, 0.3, 0.15, 0.05])
    noise = torch.empty(20_000, 4).exponential_(generator=torch.Generator().manual_seed(0))
    logits = probabilities.log().expand(20_000, 4)
    tokens = choose(logits, torch.empty(20_000, 0, dtype=torch.long), None, EVEN, noise)
    shares = torch.bincount(tokens, minlength=4) / 20_000
    assert (shares - probabilities).abs().max() < 0.02


def test_top_p_drops_the_token_that_crosses_it_but_never_the_first() -> None:
    noise = torch.tensor([[1.0, 1e-9, 1e-9, 1e-9]])  # favours all but the first
    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log()
    none = torch.empty(1, 0, dtype=torch.long)
    for top_p, kept in ((0.0, {0}), (0.7, {0}), (0.81, {0, 1}), (0.96, {0, 1, 2})):
        sampling = Sampling(top_p, 1.0, 1.0)
        chosen = int(choose(logits, none, None, sampling, noise))
        assert chosen == (1 if 1 in kept else 0)
        last = torch.tensor([[1.0, 1.0, 1.0, 1e-9]])
        assert int(choose(logits, none, None, sampling, last)) in kept


def test_the_end_can_be_put_off() -> None:
    assert drawn([0.0, 5.0], EVEN) == 1
    assert drawn([0.0, 5.0], EVEN, end=1) == 0


def test_repetition_is_penalised_among_the_last_tokens() -> None:
    logits = [2.0, 1.9, -1.0]
    assert drawn(logits, Sampling(1.0, 1.0, 1.5), (0,)) == 1
    assert drawn(logits, Sampling(1.0, 1.0, 1.5, penalised=2), (0, 2, 2)) == 0, "long ago"
    published = Sampling(1.0, 1.0, 1.5, FIRST_ONLY)
    assert drawn(logits, published, (0, 2, 2)) == 1, "upstream: the first token, for ever"
    assert drawn(logits, published, (2, 0, 0)) == 0, "and no other"


def test_a_loop_is_a_short_pattern_for_long() -> None:
    assert looping([1] * LOOP_TOKENS)
    assert looping([9, 9] + [1, 2, 3] * (LOOP_TOKENS // 3))
    assert not looping([1] * (LOOP_TOKENS - 1))
    assert not looping(list(range(LOOP_TOKENS)))
    assert not looping([*[1, 2, 3] * (LOOP_TOKENS // 3), 7])


@pytest.fixture
def jobs(converter: SeedVC) -> list[Job]:
    style = converter.model.style
    random = torch.Generator().manual_seed(3)

    def job(narrow: int, prompt: int, seed: int) -> Job:
        ids = torch.randint(0, 8, (narrow,), generator=random)
        heard = torch.randint(0, 64, (prompt,), generator=random)

        def exponentials(first: int, count: int) -> Tensor:
            own = torch.Generator().manual_seed(seed * 1000 + first)
            return torch.empty(count, 65).exponential_(generator=own)

        with torch.inference_mode():
            return Job(style.length_regulator(ids), heard, exponentials, 200)

    return [job(23, 17, 1), job(5, 0, 2), job(40, 30, 3), job(11, 17, 4)]


@pytest.mark.parametrize("polled", [1, 8])
def test_a_row_is_the_same_beside_any_others(
    converter: SeedVC, jobs: list[Job], polled: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows end at different times; those that are left move up. `polled`: as on a GPU."""
    ar = converter.model.style.ar
    alone = [generate(ar, [job], EVEN, CancelToken())[0] for job in jobs]
    assert len({len(made.tokens) for made in alone}) > 1
    if polled > 1:
        made_batch = generation._Batch.__init__

        def gpu_like(self: generation._Batch, *rest: object) -> None:
            made_batch(self, *rest)  # type: ignore[arg-type]
            self.poll = polled

        monkeypatch.setattr(generation._Batch, "__init__", gpu_like)
    assert generate(ar, jobs, EVEN, CancelToken()) == alone
    assert generate(ar, jobs[::-1], EVEN, CancelToken()) == alone[::-1]


def test_a_mask_sees_what_lengths_see(
    converter: SeedVC, jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GPU masks one window for all rows; the CPU gives each row its own length."""
    ar = converter.model.style.ar
    expected = generate(ar, jobs, EVEN, CancelToken())
    made_batch = generation._Batch.__init__

    def gpu_like(self: generation._Batch, *rest: object) -> None:
        made_batch(self, *rest)  # type: ignore[arg-type]
        self.on_cpu = False

    monkeypatch.setattr(generation._Batch, "__init__", gpu_like)
    assert generate(ar, jobs, EVEN, CancelToken()) == expected


def test_a_row_that_does_not_end_is_stopped(converter: SeedVC, jobs: list[Job]) -> None:
    ar = converter.model.style.ar
    endless = Job(jobs[0].narrow, jobs[0].prompt, lambda first, count: _never(count), 33)
    made = generate(ar, [endless, jobs[1]], EVEN, CancelToken())
    assert (len(made[0].tokens), made[0].ended) == (33, False)
    assert made[1] == generate(ar, [jobs[1]], EVEN, CancelToken())[0]


def _never(count: int) -> Tensor:
    """Draws that no end survives."""
    draws = torch.ones(count, 65)
    draws[:, 64] = torch.inf
    return draws


def test_ten_tokens_come_before_the_end(converter: SeedVC, jobs: list[Job]) -> None:
    def at_once(first: int, count: int) -> Tensor:
        draws = torch.ones(count, 65)
        draws[:, 64] = 1e-30
        return draws

    job = Job(jobs[0].narrow, jobs[0].prompt, at_once, 200)
    made: Made = generate(converter.model.style.ar, [job], EVEN, CancelToken())[0]
    assert (len(made.tokens), made.ended) == (10, True)
