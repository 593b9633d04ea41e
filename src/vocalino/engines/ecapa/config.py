"""Sizes of the speaker encoder, from `config.json` of a Base checkpoint (spec section 2.1)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vocalino.config_file import open_keys
from vocalino.errors import CheckpointError

SAMPLE_RATE_HZ = 24000
MEL_BANDS = 128


@dataclass(frozen=True)
class EcapaConfig:
    """Field names and defaults are upstream's; official checkpoints leave most keys out.

    Channels, kernel sizes and dilations are of the first convolution, of each SE-Res2Net block, and
    of the layer that brings those together.

    Raises:
        CheckpointError: sizes that do not fit each other.
    """

    enc_dim: int = 1024
    enc_channels: tuple[int, ...] = (512, 512, 512, 512, 1536)
    enc_kernel_sizes: tuple[int, ...] = (5, 3, 3, 3, 1)
    enc_dilations: tuple[int, ...] = (1, 2, 3, 4, 1)
    enc_attention_channels: int = 128
    enc_res2net_scale: int = 8
    enc_se_channels: int = 128

    def __post_init__(self) -> None:
        lists = (self.enc_channels, self.enc_kernel_sizes, self.enc_dilations)
        single = (self.enc_dim, self.enc_attention_channels, self.enc_se_channels)
        if min(*single, *(min(each, default=0) for each in lists)) < 1:
            raise CheckpointError("enc_*: every size must be 1 or more")
        if len({len(each) for each in lists}) != 1 or len(self.enc_channels) < 3:
            raise CheckpointError(
                "enc_channels, enc_kernel_sizes and enc_dilations must be of one length, 3 or more"
            )
        if len(set(self.enc_channels[:-1])) != 1:
            raise CheckpointError(
                f"enc_channels is {list(self.enc_channels)}: all but the last must be equal, since "
                "blocks are added to what they are given"
            )
        if self.enc_res2net_scale < 2 or self.enc_channels[0] % self.enc_res2net_scale:
            raise CheckpointError(
                f"enc_res2net_scale is {self.enc_res2net_scale}: it must be 2 or more and divide "
                f"{self.enc_channels[0]} channels"
            )

    @property
    def min_frames(self) -> int:
        """Mel frames that a clip needs: convolutions mirror it at its ends."""
        pairs = zip(self.enc_kernel_sizes, self.enc_dilations, strict=True)
        return 1 + max((dilation * (size - 1) + 1) // 2 for size, dilation in pairs)


def read_ecapa_config(file: Path) -> EcapaConfig:
    """The section `speaker_encoder_config` of a Base checkpoint's `config.json`.

    Raises:
        CheckpointError: the file is missing, or of a checkpoint without a speaker encoder, or the
            encoder is none that this engine plays.
    """
    main = open_keys(file)
    main.only("model_type", "qwen3_tts")
    main.only("tts_model_type", "base")
    keys = main.section("speaker_encoder_config")
    keys.only("sample_rate", SAMPLE_RATE_HZ, None)
    keys.only("mel_dim", MEL_BANDS, None)
    default = EcapaConfig()
    absent = {name: size for name, size in vars(default).items() if name not in keys.values}
    return keys.fill(EcapaConfig, absent)
