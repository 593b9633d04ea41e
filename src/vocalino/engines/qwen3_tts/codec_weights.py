"""Key table of `speech_tokenizer/model.safetensors`: name in the file -> our name (section 3.3).

Names are upstream's, less the wrappers around convolutions (`.conv.`) and codebooks, and but where
we keep several of its tensors in one: the codebooks; queries, keys and values; gate and up.
"""

from __future__ import annotations

from vocalino.engines.qwen3_tts.codec_blocks import DILATIONS
from vocalino.engines.qwen3_tts.config import CodecConfig
from vocalino.nn.checkpoint import Place, Places, over_layers

IGNORED_PREFIXES = ("encoder.",)  # waveform -> codes: nothing is cloned from recordings here


def codec_places(config: CodecConfig) -> Places:
    """The decoder, as a `Codec`."""
    places = {**_quantizer(config), **_transformer(config)}
    last = len(config.upsample_rates) + 1
    named = {
        "pre_conv.conv": "pre_conv",
        "pre_transformer.input_proj": "pre_transformer.input_proj",
        "pre_transformer.output_proj": "pre_transformer.output_proj",
        "decoder.0.conv": "decoder.0",
        f"decoder.{last + 1}.conv": f"decoder.{last}.conv",
    }
    for ratio in range(len(config.upsampling_ratios)):
        pair = f"upsample.{ratio}"
        named |= {f"{pair}.0.conv": f"{pair}.0", f"{pair}.1.dwconv.conv": f"{pair}.1.dwconv"}
        named |= {f"{pair}.1.{part}": f"{pair}.1.{part}" for part in ("norm", "pwconv1", "pwconv2")}
        places[f"decoder.{pair}.1.gamma"] = Place(f"{pair}.1.gamma")
    snakes = {f"decoder.{last}": f"decoder.{last}.act"}
    for block in range(1, last):
        theirs, ours = f"decoder.{block}.block", f"decoder.{block}"
        named[f"{theirs}.1.conv"] = f"{ours}.conv"
        snakes[f"{theirs}.0"] = f"{ours}.act"
        for number in range(len(DILATIONS)):
            unit, units = f"{theirs}.{number + 2}", f"{ours}.units.{number}"
            named |= {f"{unit}.conv1.conv": f"{units}.conv1.conv"}
            named |= {f"{unit}.conv2.conv": f"{units}.conv2"}
            snakes |= {f"{unit}.act1": f"{units}.conv1.act", f"{unit}.act2": f"{units}.act2"}
    for names, parts in ((named, ("weight", "bias")), (snakes, ("alpha", "beta"))):
        for theirs, ours in names.items():
            places |= {f"decoder.{theirs}.{part}": Place(f"{ours}.{part}") for part in parts}
    return places


def _quantizer(config: CodecConfig) -> dict[str, Place | None]:
    places: dict[str, Place | None] = {}
    for group in range(config.num_quantizers):
        layer = f"rvq_first.vq.layers.{group}" if group == 0 else f"rvq_rest.vq.layers.{group - 1}"
        for part in ("embedding_sum", "cluster_usage"):
            places[f"decoder.quantizer.{layer}._codebook.{part}"] = Place(
                f"quantizer.{part}", group * config.codebook_size, config.codebook_size
            )
    for part in ("first", "rest"):
        theirs = f"decoder.quantizer.rvq_{part}"
        places[f"{theirs}.output_proj.weight"] = Place(f"quantizer.{part}_proj")
        places[f"{theirs}.input_proj.weight"] = None  # vectors -> codes: the encoder's half
    return places


def _transformer(config: CodecConfig) -> dict[str, Place | None]:
    ours = "pre_transformer"
    query = config.num_attention_heads * config.head_dim
    key = config.num_key_value_heads * config.head_dim
    hidden = config.intermediate_size
    qkv, gate_up = "self_attn.qkv_proj.weight", "mlp.gate_up_proj.weight"
    layer = {
        "input_layernorm.weight": Place("input_layernorm.weight"),
        "self_attn.q_proj.weight": Place(qkv, 0, query),
        "self_attn.k_proj.weight": Place(qkv, query, key),
        "self_attn.v_proj.weight": Place(qkv, query + key, key),
        "self_attn.o_proj.weight": Place("self_attn.o_proj.weight"),
        "self_attn_layer_scale.scale": Place("self_attn_scale"),
        "post_attention_layernorm.weight": Place("post_attention_layernorm.weight"),
        "mlp.gate_proj.weight": Place(gate_up, 0, hidden),
        "mlp.up_proj.weight": Place(gate_up, hidden, hidden),
        "mlp.down_proj.weight": Place("mlp.down_proj.weight"),
        "mlp_layer_scale.scale": Place("mlp_scale"),
    }
    layers = {
        f"decoder.{ours}.layers.{{}}.{name}": Place(
            f"{ours}.layers.{{}}.{place.name}", place.row, place.rows
        )
        for name, place in layer.items()
    }
    norm = {f"decoder.{ours}.norm.weight": Place(f"{ours}.norm.weight")}
    return over_layers(layers, config.num_hidden_layers) | norm
