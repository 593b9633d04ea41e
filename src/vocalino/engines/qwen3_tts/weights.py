"""Key tables of `model.safetensors`: name in the file -> our name (spec section 3.1).

Names are upstream's but where we keep several of its tensors in one: queries, keys and values;
gate and up; the embeddings of the code groups.
"""

from __future__ import annotations

from vocalino.engines.qwen3_tts.config import CodePredictorConfig, TalkerConfig
from vocalino.nn.checkpoint import Place, Places, over_layers


def talker_places(config: TalkerConfig) -> Places:
    """The talker, as the member `talker` of a module."""
    ours, theirs = "talker", "talker.model"
    places: dict[str, Place | None] = {
        f"{theirs}.text_embedding.weight": Place(f"{ours}.text_embedding.weight"),
        f"{theirs}.codec_embedding.weight": Place(f"{ours}.codec_embedding.weight"),
        f"{theirs}.norm.weight": Place(f"{ours}.model.norm.weight"),
        f"{ours}.codec_head.weight": Place(f"{ours}.codec_head.weight"),
    }
    for part in ("linear_fc1.weight", "linear_fc1.bias", "linear_fc2.weight", "linear_fc2.bias"):
        name = f"{ours}.text_projection.{part}"
        places[name] = Place(name)
    return {**places, **_layers(f"{theirs}.layers", f"{ours}.model.layers", config)}


def code_predictor_places(config: CodePredictorConfig, talker: TalkerConfig) -> Places:
    """The code predictor, as the member `code_predictor` of a module."""
    ours, theirs = "code_predictor", "talker.code_predictor"
    places: dict[str, Place | None] = {
        f"{theirs}.model.norm.weight": Place(f"{ours}.model.norm.weight")
    }
    for group in range(config.num_code_groups - 1):
        places[f"{theirs}.model.codec_embedding.{group}.weight"] = Place(
            f"{ours}.codec_embedding.weight", group * config.vocab_size, config.vocab_size
        )
        head = f"lm_head.{group}.weight"
        places[f"{theirs}.{head}"] = Place(f"{ours}.{head}")
    if config.hidden_size != talker.hidden_size:
        for part in ("weight", "bias"):
            name = f"small_to_mtp_projection.{part}"
            places[f"{theirs}.{name}"] = Place(f"{ours}.{name}")
    return {**places, **_layers(f"{theirs}.model.layers", f"{ours}.model.layers", config)}


def _layers(theirs: str, ours: str, config: TalkerConfig | CodePredictorConfig) -> Places:
    """The table of a stack of Qwen3 layers."""
    query = config.num_attention_heads * config.head_dim
    key = config.num_key_value_heads * config.head_dim
    hidden = config.intermediate_size
    qkv, gate_up = "self_attn.qkv_proj.weight", "mlp.gate_up_proj.weight"
    layer = {
        "self_attn.q_proj.weight": Place(qkv, 0, query),
        "self_attn.k_proj.weight": Place(qkv, query, key),
        "self_attn.v_proj.weight": Place(qkv, query + key, key),
        "mlp.gate_proj.weight": Place(gate_up, 0, hidden),
        "mlp.up_proj.weight": Place(gate_up, hidden, hidden),
    }
    for name in (
        "input_layernorm.weight",
        "self_attn.q_norm.weight",
        "self_attn.k_norm.weight",
        "self_attn.o_proj.weight",
        "post_attention_layernorm.weight",
        "mlp.down_proj.weight",
    ):
        layer[name] = Place(name)
    places: dict[str, Place | None] = {
        f"{theirs}.{{}}.{name}": Place(f"{ours}.{{}}.{place.name}", place.row, place.rows)
        for name, place in layer.items()
    }
    return over_layers(places, config.num_hidden_layers)
