"""One codec frame of a batch of rows, from hidden state to hidden state, without the host.

Everything that a frame changes lies in buffers (`Rows`), and nothing is read back, so that a whole
frame can be captured as one CUDA graph. On the CPU the same function runs eagerly.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vocalino.engines.qwen3_tts.code_predictor import CodePredictor
from vocalino.engines.qwen3_tts.config import CONTROL_IDS, TalkerConfig
from vocalino.engines.qwen3_tts.talker import Talker
from vocalino.nn.kv_cache import KVCache, Run, Window
from vocalino.nn.sampling import Sampling, penalise, pick

MIN_FRAMES = 2  # upstream's min_new_tokens: no end before the second frame
RUNNING = -1


@dataclass(frozen=True)
class Draws:
    """How the first code of a frame, and the other codes, are drawn."""

    talker: Sampling
    predictor: Sampling


class Rows:
    """The state of a batch: row b stands at index b of every buffer."""

    def __init__(
        self,
        talker: Talker,
        predictor: CodePredictor,
        rows: int,
        positions: int,
        frames: int,
        trailing: int,
    ) -> None:
        """Room for `rows` rows of `frames` frames each, `positions` with the prompt.

        `trailing` is the most vectors of text that are added during decoding.
        """
        self.sizes = (rows, positions, frames, trailing)
        config, device, dtype = talker.config, talker.device, talker.dtype
        shape, groups = talker.model.shape, predictor.groups
        self.frames = frames
        self.cache = KVCache.empty(
            shape.layers,
            rows,
            shape.kv_heads,
            positions,
            shape.head_dim,
            device=device,
            dtype=dtype,
        )
        self.predictor_cache = predictor.cache(rows)
        self.rotation = talker.rotation(positions)

        def whole(*sizes: int) -> Tensor:
            return torch.zeros(rows, *sizes, dtype=torch.long, device=device)

        self.hidden = torch.zeros(rows, config.hidden_size, device=device, dtype=dtype)
        self.start = torch.zeros_like(self.hidden)  # the hidden state behind the prompt
        self.seen = torch.zeros(rows, config.vocab_size, dtype=torch.bool, device=device)
        self.frame, self.position = whole(), whole()
        self.ended = whole() + RUNNING  # the frame that came out as the end
        self.codes = whole(frames, groups)
        self.uniforms = torch.zeros(rows, frames, groups, device=device)
        self.trailing = torch.zeros(rows, trailing, config.hidden_size, device=device, dtype=dtype)
        self.banned = banned_ids(config, device)
        self.slots = torch.arange(rows, device=device)

    def per_row(self) -> tuple[Tensor, ...]:
        """The buffers that a row owns, the caches aside."""
        return (
            self.hidden,
            self.start,
            self.seen,
            self.frame,
            self.position,
            self.ended,
            self.codes,
            self.uniforms,
            self.trailing,
        )

    def move(self, source: int, to: int, length: int) -> None:
        """Give the place `to` to the row at `source`, which has `length` positions."""
        self.cache.copy_row(source, to, length)
        for buffer in self.per_row():
            buffer[to] = buffer[source]


def banned_ids(config: TalkerConfig, device: torch.device) -> Tensor:
    """[2, V]: what may not come out as a first code, before and from frame MIN_FRAMES on.

    Control ids are never spoken (spec 8.2); the end only counts once there is something to hear.
    """
    banned = torch.zeros(2, config.vocab_size, dtype=torch.bool, device=device)
    banned[:, config.vocab_size - CONTROL_IDS :] = True
    banned[1, config.codec_eos_token_id] = False
    return banned


def first_scores(
    logits: Tensor, seen: Tensor, frame: Tensor, banned: Tensor, penalty: float
) -> Tensor:
    """Talker logits [B, V] after penalty and bans, in upstream's order.

    Args:
        seen: [B, V], the first codes that each row has had.
        frame: [B], the number of the frame that the logits are for.
        banned: of `banned_ids`.
    """
    late = (frame >= MIN_FRAMES).long()
    return penalise(logits, seen, penalty).masked_fill(banned[late], -torch.inf)


def frame_step(
    talker: Talker,
    predictor: CodePredictor,
    rows: Rows,
    count: int,
    draws: Draws,
    runs: tuple[Run, ...],
    masked: bool = False,
) -> None:
    """Make one frame of the first `count` rows, and feed it back.

    Args:
        runs: what the rows see of the cache, this frame's own position included.
        masked: hide positions that a row has not reached (for runs longer than the rows).
    """
    slots = rows.slots[:count]
    frame, position = rows.frame[:count], rows.position[:count]
    uniforms = rows.uniforms[slots, frame]  # [B, K]
    hidden = rows.hidden[:count]

    logits = talker.logits(hidden)
    penalty = draws.talker.repetition_penalty
    scores = first_scores(logits, rows.seen[:count], frame, rows.banned, penalty)
    first = pick(scores, draws.talker, uniforms[:, 0])
    rows.seen[:count].scatter_(1, first.unsqueeze(1), True)
    ends = (first == talker.config.codec_eos_token_id) & (rows.ended[:count] == RUNNING)
    rows.ended[:count] = torch.where(ends, frame, rows.ended[:count])

    codes = predictor.predict(hidden, first, draws.predictor, uniforms, rows.predictor_cache)
    rows.codes[slots, frame] = codes
    feed(talker, predictor, rows, slice(0, count), codes, runs, masked)

    # A row that has ended goes on until it is taken out; it must not leave its buffers.
    frame.copy_((frame + 1).clamp_max(rows.frames - 1))
    position.copy_((position + 1).clamp_max(rows.cache.positions - 1))


def feed(
    talker: Talker,
    predictor: CodePredictor,
    rows: Rows,
    which: slice,
    codes: Tensor,
    runs: tuple[Run, ...],
    masked: bool = False,
) -> None:
    """Take the talker one step on, from the codes [B, K] of the rows' current frame."""
    frame, position = rows.frame[which], rows.position[which]
    text = rows.trailing[rows.slots[which], frame.clamp_max(rows.trailing.shape[1] - 1)]
    x = talker.codec_embedding(codes[:, 0]) + predictor.embed(codes) + text
    mask = None
    if masked:
        places = torch.arange(runs[0].length, device=position.device)
        mask = (places <= position.unsqueeze(1))[:, None, None]  # [B, 1, 1, T]
    window = Window(position, runs, mask)
    rows.hidden[which] = talker.step(x, rows.rotation, rows.cache, which, window)
