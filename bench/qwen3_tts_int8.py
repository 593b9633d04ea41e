"""What 8-bit weights change: logits along the same codes, with and without them.

The unquantised model makes a take by sampling; then both models get its codes frame by frame, and
their logits at every position are compared. So one difference does not make all that follow.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vocalino.cancel import CancelToken
from vocalino.engines.qwen3_tts.config import CONTROL_IDS
from vocalino.engines.qwen3_tts.frame import Rows, feed
from vocalino.engines.qwen3_tts.generate import Generation, Job
from vocalino.engines.qwen3_tts.model import Qwen3Model, load_model
from vocalino.engines.qwen3_tts.options import draws_of
from vocalino.engines.qwen3_tts.prompt import Prompt, build_prompt
from vocalino.engines.qwen3_tts.room import Room
from vocalino.engines.qwen3_tts.stopping import Budget
from vocalino.nn.kv_cache import Run
from vocalino.request import DesignOptions


def compare(
    folder: Path,
    device: str,
    dtype: str,
    frames: int,
    text: str,
    instruct: str,
    language: str,
) -> dict[str, dict[str, float]]:
    """For the talker and the code predictor: greedy agreement, and errors of the logits."""
    where: dict[str, Any] = {"device": torch.device(device), "dtype": getattr(torch, dtype)}
    exact = load_model(folder, **where)
    prompt = build_prompt(exact.tokenizer, exact.config, text, instruct, language)
    codes = _sampled(exact, prompt, frames)
    wanted = logits_along(exact, prompt, codes)
    del exact
    got = logits_along(load_model(folder, **where, quantize=True), prompt, codes)
    names = ("talker", "code predictor")
    return {name: _difference(*pair) for name, *pair in zip(names, wanted, got, strict=True)}


def _sampled(model: Qwen3Model, prompt: Prompt, frames: int) -> Tensor:
    """One take's codes [T, K]."""
    speech = model.speech
    room = Room(speech.talker, speech.code_predictor, use_graphs=False)
    jobs = [Job(prompt, 0, Budget(frames, frames, guarded=False))]
    draws = draws_of(DesignOptions(), model.config.sampling)
    generation = Generation(speech, room, jobs, draws, CancelToken())
    return torch.cat([update.codes for updates in generation for update in updates])


@torch.inference_mode()
def logits_along(model: Qwen3Model, prompt: Prompt, codes: Tensor) -> tuple[Tensor, Tensor]:
    """The logits that lead to each of `codes` [T, K]: talker [T, V], predictor [T * (K - 1), V]."""
    talker, predictor = model.speech.talker, model.speech.code_predictor
    frames, groups = codes.shape
    trailing = talker.embed_trailing(prompt)
    rows = Rows(talker, predictor, 1, len(prompt) + frames, frames, len(trailing))
    rows.hidden[:1] = talker.prefill(prompt, rows.cache)[:, -1]
    rows.trailing[0] = trailing
    rows.position[0] = len(prompt)
    firsts: list[Tensor] = []
    others: list[Tensor] = []
    for frame, now in enumerate(codes.unsqueeze(1)):  # [1, K]
        hidden, cache = rows.hidden.clone(), rows.predictor_cache
        firsts.append(talker.logits(hidden)[:, :-CONTROL_IDS])
        others.append(predictor.first_logits(hidden, now[:, 0], cache))
        for group in range(1, groups - 1):
            others.append(predictor.next_logits(group, now[:, group], cache))
        length = len(prompt) + frame + 1
        feed(talker, predictor, rows, slice(0, 1), now, (Run(0, 1, length),))
        rows.frame += 1
        rows.position += 1
    return torch.cat(firsts), torch.cat(others)


def _difference(wanted: Tensor, got: Tensor) -> dict[str, float]:
    error = (got - wanted).abs()
    same = wanted.argmax(-1) == got.argmax(-1)
    return {
        "greedy_agreement": float(same.float().mean()),
        "mean_error": float(error.mean()),
        "max_error": float(error.max()),
        "logit_deviation": float(wanted.std()),
    }
