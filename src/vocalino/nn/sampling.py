"""From logits to one token a row: penalties, temperature, top-k, top-p, a given random number.

The order of the steps is that of transformers' logits processors and warpers, so that scores can
be compared with it; the draw itself is ours: the random number comes in from outside, and a row's
token depends on its own logits and number alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vocalino.errors import RequestError


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn. `top_k` 0 and `top_p` 1 switch those off; `greedy` takes the best.

    Raises:
        RequestError: a value out of bounds.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    greedy: bool = False

    def __post_init__(self) -> None:
        if not self.greedy and not self.temperature > 0.0:
            raise RequestError(
                f"temperature must be above 0 to sample, got {self.temperature}: "
                "ask for greedy decoding instead"
            )
        if self.top_k < 0:
            raise RequestError(f"top_k must be 0 (off) or more, got {self.top_k}")
        if not 0.0 <= self.top_p <= 1.0:
            raise RequestError(f"top_p must be from 0 to 1, got {self.top_p}")
        if not self.repetition_penalty > 0.0:
            raise RequestError(f"repetition_penalty must be above 0, got {self.repetition_penalty}")


def penalise(logits: Tensor, seen: Tensor, penalty: float) -> Tensor:
    """Make the tokens that a row has had less likely. logits [B, V], `seen` [B, V] bool."""
    if penalty == 1.0:
        return logits
    return torch.where(seen, torch.where(logits < 0, logits * penalty, logits / penalty), logits)


def warp(scores: Tensor, sampling: Sampling) -> Tensor:
    """Temperature, then top-k, then top-p: dropped tokens are -inf. [B, V] -> [B, V]"""
    if sampling.temperature != 1.0:
        scores = scores / sampling.temperature
    if 0 < sampling.top_k < scores.shape[-1]:
        lowest = scores.topk(sampling.top_k, dim=-1).values[:, -1:]
        scores = scores.masked_fill(scores < lowest, -torch.inf)  # ties with the k-th stay
    if sampling.top_p < 1.0:
        ordered, order = scores.sort(dim=-1)  # the least likely first
        dropped = ordered.softmax(dim=-1).cumsum(dim=-1) <= 1.0 - sampling.top_p
        dropped[:, -1] = False
        scores = scores.masked_fill(dropped.scatter(1, order, dropped), -torch.inf)
    return scores


def draw(scores: Tensor, uniform: Tensor) -> Tensor:
    """The token at `uniform` [B] of each row's cumulative distribution. [B, V] -> [B]

    Numbers are multiples of 2^-23 below 1, so that `uniform * total` stays below the total by far
    more than float64 rounds. In float32 it would not: CUDA adds the sums of a single row in an
    order of each place's own, they waver by a last bit, and a dropped token could be hit.
    """
    cumulative = scores.softmax(dim=-1).cumsum(dim=-1, dtype=torch.float64)
    at = uniform.unsqueeze(-1) * cumulative[:, -1:]
    return (cumulative <= at).sum(dim=-1)


def pick(scores: Tensor, sampling: Sampling, uniform: Tensor) -> Tensor:
    """One token a row: the best, or one drawn. [B, V] float32 -> [B]"""
    if sampling.greedy:
        return scores.argmax(dim=-1)
    return draw(warp(scores, sampling), uniform)
