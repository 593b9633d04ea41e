"""Codecs for tests: the one of the goldens, and others of any size with random weights."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from vocalino.engines.qwen3_tts.codec import Codec, load_codec
from vocalino.engines.qwen3_tts.config import CodecConfig, read_config

GOLDENS = Path(__file__).parents[2] / "goldens" / "qwen3_tts"
WEIGHTS = GOLDENS / "checkpoint" / "speech_tokenizer" / "model.safetensors"
CPU = torch.device("cpu")

# Sizes as small as they can be, each another than its neighbours, with shared key heads.
TINY = CodecConfig(
    latent_dim=12,
    codebook_dim=10,
    codebook_size=11,
    num_quantizers=3,
    hidden_size=14,
    intermediate_size=18,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=6,
    rms_norm_eps=1e-5,
    rope_theta=10000.0,
    sliding_window=5,
    decoder_dim=16,
    upsample_rates=(3, 2),
    upsampling_ratios=(2,),
    sample_rate_hz=24000,
    samples_per_frame=12,
)

OFFICIAL = CodecConfig(
    latent_dim=1024,
    codebook_dim=512,
    codebook_size=2048,
    num_quantizers=16,
    hidden_size=512,
    intermediate_size=1024,
    num_hidden_layers=8,
    num_attention_heads=16,
    num_key_value_heads=16,
    head_dim=64,
    rms_norm_eps=1e-5,
    rope_theta=10000.0,
    sliding_window=72,
    decoder_dim=1536,
    upsample_rates=(8, 5, 4, 3),
    upsampling_ratios=(2, 2),
    sample_rate_hz=24000,
    samples_per_frame=1920,
)


@cache
def golden_config() -> CodecConfig:
    return read_config(GOLDENS / "checkpoint").codec


@cache
def golden_codec() -> Codec:
    return load_codec(WEIGHTS, golden_config(), device=CPU)


@cache
def golden_tensors() -> dict[str, Tensor]:
    return load_file(GOLDENS / "codec_decode.safetensors")


def golden_codes(name: str) -> Tensor:
    """[1, K, T]"""
    return golden_tensors()[f"codes_{name}"].long().T.unsqueeze(0)


@cache
def tiny_codec(window: int = TINY.sliding_window) -> Codec:
    """Random weights that keep signals near one, so that rounding stays near float32's."""
    codec = Codec(replace(TINY, sliding_window=window))
    random = torch.Generator().manual_seed(4)
    for name, parameter in codec.named_parameters():
        parameter.requires_grad_(False)
        width = parameter[0].numel() if parameter.dim() > 1 else 16
        loud = 0.7 if name.startswith("decoder.") else 2.0 if "self_attn" in name else 1.0
        parameter.normal_(0, loud * width**-0.5, generator=random)
        if name.endswith("usage"):
            parameter.abs_().add_(0.1)
    codec.finish()
    return codec.eval()


def random_codes(rows: int, frames: int, seed: int = 5) -> Tensor:
    """Codes for the tiny codec, [B, K, T]"""
    random = torch.Generator().manual_seed(seed)
    return torch.randint(TINY.codebook_size, (rows, TINY.num_quantizers, frames), generator=random)
