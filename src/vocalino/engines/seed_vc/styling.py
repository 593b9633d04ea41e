"""Style mode: accent, emotion and pace of the voice as well, by the style model (spec 10.3).

What is said is cut to parts, each part is spoken anew by the style model, and the parts follow on
each other. All parts of all rows are one batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vocalino.cancel import CancelToken
from vocalino.engines.seed_vc.ar import Ar
from vocalino.engines.seed_vc.config import AR_POSITIONS, HOP
from vocalino.engines.seed_vc.content import Content, reduced
from vocalino.engines.seed_vc.generate import Job, Made, generate
from vocalino.engines.seed_vc.hubert import HOP_SAMPLES
from vocalino.engines.seed_vc.length import LengthRegulator, TokenEmbedding
from vocalino.engines.seed_vc.rows import Chunk, Row, Source
from vocalino.engines.seed_vc.rules import Rules
from vocalino.engines.seed_vc.seams import BRIEF_SAMPLES, Crossfade
from vocalino.engines.seed_vc.tokens import Sampling

CONTENT_HZ = 50
PUBLISHED_MOST = 4001  # tokens of a part
_MOST_PER_TOKEN, _MOST_MORE = 2.5, 50  # of the part's own length: then it has run away
_BATCH_PARTS = 16
_ATTEMPTS = 2


@dataclass(frozen=True)
class Styler:
    """The style model, and what it is to make."""

    ar: Ar
    embedding: TokenEmbedding
    regulator: LengthRegulator
    room: int  # mel frames of a part, at most
    length_adjust: float
    rules: Rules

    def frames(self, source: Source, tokens: int) -> int:
        """Mel frames of so many tokens. Left to right: the reference truncates the same number."""
        frames, indices = source.recording.padded // HOP, len(source.content.wide)
        return int(frames / indices * tokens * self.length_adjust)

    def tokens(self, source: Source) -> int:
        """How many tokens there is room for."""
        indices = len(source.content.wide)
        return max(1, self.room * indices // max(1, self.frames(source, indices)))


@dataclass(frozen=True)
class _Part:
    """Reduced indices of a source, and how many it has been before they were reduced."""

    source: Source
    number: int
    narrow: Tensor
    length: int


def style_rows(
    styler: Styler,
    sources: Sequence[Source],
    voice: Content,
    sampling: Sampling,
    anonymous: bool,
    cancel: CancelToken,
) -> list[Row]:
    """The rows of recordings, spoken as the voice would.

    Raises:
        Cancelled: between two tokens.
    """
    context = reduced(voice.narrow)
    parts = [part for source in sources for part in _parts(source, len(context), styler.rules)]
    made = _spoken(styler, parts, None if anonymous else (context, voice.wide), sampling, cancel)
    rows: list[Row] = []
    for source in sources:
        own = [made[at] for at, part in enumerate(parts) if part.source is source]
        rows.append(_row(styler, source, own))
    return rows


def _spoken(
    styler: Styler,
    parts: Sequence[_Part],
    voice: tuple[Tensor, Tensor] | None,
    sampling: Sampling,
    cancel: CancelToken,
) -> list[Made]:
    """What the style model makes of each part; one that runs away is tried once more."""
    made: dict[int, Made] = {}
    published = styler.rules.as_published
    for attempt in range(1 if published else _ATTEMPTS):
        due = [at for at in range(len(parts)) if at not in made or not made[at].ended]
        for first in range(0, len(due), _BATCH_PARTS):
            batch = due[first : first + _BATCH_PARTS]
            jobs = [_job(styler, parts[at], voice, attempt) for at in batch]
            found = generate(styler.ar, jobs, sampling, cancel, guarded=not published)
            made.update(zip(batch, found, strict=True))
    return [made[at] for at in range(len(parts))]


@torch.inference_mode()
def _job(styler: Styler, part: _Part, voice: tuple[Tensor, Tensor] | None, attempt: int) -> Job:
    prompt = part.narrow.new_empty(0)
    narrow = part.narrow
    if voice is not None:
        context, prompt = voice
        narrow = torch.cat((context, narrow))
    room = AR_POSITIONS - (len(narrow) + len(prompt) + 2)
    most = PUBLISHED_MOST
    if not styler.rules.as_published:
        usual = int(_MOST_PER_TOKEN * part.length) + _MOST_MORE
        most = min(usual, styler.tokens(part.source))
    exponentials = part.source.draws.exponentials(part.number, attempt)
    return Job(styler.embedding(narrow), prompt, exponentials, min(most, room))


@torch.inference_mode()
def _row(styler: Styler, source: Source, made: Sequence[Made]) -> Row:
    chunks: list[Chunk] = []
    start = 0
    for part in made:
        length = max(1, styler.frames(source, len(part.tokens)))
        tokens = torch.tensor(part.tokens, device=source.content.wide.device)
        chunks.append(Chunk(styler.regulator(tokens, length), start))
        start += length
    joint = Crossfade() if styler.rules.as_published else Crossfade(BRIEF_SAMPLES)
    stopped = not all(part.ended for part in made)
    return Row(source.index, chunks, joint, source.draws, stopped=stopped)


def _parts(source: Source, context: int, rules: Rules) -> list[_Part]:
    narrow, counts = torch.unique_consecutive(source.content.narrow, return_counts=True)
    starts = [0, *counts.cumsum(0).tolist()]  # of each token before reduction, and their end
    most = max(1, rules.ar_content_limit - context)
    if rules.as_published:
        edges = [*range(0, len(narrow), most), len(narrow)]
    else:
        loudness = _loudness(source.recording.heard, starts[-1])
        edges = borders(starts, loudness, min(most, rules.part_tokens), rules.part_s)
    return [
        _Part(source, number, narrow[first:end], starts[end] - starts[first])
        for number, (first, end) in enumerate(zip(edges[:-1], edges[1:], strict=True))
    ]


def borders(
    starts: Sequence[int], loudness: Sequence[float], most: int, most_s: float
) -> list[int]:
    """Where to cut tokens that start at `starts` (and end at the last of them): 0, ..., count.

    Parts have up to `most` tokens and `most_s` seconds; a cut goes where it is quietest in the
    last third of what a part may have.
    """
    edges, count = [0], len(starts) - 1
    frames = int(most_s * CONTENT_HZ)
    while True:
        first = edges[-1]
        reach = first + 1  # also a token that lasts longer than a part may
        while reach < min(count, first + most) and starts[reach + 1] - starts[first] <= frames:
            reach += 1
        if reach >= count:
            return [*edges, count]
        early = first + max(1, (reach - first) * 2 // 3)
        edges.append(min(range(early, reach + 1), key=lambda at: loudness[starts[at]]))


def _loudness(wave: Tensor, frames: int) -> list[float]:
    """Mean square around the start of each content frame, [frames + 1]."""
    square = torch.nn.functional.pad(wave.square(), (0, HOP_SAMPLES * (frames + 2)))
    power = square[: HOP_SAMPLES * (frames + 2)].unflatten(0, (-1, HOP_SAMPLES)).mean(dim=1)
    before = torch.nn.functional.pad(power, (1, 0))[:-1]
    return (power + before)[: frames + 1].tolist()
