"""HuBERT large, its first layers: 16 kHz wave -> 50 feature vectors a second (spec section 4.2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import HubertConfig, HubertModel

from vocalino.config_file import Keys, open_keys
from vocalino.errors import CheckpointError

RECEPTIVE_SAMPLES = 400
HOP_SAMPLES = 320
_VARIANCE_EPS = 1e-7


def frames_of(samples: int) -> int:
    """How many feature vectors `samples` of 16 kHz give."""
    return max(0, (samples - RECEPTIVE_SAMPLES) // HOP_SAMPLES + 1)


class Hubert(nn.Module):
    """transformers' HubertModel without its last layers and its final norm."""

    def __init__(self, folder: Path, layers: int) -> None:
        """Build the network that `folder` describes, without weights.

        Raises:
            CheckpointError: a settings file is missing, unreadable or of another kind.
        """
        super().__init__()
        keys = open_keys(folder / "config.json")
        self.layers_in_file = keys.read(int, "num_hidden_layers")
        self.config = config = _config(keys, layers)
        heard = open_keys(folder / "preprocessor_config.json")
        self.normalises = heard.read(bool, "do_normalize")
        self.width = int(config.hidden_size)
        self.model: Any = HubertModel(config)
        self.model.encoder.layer_norm = nn.Identity()
        # Without weight norm: the weight is folded when its file is converted.
        kernel = config.num_conv_pos_embeddings
        self.model.encoder.pos_conv_embed.conv = nn.Conv1d(
            self.width,
            self.width,
            kernel,
            padding=kernel // 2,
            groups=config.num_conv_pos_embedding_groups,
        )

    def forward(self, waves: Tensor, samples: Tensor | None = None) -> Tensor:
        """Normalised waves [B, n] -> features [B, T, H].

        Args:
            samples: [B] of each row, where rows are padded with zeros; None: all are whole.
        """
        mask = None
        if samples is not None:
            places = torch.arange(waves.shape[1], device=waves.device)
            mask = (places < samples.unsqueeze(1)).long()
        weight = next(self.model.parameters())
        return self.model(waves.to(weight.dtype), attention_mask=mask).last_hidden_state.float()

    def normalised(self, wave: Tensor) -> Tensor:
        """A window [n] as the network wants it: mean 0, variance 1 over the whole window."""
        if not self.normalises:
            return wave
        variance, mean = torch.var_mean(wave, correction=0)
        return (wave - mean) / torch.sqrt(variance + _VARIANCE_EPS)


def _config(keys: Keys, layers: int) -> HubertConfig:
    keys.only("feat_extract_norm", "layer")
    keys.only("do_stable_layer_norm", True)
    there = keys.read(int, "num_hidden_layers")
    if there < layers:
        raise keys.error(
            "num_hidden_layers",
            f"is {there}, and the output of layer {layers} is needed: a reduced checkpoint says "
            "its hubert.out_layer in a config.json beside its folders",
        )
    try:
        config = HubertConfig.from_dict(dict(keys.values))
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{keys.file} is no HuBERT configuration: {error}") from None
    config.num_hidden_layers = layers
    # Training matters; without them the network has no masking vector.
    config.apply_spec_augment = False
    config.mask_time_prob = config.mask_feature_prob = config.layerdrop = 0.0
    return config
