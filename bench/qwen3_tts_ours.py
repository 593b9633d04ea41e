"""Our engine as a player of bench/qwen3_tts.py, a process of its own; see peers/lines.py.

Beside what its peers answer:

    {"ask": "first_sound", "rows": K, "text": T, "instruct": I, "language": "English"}
        -> {"first_sound_s": 0.5}, from the call to the first samples of any take
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from peers.lines import Clock, serve, versions
from torch import Tensor

from vocalino import __version__
from vocalino.cancel import CancelToken
from vocalino.engines.qwen3_tts.engine import Qwen3Designer
from vocalino.engines.qwen3_tts.generate import Generation, Job
from vocalino.engines.qwen3_tts.options import draws_of
from vocalino.engines.qwen3_tts.prompt import build_prompt
from vocalino.engines.qwen3_tts.room import Room
from vocalino.engines.qwen3_tts.stopping import Budget
from vocalino.protocols import RowAudio
from vocalino.request import DesignOptions, Direction, Line

Question = dict[str, Any]


class Player:
    def load(self, question: Question) -> dict[str, Any]:
        torch.set_num_threads(question["threads"])
        device = question["device"]
        self._engine = Qwen3Designer(
            Path(question["folder"]),
            device=device,
            dtype=getattr(torch, question["dtype"]),
            quantize=question["quantize"],
        )
        self._model = self._engine.model
        speech = self._model.speech
        on_gpu = device.startswith("cuda")
        self._room = Room(speech.talker, speech.code_predictor, use_graphs=on_gpu)
        self._clock = Clock(device)
        self._decode = self._clock.codec(self._model.codec.decode)
        return {"versions": {"vocalino": __version__, **versions()}}

    def run(self, question: Question) -> dict[str, Any]:
        return self._clock.run(lambda: self._decode(self._codes(question)))

    def _codes(self, question: Question) -> Tensor:
        """K rows of exactly N frames, [B, K, T]."""
        frames = question["frames"]
        budget = Budget(frames, frames, guarded=False)
        model = self._model
        words = (question["text"], question["instruct"], question["language"])
        prompt = build_prompt(model.tokenizer, model.config, *words)
        jobs = [Job(prompt, seed, budget) for seed in range(question["rows"])]
        draws = draws_of(DesignOptions(), model.config.sampling)
        made: list[list[Tensor]] = [[] for _ in jobs]
        for updates in Generation(model.speech, self._room, jobs, draws, CancelToken()):
            for update in updates:
                made[update.job].append(update.codes)
        return torch.stack([torch.cat(codes).T for codes in made])

    def first_sound(self, question: Question) -> dict[str, Any]:
        start_s = self._clock.now_s()
        takes = self._engine.design(
            Line(question["text"], question["language"].lower()),
            Direction(question["instruct"]),
            DesignOptions(),
            range(question["rows"]),
            CancelToken(),
        )
        for row in takes:
            if isinstance(row, RowAudio) and row.audio.samples.size:
                return {"first_sound_s": self._clock.now_s() - start_s}
        raise RuntimeError("the engine made no sound")


if __name__ == "__main__":
    player = Player()
    serve({"load": player.load, "run": player.run, "first_sound": player.first_sound})
