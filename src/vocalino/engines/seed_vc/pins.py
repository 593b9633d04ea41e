"""Which files the engine was written for (spec section 2): five repositories, five folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from vocalino.hub import Pin, PinnedFile, locate
from vocalino.settings import Settings

_SETTING, _FLAG = "vc_model", "--vc-model"

SEED_VC = Pin(
    name="seed-vc",
    repo="Plachta/Seed-VC",
    revision="257283f9f41585055e8f858fba4fd044e5caed6e",
    licence="GPL-3.0",
    setting=_SETTING,
    subfolder="seed-vc",
    flag=_FLAG,
    files=(
        # Nobody has published the hashes of these two at this commit: locked at the first fetch.
        PinnedFile("v2/cfm_small.pth", None, None),
        PinnedFile("v2/ar_base.pth", None, None),
    ),
)
"""The flow-matching transformer, the style model, and a length regulator of each."""

ASTRAL = Pin(
    name="astral",
    repo="Plachta/ASTRAL-quantization",
    revision="4a2e9679f76eb03753adc8c503e3c23bb9c22f26",
    licence="GPL-3.0",
    setting=_SETTING,
    subfolder="astral",
    flag=_FLAG,
    files=(
        PinnedFile(
            "bsq2048/bsq2048_light.pth",
            None,
            "d7953115a60609c72a50bc79e88aa7248ffd4444b3912f89e8375ec1c6485fc6",
        ),
        PinnedFile(
            "bsq32/bsq32_light.pth",
            None,
            "b01d6ba14a7af57ecc02b3eb5897a7e2abdaefab06b3f218d6709dc98b0e83a3",
        ),
    ),
)
"""Features of speech -> content indices: 2048 that keep the manner, 32 that don't."""

CAMPPLUS = Pin(
    name="campplus",
    repo="funasr/campplus",
    revision="e4b6ede7ce16997aff4ae69fbca1f0175e2afede",
    licence="Apache-2.0 (code)",
    setting=_SETTING,
    subfolder="campplus",
    flag=_FLAG,
    files=(
        PinnedFile(
            "campplus_cn_common.bin",
            28036335,
            "3388cf5fd3493c9ac9c69851d8e7a8badcfb4f3dc631020c4961371646d5ada8",
        ),
    ),
)
"""Who is speaking, in 192 numbers."""

HUBERT = Pin(
    name="hubert-large",
    repo="facebook/hubert-large-ll60k",
    revision="ff022d095678a2995f3c49bab18a96a9e553f782",
    licence="Apache-2.0",
    setting=_SETTING,
    subfolder="hubert",
    flag=_FLAG,
    files=(
        PinnedFile(
            "config.json",
            None,
            "52e48f7f44bf7f1be327cc3e82368681acf0cc8c5538d757eae9e6685bfe2b16",
        ),
        PinnedFile(
            "preprocessor_config.json",
            212,
            "a2254a5b58f72cd4de3632f8eee64f3f098b7c1402128d2f419e7d00ae13e335",
        ),
        PinnedFile(
            "pytorch_model.bin",
            None,
            "45a299050945479a68cffe2ab7a63fd08931718ba18f05a42dbb86a5164178e0",
            instead="model.safetensors",
        ),
    ),
)
"""Sound -> features of speech; its first 18 layers of 24 are used."""

BIGVGAN = Pin(
    name="bigvgan",
    repo="nvidia/bigvgan_v2_22khz_80band_256x",
    revision="633ff708ed5b74903e86ff1298cf4a98e921c513",
    licence="MIT",
    setting=_SETTING,
    subfolder="bigvgan",
    flag=_FLAG,
    files=(
        PinnedFile(
            "config.json",
            1405,
            "88a1f47acf747db0b21e97a389d838566147f7a5464583ff5c8d819d870f03ee",
        ),
        PinnedFile(
            "bigvgan_generator.pt",
            449228171,
            "e95ba25972d3de0628d99cd156e9315a9c018899bf739988959ebe3544080ced",
        ),
    ),
)
"""The vocoder."""

PINS = (SEED_VC, ASTRAL, CAMPPLUS, HUBERT, BIGVGAN)


@dataclass(frozen=True)
class Folders:
    """Where the checkpoints of the converter lie, in the order of `PINS`."""

    seed_vc: Path
    astral: Path
    campplus: Path
    hubert: Path
    bigvgan: Path

    @classmethod
    def under(cls, root: Path) -> Self:
        """All in one folder, each in one of its own."""
        return cls(*(pin.within(root) for pin in PINS))

    @classmethod
    def located(cls, settings: Settings) -> Self:
        """Each where the settings or the hub have it, fetched first if it has to be.

        Raises what `hub.locate` does.
        """
        return cls(*(locate(pin, settings) for pin in PINS))
