"""Key tables of the converted checkpoints: name in the file -> our name (spec section 14).

What the published files hold beside these tensors is left out when they are converted: see
`files.py`. Module names are upstream's, so that most of a table is identity.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from vocalino.engines.seed_vc.config import ArConfig, AstralConfig, DitConfig, RegulatorConfig
from vocalino.nn.checkpoint import Place, Places, over_layers

if TYPE_CHECKING:
    from transformers import HubertConfig


def dit_places(config: DitConfig) -> Places:
    """The transformer of the CFM, as the member `estimator` of a module."""
    theirs, ours = "cfm.estimator.", "estimator."
    linears = (
        "cond_projection",
        "cond_x_merge_linear",
        "style_in",
        "t_embedder.mlp.0",
        "t_embedder.mlp.2",
        "final_mlp.0",
        "final_mlp.2",
        "transformer.norm.linear",
    )
    names = ["transformer.freqs_cis", "transformer.norm.norm.weight", *_with_bias(linears)]
    layer = (
        "attention.wqkv.weight",
        "attention.wo.weight",
        "feed_forward.w1.weight",
        "feed_forward.w2.weight",
        "feed_forward.w3.weight",
        "ffn_norm.weight",
        "attention_norm.norm.weight",
        *_with_bias(("attention_norm.linear",)),
    )
    layers = _same((f"transformer.layers.{{}}.{name}" for name in layer), theirs, ours)
    return {**_same(names, theirs, ours), **over_layers(layers, config.layers)}


def regulator_places(config: RegulatorConfig) -> Places:
    """A length regulator, as the member `length_regulator` of a module."""
    names = [f"model.{3 * stage + part}" for stage in range(config.stages) for part in (0, 1)]
    inside = ["embedding.weight", *_with_bias(names)]
    return _same(inside, "length_regulator.", "length_regulator.")


def ar_places(config: ArConfig) -> Places:
    """The style model, as the member `ar` of a module."""
    names = ("sep_token_emb", "model.embeddings.weight", "model.norm.weight", "model.output.weight")
    layer = (
        "attention.wqkv.weight",
        "attention.wo.weight",
        "feed_forward.w1.weight",
        "feed_forward.w2.weight",
        "feed_forward.w3.weight",
        "ffn_norm.weight",
        "attention_norm.weight",
    )
    layers = _same((f"model.layers.{{}}.{name}" for name in layer), "ar.", "ar.")
    return {**_same(names, "ar.", "ar."), **over_layers(layers, config.layers)}


def astral_places(config: AstralConfig) -> Places:
    """An ASTRAL encoder and its quantiser."""
    names = _with_bias(("encoder.input_projection", "quantizer.project_in"))
    block = (*_with_bias(("dwconv", "norm", "pwconv1", "pwconv2")), "grn.gamma", "grn.beta")
    blocks = _same((f"encoder.blocks.{{}}.{name}" for name in block), "", "")
    return {**_same(names, "", ""), **over_layers(blocks, config.blocks)}


def hubert_places(config: HubertConfig, layers_in_file: int) -> Places:
    """transformers' HubertModel, as the member `model` of a module."""
    used = config.num_hidden_layers
    parts = ("q_proj", "k_proj", "v_proj", "out_proj")
    layer = _with_bias(
        (
            *(f"attention.{part}" for part in parts),
            "layer_norm",
            "feed_forward.intermediate_dense",
            "feed_forward.output_dense",
            "final_layer_norm",
        )
    )
    convs = [
        f"feature_extractor.conv_layers.{number}.{part}"
        for number in range(len(config.conv_dim))
        for part in ("conv", "layer_norm")
    ]
    names = [
        *_with_bias(convs),
        *_with_bias(("feature_projection.layer_norm", "feature_projection.projection")),
        *_with_bias(("encoder.pos_conv_embed.conv",)),
    ]
    layers = _same((f"encoder.layers.{{}}.{name}" for name in layer), "", "model.")
    # What stands behind the last layer used, and what only training needs.
    unused = [f"encoder.layers.{n}.{name}" for n in range(used, layers_in_file) for name in layer]
    unused += ["encoder.layer_norm.weight", "encoder.layer_norm.bias", "masked_spec_embed"]
    return {
        **_same(names, "", "model."),
        **over_layers(layers, used),
        **dict.fromkeys(unused),
    }


def _with_bias(names: Iterable[str]) -> list[str]:
    return [f"{name}.{part}" for name in names for part in ("weight", "bias")]


def _same(names: Iterable[str], theirs: str, ours: str) -> dict[str, Place | None]:
    return {f"{theirs}{name}": Place(f"{ours}{name}") for name in names}
