"""Flow matching: from noise to mel by Euler steps under guidance (spec sections 8.3 and 8.4)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vocalino.cancel import CancelToken
from vocalino.engines.seed_vc.dit import TOKENS, Condition, Dit, Modulation


@dataclass(frozen=True)
class Guidance:
    """How far the velocity is pushed towards the words and towards the voice.

    `anonymous` leaves the voice out altogether, and `similarity` then has no say.
    """

    intelligibility: float
    similarity: float
    anonymous: bool = False

    def branches(self) -> tuple[Branch, ...]:
        """What is summed up to the velocity; the scales add up to 1."""
        words, voice = self.intelligibility, self.similarity
        full, no_voice, nothing = (True, True), (False, True), (False, False)
        if self.anonymous:
            summed = {no_voice: 1.0 + words, nothing: -words}
            return tuple(Branch(*kind, scale) for kind, scale in summed.items())
        summed = {full: 1.0 + words + voice, no_voice: -voice, nothing: -words}
        return tuple(Branch(*kind, scale) for kind, scale in summed.items() if scale)


@dataclass(frozen=True)
class Branch:
    """One way to ask for the velocity: told the voice or not, told the content or not."""

    voice: bool
    content: bool
    scale: float


@dataclass(frozen=True)
class Steps:
    """The times of an ODE solution and what they do to the network, shared by all that solve it."""

    widths: tuple[float, ...]
    modulations: tuple[Modulation, ...]


@dataclass(frozen=True)
class Prompt:
    """What the network is told of the voice."""

    mel: Tensor  # [P, M]
    condition: Tensor  # [P, C]
    style: Tensor  # [S]


@dataclass(frozen=True)
class Passage:
    """Some frames to be made: what is said, and the noise that they start from."""

    condition: Tensor  # [F, C]
    noise: Tensor  # [F, M]

    @property
    def frames(self) -> int:
        return len(self.condition)


@torch.inference_mode()
def steps_of(dit: Dit, count: int) -> Steps:
    """A warp of `count` equal steps: short ones first.

    Times are summed up in float32 as the reference does, so that they are the same to the bit.
    """
    grid = 1.0 - torch.cos(math.pi / 2 * torch.arange(count + 1, dtype=torch.float32) / count)
    time, width = grid[0], grid[1] - grid[0]
    times, widths = [], []
    for step in range(1, count + 1):
        times.append(time)
        widths.append(float(width))
        time = time + width
        if step < count:
            width = grid[step + 1] - time
    device = dit.style_in.weight.device
    return Steps(tuple(widths), tuple(dit.modulation(at.view(1).to(device)) for at in times))


@torch.inference_mode()
def solve(
    dit: Dit,
    passages: Sequence[Passage],
    prompt: Prompt,
    guidance: Guidance,
    steps: Steps,
    cancel: CancelToken,
) -> list[Tensor]:
    """The log-mels [F, M] of passages that share a voice, in one batch.

    Passages of one length need no mask, and then rows are worked out as if they were alone.

    Raises:
        Cancelled: between two steps.
    """
    branches = guidance.branches()
    condition = _condition(dit, passages, prompt, branches)
    scales = torch.tensor([branch.scale for branch in branches], device=prompt.mel.device)
    x = torch.stack([_to_length(p.noise, max(q.frames for q in passages)) for p in passages])
    for width, modulation in zip(steps.widths, steps.modulations, strict=True):
        cancel.check()
        velocities = dit(x, condition, modulation, len(prompt.mel))
        velocities = velocities.unflatten(0, (len(branches), -1))  # [branches, B, F, M]
        x = x.add(torch.einsum("n,nbfm->bfm", scales, velocities), alpha=width)
    return [row[: passage.frames] for row, passage in zip(x, passages, strict=True)]


def _condition(
    dit: Dit, passages: Sequence[Passage], prompt: Prompt, branches: Sequence[Branch]
) -> Condition:
    """Rows for every branch: all passages with the first, then all with the second, ..."""
    rows, longest = len(passages), max(passage.frames for passage in passages)
    frames = len(prompt.mel) + longest
    content = torch.stack([_to_length(p.condition, longest) for p in passages])
    content = torch.cat((prompt.condition.expand(rows, -1, -1), content), dim=1)
    parts = [
        dit.condition(
            rows,
            frames,
            content=content if branch.content else None,
            prompt=prompt.mel.unsqueeze(0) if branch.voice else None,
            style=prompt.style.unsqueeze(0) if branch.voice else None,
        )
        for branch in branches
    ]
    if all(passage.frames == longest for passage in passages):
        return Condition(torch.cat(parts))
    ends = torch.tensor([TOKENS + len(prompt.mel) + passage.frames for passage in passages])
    seen = torch.arange(TOKENS + frames) < ends.unsqueeze(1)
    seen = seen[:, None, None].repeat(len(branches), 1, 1, 1)
    return Condition(torch.cat(parts), seen.to(prompt.mel.device))


def _to_length(frames: Tensor, length: int) -> Tensor:
    """Zeros behind [F, C] up to `length` frames."""
    return torch.nn.functional.pad(frames, (0, 0, 0, length - len(frames)))
