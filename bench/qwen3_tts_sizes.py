"""Qwen3-TTS VoiceDesign at four sizes: the two config files, and every tensor with its shape.

The keys and the structure are the official ones; `full` has the official sizes, `half` those of the
0.6B variants, `mid` a quarter of every width, `tiny` is for trying the bench itself. The code
vocabulary, and with it the work of the heads and of the sampler, is official in all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Shapes = dict[str, tuple[int, ...]]
Config = dict[str, Any]

CODEC_EOS = 2150
LANGUAGES = {
    "chinese": 2055,
    "english": 2050,
    "german": 2053,
    "italian": 2070,
    "portuguese": 2071,
    "spanish": 2054,
    "japanese": 2058,
    "korean": 2064,
    "french": 2061,
    "russian": 2069,
}


@dataclass(frozen=True)
class Blocks:
    """A stack of transformer layers."""

    width: int
    feed_forward: int
    layers: int
    heads: int
    kv_heads: int
    head_width: int

    def config(self) -> Config:
        return {
            "hidden_size": self.width,
            "intermediate_size": self.feed_forward,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.kv_heads,
            "head_dim": self.head_width,
            "hidden_act": "silu",
            "attention_bias": False,
            "attention_dropout": 0.0,
        }


@dataclass(frozen=True)
class Size:
    """The widths that differ between the sizes."""

    text_vocabulary: int
    text_width: int
    talker: Blocks
    code_predictor: Blocks
    codec: Blocks
    codec_latent: int
    codebook: int
    codec_first: int
    rope_sections: tuple[int, int, int]


SIZES = {
    "tiny": Size(
        512, 64, Blocks(64, 128, 2, 4, 2, 16), Blocks(48, 96, 2, 4, 2, 16),
        Blocks(32, 64, 2, 4, 4, 16), 48, 32, 64, (4, 2, 2),
    ),
    "mid": Size(
        512, 512, Blocks(512, 1536, 8, 8, 4, 64), Blocks(256, 768, 5, 8, 4, 64),
        Blocks(128, 256, 8, 8, 8, 32), 256, 128, 384, (12, 10, 10),
    ),
    "half": Size(
        151936, 2048, Blocks(1024, 3072, 28, 16, 8, 128), Blocks(1024, 3072, 5, 16, 8, 128),
        Blocks(512, 1024, 8, 16, 16, 64), 1024, 512, 1536, (24, 20, 20),
    ),
    "full": Size(
        151936, 2048, Blocks(2048, 6144, 28, 16, 8, 128), Blocks(1024, 3072, 5, 16, 8, 128),
        Blocks(512, 1024, 8, 16, 16, 64), 1024, 512, 1536, (24, 20, 20),
    ),
}  # fmt: skip


def main_config(size: Size, token_ids: dict[str, int]) -> Config:
    """`config.json`; `token_ids` are those of the tokenizer that goes with it."""
    predictor = size.code_predictor.config() | {
        "model_type": "qwen3_tts_talker_code_predictor",
        "layer_types": ["full_attention"] * size.code_predictor.layers,
        "max_position_embeddings": 65536,
        "max_window_layers": 28,
        "num_code_groups": 16,
        "rms_norm_eps": 1e-6,
        "rope_scaling": None,
        "rope_theta": 1000000,
        "sliding_window": None,
        "tie_word_embeddings": False,
        "use_cache": True,
        "use_sliding_window": False,
        "vocab_size": 2048,
    }
    talker = size.talker.config() | {
        "model_type": "qwen3_tts_talker",
        "code_predictor_config": predictor,
        "codec_language_id": LANGUAGES,
        "spk_id": {},
        "spk_is_dialect": {},
        "max_position_embeddings": 32768,
        "num_code_groups": 16,
        "position_id_per_seconds": 13,
        "rms_norm_eps": 1e-6,
        "rope_scaling": {
            "interleaved": True,
            "mrope_section": list(size.rope_sections),
            "rope_type": "default",
            "type": "default",
        },
        "rope_theta": 1000000,
        "sliding_window": None,
        "text_hidden_size": size.text_width,
        "text_vocab_size": size.text_vocabulary,
        "use_cache": True,
        "use_sliding_window": False,
        "vocab_size": 3072,
        "codec_pad_id": 2148,
        "codec_bos_id": 2149,
        "codec_eos_token_id": CODEC_EOS,
        "codec_think_id": 2154,
        "codec_nothink_id": 2155,
        "codec_think_bos_id": 2156,
        "codec_think_eos_id": 2157,
    }
    return {
        "architectures": ["Qwen3TTSForConditionalGeneration"],
        "model_type": "qwen3_tts",
        "tokenizer_type": "qwen3_tts_tokenizer_12hz",
        "tts_model_size": "1b7",
        "tts_model_type": "voice_design",
        "assistant_token_id": token_ids["assistant"],
        "im_start_token_id": token_ids["<|im_start|>"],
        "im_end_token_id": token_ids["<|im_end|>"],
        "tts_pad_token_id": token_ids["<tts_pad>"],
        "tts_bos_token_id": token_ids["<tts_text_bos>"],
        "tts_eos_token_id": token_ids["<tts_text_eod>"],
        "talker_config": talker,
        "transformers_version": "4.57.3",
    }


def codec_config(size: Size) -> Config:
    """`speech_tokenizer/config.json`, with the smallest encoder: synthesis never runs one."""
    decoder = size.codec.config() | {
        "codebook_dim": size.codebook,
        "codebook_size": 2048,
        "decoder_dim": size.codec_first,
        "latent_dim": size.codec_latent,
        "layer_scale_initial_scale": 0.01,
        "max_position_embeddings": 8000,
        "num_quantizers": 16,
        "num_semantic_quantizers": 1,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000,
        "semantic_codebook_size": 4096,
        "sliding_window": 72,
        "upsample_rates": [8, 5, 4, 3],
        "upsampling_ratios": [2, 2],
        "vector_quantization_hidden_dimension": size.codebook,
    }
    encoder = {
        "codebook_dim": 16,
        "codebook_size": 64,
        "head_dim": 8,
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_attention_heads": 2,
        "num_filters": 2,
        "num_hidden_layers": 1,
        "num_key_value_heads": 2,
        "num_quantizers": 16,
        "rope_theta": 10000.0,
        "upsample_groups": 16,
        "vector_quantization_hidden_dimension": 16,
    }
    return {
        "architectures": ["Qwen3TTSTokenizerV2Model"],
        "model_type": "qwen3_tts_tokenizer_12hz",
        "encoder_valid_num_quantizers": 16,
        "input_sample_rate": 24000,
        "output_sample_rate": 24000,
        "decode_upsample_rate": 1920,
        "encode_downsample_rate": 1920,
        "decoder_config": decoder,
        "encoder_config": encoder,
    }


def main_shapes(size: Size) -> Shapes:
    """Every tensor of `model.safetensors`: 404 at the official sizes."""
    width, small = size.talker.width, size.code_predictor.width
    shapes: Shapes = {
        "talker.model.text_embedding.weight": (size.text_vocabulary, size.text_width),
        "talker.model.codec_embedding.weight": (3072, width),
        "talker.codec_head.weight": (3072, width),
        **_linear("talker.text_projection.linear_fc1", size.text_width, size.text_width),
        **_linear("talker.text_projection.linear_fc2", width, size.text_width),
        **_blocks("talker.model", size.talker),
        **_blocks("talker.code_predictor.model", size.code_predictor),
    }
    if small != width:  # else upstream feeds the talker's width as it is
        shapes |= _linear("talker.code_predictor.small_to_mtp_projection", small, width)
    for group in range(15):
        shapes[f"talker.code_predictor.model.codec_embedding.{group}.weight"] = (2048, width)
        shapes[f"talker.code_predictor.lm_head.{group}.weight"] = (2048, small)
    return shapes


def codec_shapes(size: Size) -> Shapes:
    """Every tensor of the codec's decoder: 271 at the official sizes. The file has no encoder."""
    latent, half = size.codec_latent, size.codebook // 2
    shapes = _blocks("decoder.pre_transformer", size.codec, in_codec=True)
    for side, groups in (("first", 1), ("rest", 15)):
        prefix = f"decoder.quantizer.rvq_{side}"
        shapes[f"{prefix}.input_proj.weight"] = (half, size.codebook, 1)
        shapes[f"{prefix}.output_proj.weight"] = (size.codebook, half, 1)
        for group in range(groups):
            book = f"{prefix}.vq.layers.{group}._codebook"
            shapes[f"{book}.embedding_sum"] = (2048, half)
            shapes[f"{book}.cluster_usage"] = (2048,)
    shapes |= _conv("decoder.pre_conv.conv", latent, size.codebook, 3)
    shapes |= _linear("decoder.pre_transformer.input_proj", size.codec.width, latent)
    shapes |= _linear("decoder.pre_transformer.output_proj", latent, size.codec.width)
    for stage in range(2):
        prefix = f"decoder.upsample.{stage}"
        shapes |= _conv(f"{prefix}.0.conv", latent, latent, 2)
        shapes |= _conv(f"{prefix}.1.dwconv.conv", latent, 1, 7)
        shapes |= {f"{prefix}.1.norm.{end}": (latent,) for end in ("weight", "bias")}
        shapes[f"{prefix}.1.gamma"] = (latent,)
        shapes |= _linear(f"{prefix}.1.pwconv1", 4 * latent, latent)
        shapes |= _linear(f"{prefix}.1.pwconv2", latent, 4 * latent)
    return shapes | _wave_shapes(size)


