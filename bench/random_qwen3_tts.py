"""A random Qwen3-TTS VoiceDesign checkpoint in the official layout: speed needs no weights.

Usage: .venv/bin/python bench/random_qwen3_tts.py FOLDER [--size mid] [--dtype float32] [--seed 0]

Time does not depend on the values, save for the length: a run ends where the model says so. The
row of the end token in the talker's head is therefore zero. Its logit is then 0, while half of the
2048 others lie above: it never enters the top 50, and every engine runs to the frames it was asked
for. The other weights are normal, since zeros draw less power and make a GPU clock higher.

Tensors are drawn and written in bands: memory stays at a few hundred MiB at any size.
"""

from __future__ import annotations

import argparse
import json
import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import torch
from qwen3_tts_sizes import (
    CODEC_EOS,
    SIZES,
    Shapes,
    codec_config,
    codec_shapes,
    main_config,
    main_shapes,
)

DTYPES = {"float32": ("F32", torch.float32), "bfloat16": ("BF16", torch.bfloat16)}
_BAND = 1 << 24  # values drawn at once

_ADDED = (
    "<|endoftext|> <|im_start|> <|im_end|> <|object_ref_start|> <|object_ref_end|> <|box_start|> "
    "<|box_end|> <|quad_start|> <|quad_end|> <|vision_start|> <|vision_end|> <|vision_pad|> "
    "<|image_pad|> <|video_pad|> <tool_call> </tool_call> <|fim_prefix|> <|fim_middle|> "
    "<|fim_suffix|> <|fim_pad|> <|repo_name|> <|file_sep|> <tool_response> </tool_response> "
    "<think> </think> <|audio_start|> <|audio_end|> <tts_pad> <tts_text_bos> <tts_text_eod> "
    "<tts_text_bos_single> <|audio_pad|>"
).split()
"""The 33 tokens that the official tokenizer adds after its BPE, in the order of their ids."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", choices=SIZES, default="mid")
    parser.add_argument("--dtype", choices=DTYPES, default="float32", help="of the main file")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    write_checkpoint(asked.folder, asked.size, asked.dtype, asked.seed)


def write_checkpoint(folder: Path, size_name: str, dtype: str = "float32", seed: int = 0) -> None:
    """Write the checkpoint of one of `SIZES`; the codec is float32 as the official one is."""
    size = SIZES[size_name]
    codec = folder / "speech_tokenizer"
    codec.mkdir(parents=True, exist_ok=True)
    token_ids = _write_tokenizer(folder)
    _write_json(folder / "config.json", main_config(size, token_ids))
    _write_json(folder / "generation_config.json", _GENERATION)
    _write_json(folder / "preprocessor_config.json", _PREPROCESSOR)
    _write_json(codec / "config.json", codec_config(size))
    _write_json(codec / "preprocessor_config.json", _FEATURES)
    _write_safetensors(folder / "model.safetensors", main_shapes(size), dtype, seed)
    _write_safetensors(codec / "model.safetensors", codec_shapes(size), "float32", seed)


_GENERATION: dict[str, Any] = {
    "do_sample": True,
    "repetition_penalty": 1.05,
    "temperature": 0.9,
    "top_p": 1.0,
    "top_k": 50,
    "subtalker_dosample": True,
    "subtalker_temperature": 0.9,
    "subtalker_top_p": 1.0,
    "subtalker_top_k": 50,
    "max_new_tokens": 8192,
}
_PREPROCESSOR: dict[str, Any] = {
    "padding_side": "left",
    "padding_value": 0.0,
    "processor_class": "Qwen3TTSProcessor",
    "return_attention_mask": True,
}
_FEATURES: dict[str, Any] = {
    "chunk_length_s": None,
    "feature_extractor_type": "EncodecFeatureExtractor",
    "feature_size": 1,
    "overlap": None,
    "padding_side": "right",
    "padding_value": 0.0,
    "return_attention_mask": True,
    "sampling_rate": 24000,
}


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _write_tokenizer(folder: Path) -> dict[str, int]:
    """Byte-level BPE that merges the two words of the prompt's frame and nothing else.

    So "assistant" and "user" are one token each, as every engine expects of the role, and other
    text costs about a token a byte. Returns the ids of all tokens.
    """
    token_ids = {symbol: number for number, symbol in enumerate(_byte_symbols())}
    merges: list[str] = []
    for word in ("assistant", "user"):
        for end in range(1, len(word)):
            merges.append(f"{word[:end]} {word[end]}")
            token_ids[word[: end + 1]] = len(token_ids)
    _write_json(folder / "vocab.json", token_ids)
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]), encoding="utf-8")
    added = {text: len(token_ids) + number for number, text in enumerate(_ADDED)}
    marks = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
    config = {
        "add_bos_token": False,
        "add_prefix_space": False,
        "added_tokens_decoder": {
            str(number): {"content": text, **marks, "special": "|" in text or "tts" in text}
            for text, number in added.items()
        },
        "bos_token": None,
        "clean_up_tokenization_spaces": False,
        "eos_token": "<|im_end|>",
        "errors": "replace",
        "model_max_length": 131072,
        "pad_token": "<|endoftext|>",
        "split_special_tokens": False,
        "tokenizer_class": "Qwen2Tokenizer",
        "unk_token": None,
    }
    _write_json(folder / "tokenizer_config.json", config)
    return token_ids | added


def _byte_symbols() -> Iterator[str]:
    """A printable character for each of the 256 bytes, as byte-level BPE writes them."""
    shifted = 256
    for byte in range(256):
        if 33 <= byte <= 126 or 161 <= byte <= 172 or 174 <= byte <= 255:
            yield chr(byte)
        else:  # a control, a blank, or the soft hyphen
            yield chr(shifted)
            shifted += 1


def _write_safetensors(path: Path, shapes: Shapes, dtype: str, seed: int) -> None:
    """The file format: length of the header, header in JSON, the tensors one after another."""
    code, torch_dtype = DTYPES[dtype]
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in shapes.items():
        start, end = end, end + math.prod(shape) * torch_dtype.itemsize
        header[name] = {"dtype": code, "shape": shape, "data_offsets": (start, end)}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # the tensors begin aligned
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name, shape in shapes.items():
            _write_tensor(file, name, shape, torch_dtype, seed)


def _write_tensor(
    file: BinaryIO, name: str, shape: tuple[int, ...], dtype: torch.dtype, seed: int
) -> None:
    # Its own generator for each tensor: the two files and all sizes can be read in any order.
    generator = torch.Generator().manual_seed(zlib.crc32(f"{seed} {name}".encode()))
    count = math.prod(shape)
    constant, scale = _constant(name), _scale(name, shape)
    for start in range(0, count, _BAND):
        length = min(_BAND, count - start)
        if constant is not None:
            band = torch.full((length,), constant)
        else:
            band = torch.randn(length, generator=generator) * scale
        if name == "talker.codec_head.weight":  # one band at every size
            band.view(shape)[CODEC_EOS] = 0.0
        file.write(band.to(dtype).view(torch.uint8).numpy().tobytes())


def _constant(name: str) -> float | None:
    """What all values of a tensor are; None: they are drawn."""
    if name.endswith(("norm.weight", ".cluster_usage")):
        return 1.0
    if name.endswith((".scale", ".gamma")):
        return 0.01
    if name.endswith((".bias", ".alpha", ".beta")):  # alpha and beta are logarithms
        return 0.0
    return None


def _scale(name: str, shape: tuple[int, ...]) -> float:
    """The deviation of drawn values. The codec's keep the sound loud: silence would be cut."""
    if name.endswith(".embedding_sum"):
        return 1.0
    return math.prod(shape[1:]) ** -0.5 if name.startswith("decoder.") else 0.02


if __name__ == "__main__":
    main()
