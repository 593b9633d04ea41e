"""The key tables against the official list of tensors (spec sections 2 and 3.1), on no memory."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import pytest
import torch

from vocalino.engines.qwen3_tts.code_predictor import CodePredictor
from vocalino.engines.qwen3_tts.config import CodePredictorConfig, TalkerConfig
from vocalino.engines.qwen3_tts.talker import Talker
from vocalino.engines.qwen3_tts.weights import code_predictor_places, talker_places
from vocalino.nn.checkpoint import Place

Shapes = dict[str, tuple[int, ...]]

TALKER = TalkerConfig(
    hidden_size=2048,
    intermediate_size=6144,
    num_hidden_layers=28,
    num_attention_heads=16,
    num_key_value_heads=8,
    head_dim=128,
    rms_norm_eps=1e-6,
    rope_theta=1000000.0,
    max_position_embeddings=32768,
    vocab_size=3072,
    num_code_groups=16,
    text_vocab_size=151936,
    text_hidden_size=2048,
    codec_pad_id=2148,
    codec_bos_id=2149,
    codec_eos_token_id=2150,
    codec_think_id=2154,
    codec_nothink_id=2155,
    codec_think_bos_id=2156,
    codec_think_eos_id=2157,
    codec_language_id={"chinese": 2055, "english": 2050},
)
SMALL_TALKER = replace(TALKER, hidden_size=1024, intermediate_size=3072)
CODE_PREDICTOR = CodePredictorConfig(
    hidden_size=1024,
    intermediate_size=3072,
    num_hidden_layers=5,
    num_attention_heads=16,
    num_key_value_heads=8,
    head_dim=128,
    rms_norm_eps=1e-6,
    rope_theta=1000000.0,
    vocab_size=2048,
    num_code_groups=16,
)


class Speech(torch.nn.Module):
    """The networks of `model.safetensors`, by the names that the tables know them by."""

    def __init__(self, talker: TalkerConfig, code_predictor: CodePredictorConfig) -> None:
        super().__init__()
        self.talker = Talker(talker)
        self.code_predictor = CodePredictor(code_predictor, talker.hidden_size)


def official_layers(prefix: str, layers: int, width: int, hidden: int) -> Shapes:
    """16 query heads and 8 key heads of 128, whatever the width."""
    layer: Shapes = {
        "input_layernorm": (width,),
        "self_attn.q_proj": (2048, width),
        "self_attn.k_proj": (1024, width),
        "self_attn.v_proj": (1024, width),
        "self_attn.o_proj": (width, 2048),
        "self_attn.q_norm": (128,),
        "self_attn.k_norm": (128,),
        "post_attention_layernorm": (width,),
        "mlp.gate_proj": (hidden, width),
        "mlp.up_proj": (hidden, width),
        "mlp.down_proj": (width, hidden),
    }
    return {f"{prefix}.{i}.{k}.weight": shape for i in range(layers) for k, shape in layer.items()}


def official_talker(width: int, hidden: int) -> Shapes:
    shapes: Shapes = {
        "talker.model.text_embedding.weight": (151936, 2048),
        "talker.text_projection.linear_fc1.weight": (2048, 2048),
        "talker.text_projection.linear_fc1.bias": (2048,),
        "talker.text_projection.linear_fc2.weight": (width, 2048),
        "talker.text_projection.linear_fc2.bias": (width,),
        "talker.model.codec_embedding.weight": (3072, width),
        "talker.model.norm.weight": (width,),
        "talker.codec_head.weight": (3072, width),
    }
    return shapes | official_layers("talker.model.layers", 28, width, hidden)


def official_code_predictor(talker_width: int) -> Shapes:
    own = "talker.code_predictor"
    shapes: Shapes = {f"{own}.model.norm.weight": (1024,)}
    for group in range(15):
        shapes[f"{own}.model.codec_embedding.{group}.weight"] = (2048, talker_width)
        shapes[f"{own}.lm_head.{group}.weight"] = (2048, 1024)
    if talker_width != 1024:
        shapes[f"{own}.small_to_mtp_projection.weight"] = (1024, talker_width)
        shapes[f"{own}.small_to_mtp_projection.bias"] = (1024,)
    return shapes | official_layers(f"{own}.model.layers", 5, 1024, 3072)


OFFICIAL = {
    "1.7B": (TALKER, official_talker(2048, 6144), official_code_predictor(2048)),
    "0.6B": (SMALL_TALKER, official_talker(1024, 3072), official_code_predictor(1024)),
}
SIZES = pytest.mark.parametrize(
    ("config", "talker", "code_predictor"), OFFICIAL.values(), ids=OFFICIAL.keys()
)


def targets(config: TalkerConfig) -> Shapes:
    """Our tensors that a file fills."""
    with torch.device("meta"):
        speech = Speech(config, CODE_PREDICTOR)
    return {name: tuple(tensor.shape) for name, tensor in speech.state_dict().items()}


def places_of(config: TalkerConfig) -> dict[str, Place]:
    both = [talker_places(config), code_predictor_places(CODE_PREDICTOR, config)]
    assert not both[0].keys() & both[1].keys()
    return {name: place for places in both for name, place in places.items() if place}


def test_the_official_list_has_the_official_size() -> None:
    """The list itself, against the count and the sums of the published file."""
    _, talker, code_predictor = OFFICIAL["1.7B"]
    assert len(talker) + len(code_predictor) == 404
    assert sum(map(prod, talker.values())) == 1_741_550_592
    assert sum(map(prod, code_predictor.values())) == 175_125_760


@SIZES
def test_every_official_tensor_has_its_place(
    config: TalkerConfig, talker: Shapes, code_predictor: Shapes
) -> None:
    ours = targets(config)
    shapes: Shapes = {}
    for name, place in places_of(config).items():
        rows, *rest = ours[place.name]
        shapes[name] = (rows - place.row if place.rows is None else place.rows, *rest)
    assert talker_places(config).keys() == talker.keys()
    assert shapes == talker | code_predictor


@SIZES
def test_every_row_of_ours_is_filled_once(
    config: TalkerConfig, talker: Shapes, code_predictor: Shapes
) -> None:
    official, ours = talker | code_predictor, targets(config)
    bands: dict[str, list[tuple[int, int]]] = {name: [] for name in ours}
    for name, place in places_of(config).items():
        bands[place.name].append((place.row, place.row + official[name][0]))
    for name, parts in bands.items():
        parts.sort()
        ends = [0, *(end for _, end in parts)]
        assert ends == [*(start for start, _ in parts), ours[name][0]], name
    assert sum(map(prod, ours.values())) == sum(map(prod, official.values()))


def test_the_parameters_are_as_many_as_published() -> None:
    assert sum(map(prod, targets(TALKER).values())) == 1_916_676_352


def test_a_code_predictor_as_wide_as_its_talker_projects_nothing() -> None:
    def projects(config: TalkerConfig) -> bool:
        names = [*places_of(config), *targets(config)]
        return any("small_to_mtp_projection" in name for name in names)

    assert projects(TALKER)
    assert not projects(SMALL_TALKER)
    assert places_of(SMALL_TALKER)["talker.model.layers.27.self_attn.q_proj.weight"].rows == 2048


def test_bands_stand_in_the_order_in_which_they_are_read() -> None:
    """Keys and values, gate and up have one shape: shapes alone would not tell them apart."""
    places = places_of(TALKER)
    for theirs, ours in (
        ("talker.model.layers.3", "talker.model.layers.3"),
        ("talker.code_predictor.model.layers.4", "code_predictor.model.layers.4"),
    ):
        qkv, gate_up = f"{ours}.self_attn.qkv_proj.weight", f"{ours}.mlp.gate_up_proj.weight"
        hidden = 6144 if ours.startswith("talker") else 3072
        assert places[f"{theirs}.self_attn.q_proj.weight"] == Place(qkv, 0, 2048)
        assert places[f"{theirs}.self_attn.k_proj.weight"] == Place(qkv, 2048, 1024)
        assert places[f"{theirs}.self_attn.v_proj.weight"] == Place(qkv, 3072, 1024)
        assert places[f"{theirs}.mlp.gate_proj.weight"] == Place(gate_up, 0, hidden)
        assert places[f"{theirs}.mlp.up_proj.weight"] == Place(gate_up, hidden, hidden)
    codes = places["talker.code_predictor.model.codec_embedding.14.weight"]
    assert codes == Place("code_predictor.codec_embedding.weight", 14 * 2048, 2048)
