"""Penalties, warping and drawing: transformers' scores, and tokens that are a row's own affair."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from vocalino.errors import RequestError
from vocalino.nn.sampling import Sampling, draw, penalise, pick, warp

upstream = pytest.importorskip("transformers.generation.logits_process")

LARGEST = 1.0 - 2.0**-23  # the largest number that is ever drawn with


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def random_scores(rows: int, vocabulary: int, *, spread: float = 3.0, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(rows, vocabulary, generator=generator) * spread


def some_dropped(rows: int, vocabulary: int, *, seed: int) -> Tensor:
    """Rows from flat to peaked, from one token left to all but one; the last is often dropped."""
    generator = torch.Generator().manual_seed(seed)
    scores = random_scores(rows, vocabulary, spread=1.0, seed=seed + 1)
    scores *= torch.logspace(-2, 1.5, rows).unsqueeze(1)
    kept = torch.randint(1, vocabulary, (rows, 1), generator=generator)
    place = torch.rand(rows, vocabulary, generator=generator).argsort(dim=1)
    return scores.masked_fill(place >= kept, -torch.inf)


def logs(*probabilities: float) -> Tensor:
    return torch.tensor([probabilities]).log()


def kept(scores: Tensor) -> list[int]:
    """The tokens that a single row has left."""
    return torch.isfinite(scores[0]).nonzero().flatten().tolist()


class TestAsTransformersHasIt:
    @pytest.mark.parametrize("penalty", [1.0, 1.05, 1.7, 0.6])
    def test_penalise(self, penalty: float) -> None:
        logits = random_scores(32, 97)
        ids = torch.randint(97, (32, 40), generator=torch.Generator().manual_seed(1))  # repeats
        seen = torch.zeros(32, 97, dtype=torch.bool).scatter_(1, ids, True)
        theirs = upstream.RepetitionPenaltyLogitsProcessor(penalty)(ids, logits.clone())
        assert torch.equal(penalise(logits, seen, penalty), theirs)

    @pytest.mark.parametrize("temperature", [1.0, 0.9, 0.3, 2.5])
    @pytest.mark.parametrize("top_k", [0, 1, 7, 50, 97, 500])
    @pytest.mark.parametrize("top_p", [1.0, 0.95, 0.5, 0.0])
    def test_warp(self, temperature: float, top_k: int, top_p: float) -> None:
        scores = random_scores(64, 97)
        scores[::2] = scores[::2].round()  # ties
        scores[:, 60:70] = -torch.inf  # what was banned before
        ids = torch.zeros(64, 0, dtype=torch.long)
        steps: list[Any] = [upstream.TemperatureLogitsWarper(temperature)]
        steps += [upstream.TopKLogitsWarper(top_k)] if top_k else []
        steps += [upstream.TopPLogitsWarper(top_p)] if top_p < 1.0 else []
        theirs = scores.clone()
        for step in steps:
            theirs = step(ids, theirs)
        assert torch.equal(warp(scores, Sampling(temperature, top_k, top_p)), theirs)


class TestWarp:
    def test_nothing_asked_nothing_changed(self) -> None:
        scores = random_scores(4, 11)
        assert torch.equal(warp(scores, Sampling()), scores)

    def test_ties_with_the_last_of_the_top_k_stay(self) -> None:
        scores = torch.tensor([[1.0, 3.0, 2.0, 2.0, 2.0, 0.0]])
        assert kept(warp(scores, Sampling(top_k=1))) == [1]
        assert kept(warp(scores, Sampling(top_k=2))) == [1, 2, 3, 4]

    @pytest.mark.parametrize("top_p", [0.0, 1e-3, 0.1, 0.37, 0.8, 0.99])
    def test_top_p_keeps_the_fewest_that_reach_it(self, top_p: float) -> None:
        scores = random_scores(300, 40, spread=2.0)
        probabilities, order = scores.double().softmax(dim=-1).sort(dim=-1, descending=True)
        short = (probabilities.cumsum(dim=-1) < top_p).sum(dim=-1)  # sets that do not reach it
        wanted = torch.arange(40) < (short + 1).unsqueeze(1)  # at least one
        left = torch.isfinite(warp(scores, Sampling(top_p=top_p)))
        assert torch.equal(left.gather(1, order), wanted)

    def test_temperature_comes_before_top_p(self) -> None:
        scores = logs(0.4, 0.3, 0.2, 0.1)
        assert kept(warp(scores, Sampling(top_p=0.38))) == [0]
        assert kept(warp(scores, Sampling(temperature=2.0, top_p=0.38))) == [0, 1]

    def test_top_p_is_a_share_of_what_top_k_left(self) -> None:
        scores = logs(0.4, 0.3, 0.2, 0.1)
        assert kept(warp(scores, Sampling(top_p=0.5))) == [0, 1]
        assert kept(warp(scores, Sampling(top_k=2, top_p=0.5))) == [0]


class TestDraw:
    @pytest.mark.parametrize("uniform", [0.0, 0.5, LARGEST])
    @pytest.mark.parametrize(("rows", "vocabulary"), [(5000, 33), (2000, 500)])
    def test_a_dropped_token_is_never_hit(self, uniform: float, rows: int, vocabulary: int) -> None:
        scores = some_dropped(rows, vocabulary, seed=vocabulary)
        tokens = draw(scores, torch.full((rows,), uniform))
        assert scores.gather(1, tokens.unsqueeze(1)).isfinite().all()

    @pytest.mark.parametrize("top_k", [0, 50])
    def test_the_largest_number_does_not_reach_banned_ids_at_the_end(self, top_k: int) -> None:
        scores = random_scores(2000, 3072)
        scores[:, 2048:] = -torch.inf
        warped = warp(scores, Sampling(0.9, top_k))
        tokens = draw(warped, torch.full((2000,), LARGEST))
        assert warped.gather(1, tokens.unsqueeze(1)).isfinite().all()

    @pytest.mark.gpu
    @pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
    def test_nor_does_it_where_cuda_sums_a_single_row(self) -> None:
        scores = random_scores(500, 3072).cuda()
        scores[:, 2048:] = -torch.inf
        largest = torch.full((1,), LARGEST, device="cuda")
        assert all(draw(row, largest).item() < 2048 for row in scores.split(1))

    def test_the_smallest_and_the_largest_number_take_the_ends(self) -> None:
        scores = torch.tensor([[-torch.inf, 0.0, 1.0, -torch.inf, 0.5, -torch.inf]]).expand(2, -1)
        assert draw(scores, torch.tensor([0.0, LARGEST])).tolist() == [1, 4]

    def test_every_token_has_its_share_of_the_numbers(self) -> None:
        scores = warp(random_scores(1, 60, spread=2.0, seed=5), Sampling(0.9, top_k=40))
        count = 2**14
        uniforms = torch.arange(count) / count
        tokens = draw(scores.expand(count, -1), uniforms)
        shares = scores[0].double().softmax(dim=-1) * count
        found = torch.bincount(tokens, minlength=60)
        assert (found - shares).abs().max() < 1.1  # an interval's ends fall between the numbers
        assert (tokens.diff() >= 0).all()

    def test_a_row_does_not_depend_on_others(self) -> None:
        scores = some_dropped(200, 97, seed=9)
        numbers = torch.rand(200, generator=torch.Generator().manual_seed(2))
        sampling = Sampling(0.8, top_k=30, top_p=0.9)
        together = pick(scores, sampling, numbers)
        order = torch.randperm(200, generator=torch.Generator().manual_seed(3))
        assert torch.equal(pick(scores[order], sampling, numbers[order]), together[order])
        for row in range(200):
            one = slice(row, row + 1)
            assert torch.equal(pick(scores[one], sampling, numbers[one]), together[one])


class TestPick:
    def test_greedy_takes_the_best_whatever_else_is_said(self) -> None:
        scores = random_scores(50, 30)
        greedy = Sampling(temperature=0.0, top_k=3, top_p=0.1, greedy=True)
        assert torch.equal(pick(scores, greedy, torch.full((50,), LARGEST)), scores.argmax(dim=-1))

    def test_otherwise_it_draws_from_what_warping_left(self) -> None:
        scores, sampling = random_scores(300, 30, spread=0.5), Sampling(0.9, top_k=4)
        numbers = torch.rand(300, generator=torch.Generator().manual_seed(4))
        tokens = pick(scores, sampling, numbers)
        assert torch.equal(tokens, draw(warp(scores, sampling), numbers))
        rank = (scores > scores.gather(1, tokens.unsqueeze(1))).sum(dim=-1)
        assert rank.unique().tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"temperature": 0.0}, "temperature must be above 0 to sample, got 0.0: ask for greedy"),
        ({"temperature": -1.0}, "temperature must be above 0 to sample, got -1.0"),
        ({"temperature": float("nan")}, "temperature must be above 0 to sample, got nan"),
        ({"top_k": -1}, r"top_k must be 0 \(off\) or more, got -1"),
        ({"top_p": -0.1}, "top_p must be from 0 to 1, got -0.1"),
        ({"top_p": 1.5}, "top_p must be from 0 to 1, got 1.5"),
        ({"top_p": float("nan")}, "top_p must be from 0 to 1, got nan"),
        ({"repetition_penalty": 0.0}, "repetition_penalty must be above 0, got 0.0"),
        ({"greedy": True, "top_k": -1}, "top_k must be 0"),
    ],
)
def test_values_out_of_bounds_are_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(RequestError, match=said):
        Sampling(**values)
