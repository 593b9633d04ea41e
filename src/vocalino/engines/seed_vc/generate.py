"""Sequences of wide content indices from the style model, many rows in one batch (spec 7.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vocalino.cancel import CancelToken
from vocalino.engines.seed_vc.ar import Ar, Places
from vocalino.engines.seed_vc.tokens import Sampling, choose
from vocalino.nn.kv_cache import Run, Window, runs_of

MIN_TOKENS = 10  # before them the end may not come
POLL_TOKENS = 8  # on a GPU: how many are made before the host looks at them
LOOP_TOKENS = 150  # three seconds of one short pattern over and over are none of speech
LONGEST_PATTERN = 16
_DRAWN_AHEAD = 32

Exponentials = Callable[[int, int], Tensor]
"""(first token, count) -> draws from Exp(1) for those tokens of a row, [count, V]."""


@dataclass(frozen=True)
class Job:
    """A sequence to be made: its prefix, its random numbers, and how long it may get."""

    narrow: Tensor  # embedded [N, W]
    prompt: Tensor  # wide indices [P]
    exponentials: Exponentials
    most: int

    @property
    def prefix(self) -> int:
        """Places that the prefix takes, separators included."""
        return len(self.narrow) + len(self.prompt) + 2


@dataclass(frozen=True)
class Made:
    """The indices of a job. `ended` is false where it had to be stopped."""

    tokens: tuple[int, ...]
    ended: bool


@torch.inference_mode()
def generate(
    ar: Ar, jobs: Sequence[Job], sampling: Sampling, cancel: CancelToken, *, guarded: bool = True
) -> list[Made]:
    """Make all `jobs`; each is the same whatever else is made with it (exactly so on the CPU).

    Args:
        guarded: stop a row that repeats itself (`looping`).

    Raises:
        Cancelled: between two tokens.
    """
    batch = _Batch(ar, jobs, sampling)
    while batch.rows:
        cancel.check()
        batch.draw()
        batch.look(guarded)
        batch.step()
    return [batch.made[number] for number in range(len(jobs))]


def looping(tokens: Sequence[int]) -> bool:
    """True when the last LOOP_TOKENS are one pattern of up to LONGEST_PATTERN, over and over."""
    if len(tokens) < LOOP_TOKENS:
        return False
    last = tokens[-LOOP_TOKENS:]
    return any(
        all(last[place] == last[place - length] for place in range(length, LOOP_TOKENS))
        for length in range(1, LONGEST_PATTERN + 1)
    )


class _Batch:
    """The rows that are still being made; its tensors have a place for each of them."""

    def __init__(self, ar: Ar, jobs: Sequence[Job], sampling: Sampling) -> None:
        self.ar, self.jobs, self.sampling = ar, jobs, sampling
        self.on_cpu = ar.sep_token_emb.device.type == "cpu"
        self.poll = 1 if self.on_cpu else POLL_TOKENS
        self.rows = list(range(len(jobs)))
        self.made: dict[int, Made] = {}
        self.count = 0  # tokens drawn so far, the same for every row
        most = max(job.most for job in jobs) + self.poll
        self.cache = ar.new_cache(len(jobs), max(job.prefix for job in jobs) + most)
        self.logits = torch.cat(
            [
                ar.prefill(job.narrow, job.prompt, self.cache.rows(row, row + 1))
                for row, job in enumerate(jobs)
            ]
        )
        device = self.logits.device
        self.history = torch.zeros(len(jobs), most, dtype=torch.long, device=device)
        self.prefixes = torch.tensor([job.prefix for job in jobs], device=device)
        self.prompts = torch.tensor([len(job.prompt) for job in jobs], device=device)
        self.drawn = self.logits.new_empty(0)

    def draw(self) -> None:
        """One token more for every row."""
        ahead = self.count % _DRAWN_AHEAD
        if ahead == 0:
            blocks = [self.jobs[row].exponentials(self.count, _DRAWN_AHEAD) for row in self.rows]
            self.drawn = torch.stack(blocks).to(self.logits.device)
        end = self.ar.config.end if self.count < MIN_TOKENS else None
        so_far = self.history[:, : self.count]
        tokens = choose(self.logits, so_far, end, self.sampling, self.drawn[:, ahead])
        self.history[:, self.count] = tokens
        self.count += 1

    def look(self, guarded: bool) -> None:
        """Take out the rows that are over."""
        if self.count % self.poll:
            return
        keep: list[int] = []
        for place, tokens in enumerate(self.history[:, : self.count].tolist()):
            row = self.rows[place]
            made = _over(tokens, self.ar.config.end, self.jobs[row].most, guarded)
            if made is None:
                keep.append(place)
            else:
                self.made[row] = made
        if len(keep) < len(self.rows):
            self._keep(keep)

    def step(self) -> None:
        """The logits of every row's next token."""
        if not self.rows:
            return
        place = self.count - 1  # of the newest token, behind the prefix
        lengths = [self.jobs[row].prefix + self.count for row in self.rows]
        longest = max(lengths)
        position = self.prefixes + place
        if self.on_cpu:
            window = Window(position, runs_of(lengths))
        else:
            seen = torch.arange(longest, device=position.device) <= position.unsqueeze(1)
            run = Run(0, len(self.rows), longest)
            window = Window(position, (run,), seen[:, None, None])
        rotary = (self.prompts + self.count).clamp_(max=self.ar.config.positions - 1)
        places = Places(rotary, window)
        self.logits = self.ar.step(self.history[:, place], places, self.cache)

    def _keep(self, places: list[int]) -> None:
        for new, old in enumerate(places):
            if new != old:
                self.cache.copy_row(old, new, self.jobs[self.rows[old]].prefix + self.count)
        self.cache = self.cache.rows(0, len(places))
        self.rows = [self.rows[place] for place in places]
        kept = torch.tensor(places, dtype=torch.long, device=self.history.device)
        self.history, self.drawn = self.history[kept], self.drawn[kept]
        self.prefixes, self.prompts = self.prefixes[kept], self.prompts[kept]


def _over(tokens: Sequence[int], end: int, most: int, guarded: bool) -> Made | None:
    """What a row has become, None if it goes on. The host may look some tokens late."""
    allowed = tokens[: most + 1]
    if end in allowed:
        return Made(tuple(allowed[: allowed.index(end)]), ended=True)
    if len(tokens) > most or (guarded and looping(tokens)):
        return Made(tuple(tokens[:most]), ended=False)
    return None
