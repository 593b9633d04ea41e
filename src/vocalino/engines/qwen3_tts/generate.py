"""The batched decode loop: prompts in, cleared frames of codes out, row by row.

Rows of one prompt share a prefill; rows of different prompts share the frames. A row that has
ended leaves the batch, and a waiting one takes its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import torch
from torch import Tensor

from vocalino.cancel import CancelToken
from vocalino.engines.qwen3_tts.frame import RUNNING, Draws, feed
from vocalino.engines.qwen3_tts.model import SpeechModel
from vocalino.engines.qwen3_tts.prompt import Prompt
from vocalino.engines.qwen3_tts.randomness import uniforms
from vocalino.engines.qwen3_tts.room import MAX_ROWS, Room
from vocalino.engines.qwen3_tts.stopping import Budget, Watch
from vocalino.nn.kv_cache import Run
from vocalino.seeds import derived_seed
from vocalino.take import FinishReason


@dataclass(frozen=True)
class Job:
    """One row to be made: what it says, its randomness, how long it may be."""

    prompt: Prompt
    seed: int
    budget: Budget


@dataclass(frozen=True)
class Update:
    """New frames of a job that may be heard; with a reason they are its last."""

    job: int
    codes: Tensor  # [T, K]
    finish_reason: FinishReason | None = None


@dataclass
class _Row:
    """What the host knows of a row. Its place in the batch is its place in the list."""

    job: int
    prompt: Prompt
    seed: int
    watch: Watch
    frames: int = 0  # made, ends included
    released: int = 0
    retried: bool = False
    stopped: bool = False
    again: bool = False

    @property
    def positions(self) -> int:
        return len(self.prompt) + self.frames


@dataclass
class Generation:
    """One batch on its way. Iterate over it; `stop` and `restart` may be called in between."""

    model: SpeechModel
    room: Room
    jobs: Sequence[Job]
    draws: Draws
    cancel: CancelToken
    max_rows: int = MAX_ROWS
    _active: list[_Row] = field(default_factory=list[_Row])

    def __post_init__(self) -> None:
        jobs = self.jobs
        self._waiting = list(range(len(jobs)))
        frames = max(job.budget.hard for job in jobs) + 1  # the one that could still be the end
        self._rows = self.room.fit(
            rows=min(len(jobs), self.max_rows),
            positions=max(len(job.prompt) + job.budget.hard + 1 for job in jobs),
            frames=frames,
            trailing=max(len(job.prompt.trailing_ids) for job in jobs) + 1,
        )

    def stop(self, job: int) -> None:
        """No more frames of `job` are wanted; there will be no further update of it."""
        self._waiting = [waiting for waiting in self._waiting if waiting != job]
        for row in self._active:
            row.stopped |= row.job == job

    def restart(self, job: int) -> bool:
        """Make `job` again from its first frame, with other random numbers.

        False if it has ended or has had its other try.
        """
        row = next((row for row in self._active if row.job == job), None)
        if row is None or row.stopped or row.retried:
            return False
        row.again = True
        return True

    @torch.inference_mode()
    def __iter__(self) -> Iterator[list[Update]]:
        """What is new, at every look at the rows. Raises Cancelled between two frames."""
        while self._active or self._waiting:
            self._admit()
            for _ in range(self.room.poll_frames):
                self.cancel.check()
                self.room.step([row.positions + 1 for row in self._active], self.draws)
                for row in self._active:
                    row.frames += 1
            yield list(self._poll())
            self._turn_back()
            self._leave()

    def _admit(self) -> None:
        """Fill free places, in the order of the jobs."""
        free = min(self.max_rows, self._rows.sizes[0]) - len(self._active)
        admitted, self._waiting = self._waiting[:free], self._waiting[free:]
        for prompt, jobs in groupby(admitted, lambda job: self.jobs[job].prompt):
            first = len(self._active)
            for job in jobs:
                self._place(job, prompt)
            self._prefill(prompt, first, len(self._active))

    def _place(self, job: int, prompt: Prompt) -> None:
        rows, place = self._rows, len(self._active)
        asked = self.jobs[job]
        self._active.append(_Row(job, prompt, asked.seed, Watch(asked.budget)))
        rows.seen[place] = False
        rows.frame[place] = 0
        rows.position[place] = len(prompt)
        rows.ended[place] = RUNNING
        self._draw(place, asked.seed)

    def _draw(self, place: int, seed: int) -> None:
        """Give a row the random numbers of `seed`."""
        _, frames, groups = self._rows.uniforms.shape
        self._rows.uniforms[place] = torch.from_numpy(uniforms(seed, frames, groups))

    def _prefill(self, prompt: Prompt, first: int, end: int) -> None:
        """Run the prompt once, for all of the places `first` to `end`."""
        rows, talker = self._rows, self.model.talker
        hidden = talker.prefill(prompt, rows.cache.rows(first, first + 1))
        rows.cache.copy_row(first, slice(first + 1, end), len(prompt))
        rows.hidden[first:end] = rows.start[first:end] = hidden[:, -1]
        trailing = talker.embed_trailing(prompt)
        rows.trailing[first:end, : len(trailing)] = trailing
        rows.trailing[first:end, len(trailing) :] = trailing[-1]

    def _poll(self) -> Iterator[Update]:
        """Look at what the rows have made since the last time."""
        count = len(self._active)
        ended = self._rows.ended[:count].tolist()
        firsts = self._rows.codes[:count, :, 0].cpu()
        for place, row in enumerate(self._active):
            end = row.frames if ended[place] == RUNNING else ended[place]
            for code in firsts[place, row.watch.frames : end].tolist():
                row.watch.see(code)
                if row.watch.runaway:
                    break
            reason: FinishReason | None = row.watch.runaway
            if reason is None and ended[place] != RUNNING:
                reason = "eos"
            clear = end if reason == "eos" else row.watch.cleared
            if reason in ("loop", "budget") and self._can_retry(row):
                self._rewind(place, clear)
                reason = None
            elif reason == "budget":
                clear = row.watch.budget.hard
            if clear > row.released or reason:
                codes = self._rows.codes[place, row.released : clear].clone()
                row.released = clear
                row.stopped |= reason is not None
                yield Update(row.job, codes, reason)

    def _can_retry(self, row: _Row) -> bool:
        return not row.retried and row.watch.cleared < row.watch.budget.hard

    def _rewind(self, place: int, frame: int) -> None:
        """Take a row back to before `frame`, and give it other random numbers from there on."""
        rows, row = self._rows, self._active[place]
        row.retried = True
        self._draw(place, derived_seed(row.seed, "another try"))
        kept = rows.codes[place, :frame].clone()
        row.watch = Watch(row.watch.budget)
        for code in kept[:, 0].tolist():
            row.watch.see(code)
        row.frames = frame
        rows.seen[place] = False
        rows.seen[place, kept[:, 0]] = True
        rows.ended[place] = RUNNING
        rows.frame[place] = frame
        rows.position[place] = row.positions
        if frame == 0:
            rows.hidden[place] = rows.start[place]
            return
        # The hidden state behind the last kept frame is gone: feed that frame once more.
        rows.frame[place] -= 1
        rows.position[place] -= 1
        which = slice(place, place + 1)
        run = (Run(0, 1, row.positions),)
        talker, predictor = self.model.talker, self.model.code_predictor
        feed(talker, predictor, rows, which, kept[-1:], run)
        rows.frame[place] += 1
        rows.position[place] += 1

    def _turn_back(self) -> None:
        """Take the rows that are to be made again back to their first frame."""
        for place, row in enumerate(self._active):
            if row.again:
                row.again, row.released = False, 0
                self._rewind(place, 0)

    def _leave(self) -> None:
        """Take finished rows out; the last row moves to the place that gets free."""
        place = 0
        while place < len(self._active):
            if not self._active[place].stopped:
                place += 1
                continue
            last = len(self._active) - 1
            if place != last:
                self._rows.move(last, place, self._active[last].positions)
                self._active[place] = self._active[last]
            self._active.pop()
