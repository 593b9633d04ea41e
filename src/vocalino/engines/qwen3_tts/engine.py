"""The studio cast's speech designer: K takes of a line in one batch, streamed as they are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import torch

from vocalino.audio import Audio
from vocalino.cancel import CancelToken
from vocalino.engines.qwen3_tts.config import TalkerConfig
from vocalino.engines.qwen3_tts.generate import Generation, Job
from vocalino.engines.qwen3_tts.model import Qwen3Model, load_model
from vocalino.engines.qwen3_tts.options import draws_of
from vocalino.engines.qwen3_tts.pieces import frame_budget, pieces
from vocalino.engines.qwen3_tts.pins import VOICE_DESIGN
from vocalino.engines.qwen3_tts.prompt import Prompt, build_prompt
from vocalino.engines.qwen3_tts.room import Room
from vocalino.engines.qwen3_tts.stopping import Budget
from vocalino.engines.qwen3_tts.takes import speak
from vocalino.errors import EngineUnavailable, RequestError
from vocalino.hub import locate
from vocalino.nn.device import device_named
from vocalino.protocols import Row
from vocalino.request import DesignOptions, Direction, Line
from vocalino.seeds import derived_seed
from vocalino.settings import Settings
from vocalino.take import EngineInfo
from vocalino.text import speakable


class Qwen3Designer:
    """Qwen3-TTS VoiceDesign: any voice and any acting that words can describe, ten languages."""

    def __init__(
        self,
        folder: Path,
        *,
        device: str = "cpu",
        dtype: torch.dtype | None = None,
        quantize: bool = False,
        cuda_graphs: bool | None = None,
        revision: str = "",
    ) -> None:
        """Load the checkpoint in `folder`.

        Args:
            dtype: of talker and code predictor; None is bfloat16 on a GPU, float32 on a CPU.
            quantize: keep the weights of their projections in 8 bits.
            cuda_graphs: replay whole frames as graphs; None does so on a CUDA device.
            revision: what to call the checkpoint; its folder's name if left out.

        Raises:
            EngineUnavailable: there is no such device.
            CheckpointError: the checkpoint can't be read, or is none of this model.
        """
        self._device = device_named(device, "TTS_DEVICE")
        on_gpu = self._device.type == "cuda"
        self._dtype = dtype or (torch.bfloat16 if on_gpu else torch.float32)
        if cuda_graphs and not on_gpu:
            raise EngineUnavailable(
                f"CUDA graphs need a CUDA device, and the designer's is {device}: "
                "leave TTS_CUDA_GRAPHS at auto"
            )
        self._use_graphs = on_gpu if cuda_graphs is None else cuda_graphs
        self._quantize = quantize
        self._revision = revision or folder.name
        self._model: Qwen3Model | None = load_model(
            folder, device=self._device, dtype=self._dtype, quantize=quantize
        )
        self._rooms: list[Room] = []  # free ones; a batch takes one, and gives it back

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Raises what `Qwen3Designer()` does, and what `hub.locate` does."""
        dtypes = {"auto": None, "bfloat16": torch.bfloat16, "float32": torch.float32}
        device_named(settings.tts_device, "TTS_DEVICE")  # before gigabytes are fetched
        folder = locate(VOICE_DESIGN, settings)
        return cls(
            folder,
            device=settings.tts_device,
            dtype=dtypes[settings.tts_dtype],
            quantize=settings.tts_quantize == "int8",
            cuda_graphs={"auto": None, "on": True, "off": False}[settings.tts_cuda_graphs],
            revision=folder.name if settings.tts_model else VOICE_DESIGN.source,
        )

    @property
    def model(self) -> Qwen3Model:
        """The networks, for tools that measure them.

        Raises:
            EngineUnavailable: the engine is closed.
        """
        if self._model is None:
            raise EngineUnavailable("this designer is closed")
        return self._model

    @property
    def sample_rate_hz(self) -> int:
        return self.model.config.codec.sample_rate_hz

    def design(
        self,
        line: Line,
        direction: Direction,
        options: DesignOptions,
        seeds: Sequence[int],
        cancel: CancelToken,
        like: Audio | None = None,
    ) -> Iterator[Row]:
        """One row a seed. `like` has no say here: the direction describes the voice.

        A line of more than `pieces.LIMIT` characters is made in pieces, all in the same batch.

        Raises:
            RequestError: the checkpoint does not speak the language; options out of bounds.
            Cancelled: between two frames.
        """
        model = self.model
        defaults = model.config.sampling
        prompts = [
            build_prompt(model.tokenizer, model.config, piece, direction.text, line.language)
            for piece in pieces(line.text)
            if speakable(piece)
        ]
        most = options.max_new_tokens or defaults.max_new_tokens
        budgets = [_budget(prompt, most, model.config.talker) for prompt in prompts]
        jobs = [
            Job(prompt, _piece_seed(seed, piece), budget)
            for piece, (prompt, budget) in enumerate(zip(prompts, budgets, strict=True))
            for seed in seeds
        ]
        takes = [range(take, len(jobs), len(seeds)) for take in range(len(seeds))]
        draws = draws_of(options, defaults)
        cancel.check()
        room = self._rooms.pop() if self._rooms else self._new_room(model)
        try:
            generation = Generation(model.speech, room, jobs, draws, cancel)
            yield from speak(generation, model.codec, takes, together=self._device.type != "cpu")
        finally:
            self._rooms.append(room)

    def describe(self) -> EngineInfo:
        return EngineInfo(
            name="qwen3-tts-voice-design",
            revision=self._revision,
            device=str(self._device),
            dtype=str(self._dtype).removeprefix("torch.") + ("+int8" if self._quantize else ""),
            licence="MIT; weights Apache-2.0",
        )

    def close(self) -> None:
        self._model = None
        for room in self._rooms:
            room.close()
        self._rooms.clear()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def _new_room(self, model: Qwen3Model) -> Room:
        return Room(model.speech.talker, model.speech.code_predictor, self._use_graphs)


def _piece_seed(seed: int, piece: int) -> int:
    return seed if piece == 0 else derived_seed(seed, f"piece {piece}")


def _budget(prompt: Prompt, max_new_tokens: int, talker: TalkerConfig) -> Budget:
    soft, hard = frame_budget(prompt.text_tokens, max_new_tokens)
    needed, most = len(prompt) + hard + 1, talker.max_position_embeddings
    if needed > most:
        raise RequestError(
            f"line, direction and {hard} frames need {needed} positions, and this model has "
            f"{most}: shorten the direction or lower max_new_tokens"
        )
    return Budget(soft, hard)
