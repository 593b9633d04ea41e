"""Seed-VC's networks in memory, read from the folders of their checkpoints."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn

from vocalino.engines.seed_vc import files
from vocalino.engines.seed_vc.ar import Ar
from vocalino.engines.seed_vc.astral import Astral
from vocalino.engines.seed_vc.bigvgan import BigVGAN, load_bigvgan
from vocalino.engines.seed_vc.bigvgan_config import read_bigvgan_config
from vocalino.engines.seed_vc.campplus import CamPlus, load_campplus
from vocalino.engines.seed_vc.config import (
    HOP,
    MEL_BANDS,
    ArConfig,
    DitConfig,
    Hints,
    RegulatorConfig,
    ar_config,
    astral_config,
    dit_config,
    read_hints,
    regulator_config,
)
from vocalino.engines.seed_vc.content import ContentEncoder
from vocalino.engines.seed_vc.dit import Dit
from vocalino.engines.seed_vc.hubert import Hubert
from vocalino.engines.seed_vc.length import LengthRegulator, TokenEmbedding
from vocalino.engines.seed_vc.mel import MEL
from vocalino.engines.seed_vc.pins import Folders
from vocalino.engines.seed_vc.weights import (
    ar_places,
    astral_places,
    dit_places,
    hubert_places,
    regulator_places,
)
from vocalino.errors import CheckpointError
from vocalino.nn.checkpoint import fill, shapes
from vocalino.nn.mel import LogMel


class Timbre(nn.Module):
    """The networks of `cfm_small.pth`."""

    def __init__(self, dit: DitConfig, regulator: RegulatorConfig) -> None:
        super().__init__()
        self.estimator = Dit(dit)
        self.length_regulator = LengthRegulator(regulator)


class Style(nn.Module):
    """The networks of `ar_base.pth`."""

    def __init__(self, ar: ArConfig, regulator: RegulatorConfig) -> None:
        super().__init__()
        self.ar = Ar(ar)
        self.length_regulator = TokenEmbedding(regulator)


@dataclass
class SeedVCModel:
    """All that a conversion needs. The style model is read when it is first asked for."""

    folders: Folders
    cache: Path
    hints: Hints
    device: torch.device
    dtype: torch.dtype
    mel: LogMel
    content: ContentEncoder
    campplus: CamPlus
    timbre: Timbre
    vocoder: BigVGAN
    _style: Style | None = field(default=None, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    @property
    def style(self) -> Style:
        """
        Raises:
            CheckpointError: its file is missing, damaged or of another model.
        """
        with self._lock:
            if self._style is None:
                self._style = _load_style(self)
            return self._style


def load_model(
    folders: Folders, cache: Path, *, device: torch.device, dtype: torch.dtype
) -> SeedVCModel:
    """Read the checkpoints; `cache` keeps those that are pickles as safetensors.

    `dtype` is that of HuBERT and both transformers; what is sensitive or small stays in float32:
    front ends, quantisers, style encoder, length regulators, vocoder.

    Raises:
        CheckpointError: a file is missing, damaged, of another layout or not supported.
        EngineUnavailable: this torch can't be trusted with pickles.
        LibraryError: the cache can't be written.
    """
    hints = read_hints(folders.seed_vc.parent)
    vocoder_config = read_bigvgan_config(folders.bigvgan / "config.json")
    if (vocoder_config.hop_size, vocoder_config.num_mels) != (HOP, MEL_BANDS):
        raise CheckpointError(
            f"{folders.bigvgan} makes {vocoder_config.hop_size} samples of "
            f"{vocoder_config.num_mels} mel bands, and Seed-VC V2 needs {HOP} of {MEL_BANDS}"
        )
    content = ContentEncoder(
        _load_hubert(folders, cache, hints, device, dtype),
        _load_astral(files.astral_wide(folders, cache), device),
        _load_astral(files.astral_narrow(folders, cache), device),
    )
    return SeedVCModel(
        folders,
        cache,
        hints,
        device,
        dtype,
        LogMel(MEL, device),
        content,
        load_campplus(files.campplus(folders, cache), device=device),
        _load_timbre(files.timbre(folders, cache), device, dtype),
        load_bigvgan(files.bigvgan(folders, cache), vocoder_config, device=device),
    )


def _load_timbre(file: Path, device: torch.device, dtype: torch.dtype) -> Timbre:
    found = shapes(file)
    dit, regulator = dit_config(found), regulator_config(found)
    if dit.content != regulator.width:
        raise CheckpointError(
            f"{file}: the length regulator is {regulator.width} wide, and the transformer takes "
            f"{dit.content}"
        )
    with torch.device("meta"):
        network = Timbre(dit, regulator)
    places = {**dit_places(dit), **regulator_places(regulator)}
    fill(network, file, places, device=device, dtype=torch.float32)
    network.estimator.to(dtype)
    return network.eval()


def _load_style(model: SeedVCModel) -> Style:
    file = files.style(model.folders, model.cache)
    found = shapes(file)
    ar, regulator = ar_config(found, model.hints), regulator_config(found)
    with torch.device("meta"):
        network = Style(ar, regulator)
    places = {**ar_places(ar), **regulator_places(regulator)}
    fill(network, file, places, device=model.device, dtype=model.dtype)
    network.ar.finish()
    return network.eval()


def _load_astral(file: Path, device: torch.device) -> Astral:
    config = astral_config(shapes(file))
    with torch.device("meta"):
        network = Astral(config)
    fill(network, file, astral_places(config), device=device, dtype=torch.float32)
    return network.eval()


def _load_hubert(
    folders: Folders, cache: Path, hints: Hints, device: torch.device, dtype: torch.dtype
) -> Hubert:
    file = files.hubert(folders, cache)
    with torch.device("meta"):
        network = Hubert(folders.hubert, hints.content_layers)
    places = hubert_places(network.config, network.layers_in_file)
    fill(network, file, places, device=device, dtype=dtype)
    return network.eval()
