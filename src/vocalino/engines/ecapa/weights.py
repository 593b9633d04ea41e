"""The speaker encoder in `model.safetensors` of a Base checkpoint (spec section 3.2)."""

from __future__ import annotations

from pathlib import Path

import torch

from vocalino.engines.ecapa.config import EcapaConfig, read_ecapa_config
from vocalino.engines.ecapa.encoder import Ecapa
from vocalino.nn.checkpoint import Place, Places, fill

PREFIX = "speaker_encoder."
IGNORED_PREFIXES = ("talker.",)  # what speaks: 99 of 100 bytes, never read


def ecapa_places(config: EcapaConfig) -> Places:
    """Where each tensor goes: to our tensor of the same name, less the prefix."""
    with torch.device("meta"):
        return {PREFIX + name: Place(name) for name in Ecapa(config).state_dict()}


def load_ecapa(folder: Path, *, device: torch.device) -> Ecapa:
    """The speaker encoder of a Base checkpoint, in float32, ready.

    Raises:
        CheckpointError: a file is missing, damaged, of another layout or not supported.
    """
    config = read_ecapa_config(folder / "config.json")
    with torch.device("meta"):
        network = Ecapa(config)
    fill(
        network,
        folder / "model.safetensors",
        ecapa_places(config),
        device=device,
        dtype=torch.float32,
        ignore=IGNORED_PREFIXES,
    )
    return network.eval()
