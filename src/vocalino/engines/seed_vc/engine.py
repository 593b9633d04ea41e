"""The studio cast's voice converter: K performances to one voice in one batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import torch

from vocalino.audio import Audio
from vocalino.cancel import CancelToken
from vocalino.engines.seed_vc.cfm import Guidance, Steps, steps_of
from vocalino.engines.seed_vc.config import SAMPLE_RATE_HZ
from vocalino.engines.seed_vc.draws import SeededDraws
from vocalino.engines.seed_vc.model import SeedVCModel, load_model
from vocalino.engines.seed_vc.pins import Folders
from vocalino.engines.seed_vc.recording import SILENT_RMS, Recording, recorded
from vocalino.engines.seed_vc.rows import Player, Row
from vocalino.engines.seed_vc.rules import Rules
from vocalino.engines.seed_vc.styling import Source, Styler, style_rows
from vocalino.engines.seed_vc.timbre import timbre_row
from vocalino.engines.seed_vc.tokens import Sampling
from vocalino.engines.seed_vc.voice import SeedVoicePrint, learn
from vocalino.errors import EngineUnavailable, VocalinoError
from vocalino.nn.device import device_named
from vocalino.protocols import Performance, RowAudio, RowFailed
from vocalino.protocols import Row as RowEvent
from vocalino.recent import Recent
from vocalino.request import ConvertOptions
from vocalino.settings import Settings
from vocalino.take import EngineInfo

DEFAULT_STEPS = 12
BATCH_ROWS = 8  # on a GPU; a CPU gains nothing, and the first take is there sooner
_SCHEDULES_KEPT = 8


class SeedVC:
    """Seed-VC V2: the voice of a few seconds of sound, the acting of the performance.

    `ConvertOptions.convert_style` brings accent, emotion and pace of the voice as well; then
    `top_p`, `temperature` and `repetition_penalty` steer the style model. Row i depends on its own
    seed alone.
    """

    def __init__(
        self,
        folders: Folders,
        cache: Path,
        *,
        device: str = "cpu",
        dtype: torch.dtype | None = None,
        default_steps: int = DEFAULT_STEPS,
        cache_size: int = 32,
        revision: str = "",
        rules: Rules | None = None,
    ) -> None:
        """Load the checkpoints in `folders`.

        Args:
            cache: folder for what has to be converted before it can be read.
            dtype: of HuBERT and the transformers; None is float16 on a GPU, float32 on a CPU.
            default_steps: ODE steps of a conversion that doesn't say how many.
            cache_size: voices that are kept prepared.
            revision: what to call the checkpoints; their folder's name if left out.

        Raises:
            EngineUnavailable: there is no such device, or this torch can't read the files safely.
            CheckpointError: a checkpoint can't be read, or is none of this model.
            LibraryError: the cache can't be written.
        """
        self._device = device_named(device, "VC_DEVICE")
        on_gpu = self._device.type != "cpu"
        self._dtype = dtype or (torch.float16 if on_gpu else torch.float32)
        self._default_steps = default_steps
        self._rules = rules or Rules()
        self._revision = revision or folders.seed_vc.parent.name
        self._voices: Recent[str, SeedVoicePrint] = Recent(cache_size)
        self._schedules: Recent[int, Steps] = Recent(_SCHEDULES_KEPT)
        self._model: SeedVCModel | None = load_model(
            folders, cache, device=self._device, dtype=self._dtype
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Raises what `SeedVC()` does, and what `hub.locate` does."""
        device = settings.vc_device or settings.tts_device
        device_named(device, "VC_DEVICE")  # before gigabytes are fetched
        dtypes = {
            "auto": None,
            "float32": torch.float32,
            "float16": torch.float16,
            "bfloat16": torch.bfloat16,
        }
        return cls(
            Folders.located(settings),
            settings.home / "models" / "converted",
            device=device,
            dtype=dtypes[settings.vc_dtype],
            default_steps=settings.default_diff_steps,
            cache_size=settings.emb_cache_size,
            revision="" if settings.vc_model else "published",
        )

    @property
    def model(self) -> SeedVCModel:
        """The networks, for tools that measure them.

        Raises:
            EngineUnavailable: the engine is closed.
        """
        if self._model is None:
            raise EngineUnavailable("this converter is closed")
        return self._model

    @property
    def sample_rate_hz(self) -> int:
        return SAMPLE_RATE_HZ

    @property
    def batch_rows(self) -> int:
        return BATCH_ROWS if self._together else 1

    def prepare(self, reference: Audio) -> SeedVoicePrint:
        """Learn a voice from the first 25 s of a clip; the last ones learnt are kept.

        Raises:
            AudioError: the clip is shorter than a second, or silent.
            GenerationFailed: the networks give no finite numbers for it.
        """
        model = self.model
        return self._voices.get(
            reference.content_hash, lambda: learn(model, reference, self._rules)
        )

    def convert(
        self,
        performances: Sequence[Performance],
        voice_print: SeedVoicePrint,
        options: ConvertOptions,
        seeds: Sequence[int],
        cancel: CancelToken,
    ) -> Iterator[RowEvent]:
        """Rows in chunks of up to half a minute, the shorter the longer the reference is.

        A performance that can't be used is a `RowFailed`; a silent one stays silent.

        Raises:
            Cancelled: between two windows of content, tokens, ODE steps or windows of sound.
        """
        model = self.model
        recordings: list[tuple[int, Recording]] = []
        for index, performance in enumerate(performances):
            try:
                if performance.audio.samples.size and performance.audio.rms < SILENT_RMS:
                    yield _silence(index, performance.audio, options.length_adjust)
                else:
                    recordings.append((index, recorded(performance.audio, self._device)))
            except VocalinoError as error:
                yield RowFailed(index, error)
        if recordings:
            contents = model.content.encode(
                [recording.heard for _, recording in recordings], cancel, together=self._together
            )
            sources = [
                Source(index, recording, content, self._draws(model, options, seeds[index]))
                for (index, recording), content in zip(recordings, contents, strict=True)
            ]
            rows = self._rows(model, sources, voice_print, options, cancel)
            yield from self._player(model, voice_print, options).play(rows, cancel)

    def describe(self) -> EngineInfo:
        return EngineInfo(
            name="seed-vc-v2",
            revision=self._revision,
            device=str(self._device),
            dtype=str(self._dtype).removeprefix("torch."),
            licence="MIT; weights GPL-3.0 and others",
        )

    def close(self) -> None:
        self._model = None
        self._voices.clear()
        self._schedules.clear()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    @property
    def _together(self) -> bool:
        return self._device.type != "cpu"

    def _draws(self, model: SeedVCModel, options: ConvertOptions, seed: int) -> SeededDraws:
        tokens = model.style.ar.config.vocabulary if options.convert_style else 0
        return SeededDraws(seed, tokens)

    def _rows(
        self,
        model: SeedVCModel,
        sources: Sequence[Source],
        voice: SeedVoicePrint,
        options: ConvertOptions,
        cancel: CancelToken,
    ) -> list[Row]:
        regulator = model.timbre.length_regulator
        prompt = len(voice.prompt.mel)
        room = model.timbre.estimator.room(prompt)
        if not options.convert_style:
            window, stretch = min(self._rules.window(prompt), room), options.length_adjust
            return [timbre_row(source, regulator, window, stretch) for source in sources]
        return style_rows(
            Styler(
                model.style.ar,
                model.style.length_regulator,
                regulator,
                room,
                options.length_adjust,
                self._rules,
            ),
            sources,
            voice.content,
            Sampling(options.top_p, options.temperature, options.repetition_penalty),
            options.anonymization_only,
            cancel,
        )

    def _player(self, model: SeedVCModel, voice: SeedVoicePrint, options: ConvertOptions) -> Player:
        dit = model.timbre.estimator
        guidance = Guidance(
            options.cfg_intelligibility, options.cfg_similarity, options.anonymization_only
        )
        count = options.ode_steps or self._default_steps
        steps = self._schedules.get(count, lambda: steps_of(dit, count))
        return Player(dit, model.vocoder, voice.prompt, guidance, steps, self._together)


def _silence(index: int, audio: Audio, length_adjust: float) -> RowAudio:
    """What silence converts to: the networks would make up a voice for it."""
    silence = Audio.silence(audio.duration_s * length_adjust, SAMPLE_RATE_HZ)
    return RowAudio(index, silence, last=True)