def _wave_shapes(size: Size) -> Shapes:
    """The convolutions from latent to samples: rates 8, 5, 4, 3, half the channels each time."""
    channels = size.codec_first
    shapes = _conv("decoder.decoder.0.conv", channels, size.codec_latent, 7)
    for block, rate in enumerate((8, 5, 4, 3), start=1):
        prefix = f"decoder.decoder.{block}.block"
        shapes |= _snake(f"{prefix}.0", channels)
        # A transposed convolution: the weight is [C_in, C_out, k], the bias [C_out].
        shapes[f"{prefix}.1.conv.weight"] = (channels, channels // 2, 2 * rate)
        channels //= 2
        shapes[f"{prefix}.1.conv.bias"] = (channels,)
        for unit in (2, 3, 4):
            shapes |= _snake(f"{prefix}.{unit}.act1", channels)
            shapes |= _snake(f"{prefix}.{unit}.act2", channels)
            shapes |= _conv(f"{prefix}.{unit}.conv1.conv", channels, channels, 7)
            shapes |= _conv(f"{prefix}.{unit}.conv2.conv", channels, channels, 1)
    return shapes | _snake("decoder.decoder.5", channels) | _conv(
        "decoder.decoder.6.conv", 1, channels, 7
    )  # fmt: skip


def _blocks(prefix: str, of: Blocks, in_codec: bool = False) -> Shapes:
    queries, keys = of.heads * of.head_width, of.kv_heads * of.head_width
    shapes: Shapes = {f"{prefix}.norm.weight": (of.width,)}
    for number in range(of.layers):
        layer = f"{prefix}.layers.{number}"
        shapes |= {
            f"{layer}.input_layernorm.weight": (of.width,),
            f"{layer}.post_attention_layernorm.weight": (of.width,),
            f"{layer}.self_attn.q_proj.weight": (queries, of.width),
            f"{layer}.self_attn.k_proj.weight": (keys, of.width),
            f"{layer}.self_attn.v_proj.weight": (keys, of.width),
            f"{layer}.self_attn.o_proj.weight": (of.width, queries),
            f"{layer}.mlp.gate_proj.weight": (of.feed_forward, of.width),
            f"{layer}.mlp.up_proj.weight": (of.feed_forward, of.width),
            f"{layer}.mlp.down_proj.weight": (of.width, of.feed_forward),
        }
        if in_codec:
            shapes[f"{layer}.self_attn_layer_scale.scale"] = (of.width,)
            shapes[f"{layer}.mlp_layer_scale.scale"] = (of.width,)
        else:
            shapes[f"{layer}.self_attn.q_norm.weight"] = (of.head_width,)
            shapes[f"{layer}.self_attn.k_norm.weight"] = (of.head_width,)
    return shapes


def _linear(prefix: str, out: int, into: int) -> Shapes:
    return {f"{prefix}.weight": (out, into), f"{prefix}.bias": (out,)}


def _conv(prefix: str, out: int, into: int, kernel: int) -> Shapes:
    return {f"{prefix}.weight": (out, into, kernel), f"{prefix}.bias": (out,)}


def _snake(prefix: str, channels: int) -> Shapes:
    return {f"{prefix}.alpha": (channels,), f"{prefix}.beta": (channels,)}
