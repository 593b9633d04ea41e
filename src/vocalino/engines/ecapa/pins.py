"""Which files the engine was written for (spec section 1)."""

from __future__ import annotations

from vocalino.hub import Pin, PinnedFile

BASE = Pin(
    name="qwen3-tts-base",
    repo="Qwen/Qwen3-TTS-12Hz-1.7B-Base",
    revision="fd4b254389122332181a7c3db7f27e918eec64e3",
    licence="Apache-2.0",
    setting="se_model",
    flag="--se-model",
    files=(
        PinnedFile("config.json", 4494, None),  # nobody has published its hash
        PinnedFile(
            "model.safetensors",
            3857413744,
            "38fc7fc51c5e776e840414b6fd443962e9411b9654888fd7913e4da643cb857c",
        ),
    ),
)
"""Only its speaker encoder is read, 24 MB of the file: nobody publishes that part alone."""
