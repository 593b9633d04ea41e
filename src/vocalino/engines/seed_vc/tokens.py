"""Drawing one token from the style model's logits (spec section 7.4)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vocalino.nn.sampling import penalise

MIN_TEMPERATURE = 1e-5
RECENT_TOKENS = 50  # a second
FIRST_ONLY = 0


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn.

    `penalised` is how many of the last tokens the repetition penalty makes less likely. FIRST_ONLY
    is the reference's slip: only the very first token of a sequence, for ever.
    """

    top_p: float
    temperature: float
    repetition_penalty: float
    penalised: int = RECENT_TOKENS


def choose(
    logits: Tensor, history: Tensor, end: int | None, sampling: Sampling, exponentials: Tensor
) -> Tensor:
    """One token a row, [B].

    Args:
        logits: [B, V] float32.
        history: [B, k] tokens so far.
        end: the id that may not be drawn yet, if any.
        exponentials: [B, V] drawn from Exp(1); a row's token depends on its own alone.
    """
    if sampling.repetition_penalty != 1.0 and history.shape[1]:
        recent = history[:, -sampling.penalised :] if sampling.penalised else history[:, :1]
        seen = torch.zeros_like(logits, dtype=torch.bool).scatter_(1, recent, True)
        logits = penalise(logits, seen, sampling.repetition_penalty)
    if end is not None:
        logits = logits.index_fill(1, torch.tensor([end], device=logits.device), -torch.inf)
    ordered, order = logits.sort(dim=-1, descending=True, stable=True)
    # The token that crosses the threshold is dropped too; the first always stays.
    dropped = ordered.softmax(dim=-1).cumsum(dim=-1) > sampling.top_p
    dropped[:, 0] = False
    logits = logits.masked_fill(dropped.scatter(1, order, dropped), -torch.inf)
    likely = (logits / max(sampling.temperature, MIN_TEMPERATURE)).softmax(dim=-1)
    return (likely / exponentials).argmax(dim=-1)
