"""The studio cast's speaker encoder, as the pipeline knows it."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import torch

from vocalino.audio import Audio
from vocalino.audio.resample import resample
from vocalino.engines.ecapa.config import SAMPLE_RATE_HZ
from vocalino.engines.ecapa.encoder import MEL, Ecapa
from vocalino.engines.ecapa.pins import BASE
from vocalino.engines.ecapa.weights import load_ecapa
from vocalino.errors import AudioError, EngineUnavailable, GenerationFailed
from vocalino.hub import locate
from vocalino.nn.device import device_named
from vocalino.nn.mel import LogMel
from vocalino.protocols import Embeddings
from vocalino.recent import Recent
from vocalino.settings import Settings
from vocalino.take import EngineInfo

Embedding = npt.NDArray[np.float32]  # [dim], of unit length

SILENT_RMS = 1e-4  # of full scale, -80 dB


class EcapaSpeaker:
    """The ECAPA-TDNN that Qwen3-TTS Base clones voices with. Its embeddings are kept by content.

    Clips are heard one after the other: they are hardly ever equally long, and what pads a shorter
    one would be heard as well. So an embedding is the same to the bit in every batch.
    """

    def __init__(
        self, folder: Path, *, device: str = "cpu", revision: str = "", cache_size: int = 32
    ) -> None:
        """Load the checkpoint in `folder`.

        Args:
            revision: what to call the checkpoint; its folder's name if left out.
            cache_size: embeddings that are kept.

        Raises:
            EngineUnavailable: there is no such device.
            CheckpointError: the checkpoint can't be read, or holds no such encoder.
        """
        self._device = device_named(device, "SE_DEVICE")
        self._revision = revision or folder.name
        self._network: Ecapa | None = load_ecapa(folder, device=self._device)
        self._mel = LogMel(MEL, self._device)
        self._kept: Recent[str, Embedding] = Recent(cache_size)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Raises what `EcapaSpeaker()` does, and what `hub.locate` does."""
        variable = "SE_DEVICE" if settings.se_device else "TTS_DEVICE"
        device = settings.se_device or settings.tts_device
        device_named(device, variable)  # before gigabytes are fetched
        folder = locate(BASE, settings)
        return cls(
            folder,
            device=device,
            revision=folder.name if settings.se_model else BASE.source,
            cache_size=settings.emb_cache_size,
        )

    @property
    def network(self) -> Ecapa:
        """The network, for tools that measure it.

        Raises:
            EngineUnavailable: the engine is closed.
        """
        if self._network is None:
            raise EngineUnavailable("this speaker encoder is closed")
        return self._network

    @property
    def dim(self) -> int:
        return self.network.config.enc_dim

    def embed(self, clips: Sequence[Audio]) -> Embeddings:
        """[N, dim], rows of unit length; each depends on its own clip alone.

        Raises:
            AudioError: a clip is silent, or too short to be heard.
            GenerationFailed: the network gives no finite numbers for a clip.
        """
        embeddings = np.empty((len(clips), self.dim), np.float32)
        for row, clip in enumerate(clips):
            embeddings[row] = self._kept.get(clip.content_hash, lambda clip=clip: self._embed(clip))
        return embeddings

    def describe(self) -> EngineInfo:
        return EngineInfo(
            name="qwen3-tts-speaker",
            revision=self._revision,
            device=str(self._device),
            dtype="float32",
            licence="MIT; weights Apache-2.0",
        )

    def close(self) -> None:
        self._network = None
        self._kept.clear()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    @torch.inference_mode()
    def _embed(self, clip: Audio) -> Embedding:
        network = self.network
        heard = resample(clip, SAMPLE_RATE_HZ, rounding=ceil)
        needed = network.config.min_frames * MEL.hop
        if heard.samples.size < max(needed, MEL.padding + 1):
            raise AudioError(
                f"a clip of {clip.duration_s:.3f} s is too short to tell who speaks: give a second "
                f"or more ({needed / SAMPLE_RATE_HZ:.3f} s are the least)"
            )
        if heard.rms < SILENT_RMS:
            raise AudioError(
                f"nobody speaks in this clip: its level is {heard.rms:.1e} of full scale"
            )
        wave = torch.from_numpy(np.array(heard.samples)).to(self._device)  # a copy: read-only
        embedding = network(self._mel(wave.unsqueeze(0)))[0].double().cpu().numpy()
        length = float(np.linalg.norm(embedding))
        if not (np.isfinite(length) and length > 0.0):
            raise GenerationFailed(
                "the speaker encoder makes nothing finite of this clip: if that holds for others "
                "as well, its checkpoint is damaged"
            )
        return (embedding / length).astype(np.float32)
