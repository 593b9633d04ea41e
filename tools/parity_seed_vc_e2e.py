"""Whole conversions of Seed-VC V2 against the reference's, with its random numbers given."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from goldens import GoldenFolder
from parity_stage import apart, unequal
from torch import Tensor
from torch.nn import functional as F

from vocalino.cancel import CancelToken
from vocalino.engines.seed_vc.cfm import Guidance, steps_of
from vocalino.engines.seed_vc.generate import Exponentials
from vocalino.engines.seed_vc.model import SeedVCModel
from vocalino.engines.seed_vc.recording import recorded_as_published
from vocalino.engines.seed_vc.rows import Player, Row, Source
from vocalino.engines.seed_vc.rules import Rules
from vocalino.engines.seed_vc.styling import Styler, style_rows
from vocalino.engines.seed_vc.timbre import timbre_row
from vocalino.engines.seed_vc.tokens import FIRST_ONLY, Sampling
from vocalino.engines.seed_vc.voice import SeedVoicePrint, learn_wave
from vocalino.protocols import RowFailed

BATCH = ("e2e_timbre_short", "e2e_batch_row1", "e2e_batch_row2")
NEVER = float("inf")


class Conversions:
    """Recorded conversions, made again by the engine's own parts."""

    def __init__(self, files: GoldenFolder, model: SeedVCModel) -> None:
        self._files, self._model = files, model

    def measure(self, name: str) -> Callable[[], float]:
        """How far one conversion is off."""
        return partial(self._measure, (name,))

    def batch(self, listed: Collection[str]) -> Callable[[], float] | None:
        """How far the conversions that share a target are off when they are one batch."""
        return partial(self._measure, BATCH) if set(BATCH) <= set(listed) else None

    def _measure(self, names: tuple[str, ...]) -> float:
        recorded = [_Recorded(self._files.tensors(name), self._files.json(name)) for name in names]
        together = len(recorded) > 1
        case = recorded[0]
        voice = learn_wave(self._model, case.wave("target"), case.rules)
        rows = self._rows(recorded, voice, together=together)
        player = self._player(case, voice, together=together)
        heard: list[list[Tensor]] = [[] for _ in rows]
        for event in player.play(rows, CancelToken()):
            if isinstance(event, RowFailed):
                return NEVER
            heard[event.index].append(torch.from_numpy(np.array(event.audio.samples)))
        errors = [each.error(pieces) for each, pieces in zip(recorded, heard, strict=True)]
        for number in range(max(len(row.chunks) for row in rows)):
            due = [row for row in rows if number < len(row.chunks)]
            for row, mel in zip(due, player.mels(due, number, CancelToken()), strict=True):
                errors.append(apart(mel, recorded[row.index].tensors[f"mel_{number}"]))
        return max(errors)

    def _rows(
        self, recorded: list[_Recorded], voice: SeedVoicePrint, *, together: bool
    ) -> list[Row]:
        model, case = self._model, recorded[0]
        regulator = model.timbre.length_regulator
        recordings = [recorded_as_published(each.wave("source"), model.device) for each in recorded]
        heard = [recording.heard for recording in recordings]
        contents = model.content.encode(heard, CancelToken(), together=together)
        sources = [
            Source(index, recording, content, each)
            for index, (recording, content, each) in enumerate(
                zip(recordings, contents, recorded, strict=True)
            )
        ]
        said = case.settings
        if not said.get("convert_style", False):
            window = case.rules.window(len(voice.prompt.mel))
            return [timbre_row(source, regulator, window, 1.0) for source in sources]
        return style_rows(
            Styler(
                model.style.ar,
                model.style.length_regulator,
                regulator,
                model.timbre.estimator.room(len(voice.prompt.mel)),
                said.get("length_adjust", 1.0),
                case.rules,
            ),
            sources,
            voice.content,
            Sampling(said["top_p"], said["temperature"], said["repetition_penalty"], FIRST_ONLY),
            said.get("anonymization_only", False),
            CancelToken(),
        )

    def _player(self, case: _Recorded, voice: SeedVoicePrint, *, together: bool) -> Player:
        dit, said = self._model.timbre.estimator, case.settings
        guidance = Guidance(
            said["intelligebility_cfg_rate"],  # upstream's spelling
            said["similarity_cfg_rate"],
            said.get("anonymization_only", False),
        )
        steps = steps_of(dit, case.steps)
        return Player(dit, self._model.vocoder, voice.prompt, guidance, steps, together)


@dataclass
class _Recorded:
    """One recorded conversion, and its random numbers in place of those from a seed."""

    tensors: Mapping[str, Tensor]
    case: Mapping[str, Any]
    starts: list[int] = field(default_factory=list[int])  # of chunks, as they were asked for

    @property
    def settings(self) -> Mapping[str, Any]:
        return self.case["settings"]

    @property
    def steps(self) -> int:
        return self.case["steps"]

    @property
    def rules(self) -> Rules:
        limits = self.case["limits"]
        return Rules(
            as_published=True,
            context_s=limits["context_seconds"],
            ar_content_limit=limits["ar_max_content_len"],
        )

    def wave(self, name: str) -> Tensor:
        return self.tensors[f"{name}_int16"].float() / 32768

    def noise(self, start: int, frames: int) -> Tensor:
        if start not in self.starts:
            self.starts.append(start)
        noise = self.tensors[f"noise_{self.starts.index(start)}"].mT  # [P + F, M]
        return noise[len(noise) - frames :]

    def exponentials(self, part: int, attempt: int) -> Exponentials:
        return partial(recorded_draws, self.tensors[f"ar_exp_{part}"])

    def error(self, pieces: list[Tensor]) -> float:
        """Of what was emitted, piece by piece."""
        lengths = [len(piece) for piece in pieces]
        if unequal(lengths, self.case["emitted_samples"]):
            return NEVER
        return apart(torch.cat(pieces), self.tensors["wave"])


def recorded_draws(draws: Tensor, first: int, count: int) -> Tensor:
    """Recorded draws [k, V] for tokens from `first` on; ones behind them, which nobody looks at."""
    found = draws[first : first + count]
    return F.pad(found, (0, 0, 0, count - len(found)), value=1.0)
