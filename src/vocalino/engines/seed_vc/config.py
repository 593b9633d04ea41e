"""The sizes of Seed-VC's networks, read off the tensors of their checkpoints.

The files carry no configuration. Two sizes show in no shape: the width of the AR model's heads, and
how many of HuBERT's layers are used. They are the official ones (spec sections 4.2 and 7.1) unless
a `config.json` says otherwise: see `read_hints`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vocalino.config_file import open_keys
from vocalino.errors import CheckpointError

Shapes = Mapping[str, tuple[int, ...]]  # name of a tensor -> its shape

SAMPLE_RATE_HZ = 22_050
CONTENT_RATE_HZ = 16_000  # of what HuBERT and the style encoder hear
HOP = 256  # samples of a mel frame
MEL_BANDS = 80
OFFICIAL_CONTENT_LAYERS = 18
OFFICIAL_AR_HEAD_DIM = 64
AR_POSITIONS = 4096


@dataclass(frozen=True)
class Hints:
    """What no shape tells."""

    content_layers: int = OFFICIAL_CONTENT_LAYERS
    ar_head_dim: int = OFFICIAL_AR_HEAD_DIM


@dataclass(frozen=True)
class AstralConfig:
    """ConvNeXt encoder and sign quantiser (spec sections 4.3 and 4.4)."""

    inputs: int
    width: int
    hidden: int
    blocks: int
    bits: int


@dataclass(frozen=True)
class RegulatorConfig:
    """Codes looked up, then `stages` convolutions (spec section 6)."""

    codes: int
    width: int
    stages: int


@dataclass(frozen=True)
class DitConfig:
    """The flow-matching transformer (spec section 8)."""

    layers: int
    width: int
    heads: int
    hidden: int
    content: int
    style: int
    positions: int
    time_features: int

    @property
    def head_dim(self) -> int:
        return self.width // self.heads


@dataclass(frozen=True)
class ArConfig:
    """The autoregressive style model (spec section 7)."""

    layers: int
    width: int
    heads: int
    kv_heads: int
    hidden: int
    vocabulary: int
    positions: int = AR_POSITIONS

    @property
    def head_dim(self) -> int:
        return self.width // self.heads

    @property
    def end(self) -> int:
        """The id that ends a sequence: the last of the vocabulary."""
        return self.vocabulary - 1


def astral_config(shapes: Shapes) -> AstralConfig:
    """Raises CheckpointError when the tensors are none of this network."""
    width, inputs, _ = _shape(shapes, "encoder.input_projection.weight", 3)
    hidden, _ = _shape(shapes, "encoder.blocks.0.pwconv1.weight", 2)
    bits, _ = _shape(shapes, "quantizer.project_in.weight", 2)
    blocks = _count(shapes, "encoder.blocks.{}.dwconv.weight")
    return AstralConfig(inputs, width, hidden, blocks, bits)


def regulator_config(shapes: Shapes) -> RegulatorConfig:
    """Raises CheckpointError when the tensors are none of this network."""
    codes, width = _shape(shapes, "length_regulator.embedding.weight", 2)
    stages = sum(
        1
        for name, shape in shapes.items()
        if name.startswith("length_regulator.model.") and len(shape) == 3
    )
    return RegulatorConfig(codes, width, stages)


def dit_config(shapes: Shapes) -> DitConfig:
    """Raises CheckpointError when the tensors are none of this network."""
    inner = "cfm.estimator"
    width, content = _shape(shapes, f"{inner}.cond_projection.weight", 2)
    _, style = _shape(shapes, f"{inner}.style_in.weight", 2)
    _, time_features = _shape(shapes, f"{inner}.t_embedder.mlp.0.weight", 2)
    positions, half, _ = _shape(shapes, f"{inner}.transformer.freqs_cis", 3)
    hidden, _ = _shape(shapes, f"{inner}.transformer.layers.0.feed_forward.w1.weight", 2)
    layers = _count(shapes, f"{inner}.transformer.layers.{{}}.attention.wqkv.weight")
    heads = _heads(f"{inner}.transformer.freqs_cis", width, 2 * half)
    return DitConfig(layers, width, heads, hidden, content, style, positions, time_features)


def ar_config(shapes: Shapes, hints: Hints) -> ArConfig:
    """Raises CheckpointError when the tensors are none of this network."""
    vocabulary, width = _shape(shapes, "ar.model.embeddings.weight", 2)
    wqkv = "ar.model.layers.0.attention.wqkv.weight"
    rows, _ = _shape(shapes, wqkv, 2)
    hidden, _ = _shape(shapes, "ar.model.layers.0.feed_forward.w1.weight", 2)
    layers = _count(shapes, "ar.model.layers.{}.attention.wqkv.weight")
    heads = _heads(wqkv, width, hints.ar_head_dim)
    kv_heads, rest = divmod(rows - width, 2 * hints.ar_head_dim)
    if rest or kv_heads < 1 or heads % kv_heads:
        raise CheckpointError(
            f"{wqkv} has {rows} rows for a width of {width}, which heads of {hints.ar_head_dim} "
            f"do not divide: {_HINT}"
        )
    return ArConfig(layers, width, heads, kv_heads, hidden, vocabulary)


def read_hints(root: Path) -> Hints:
    """The hints beside a reduced checkpoint: `config.json` in its folder, or in the one above it.

    Official checkpoints have none. The keys are `hubert.out_layer`, `ar.dim` and `ar.n_head`.

    Raises:
        CheckpointError: the file is there and can't be read.
    """
    there = [folder / "config.json" for folder in (root, root.parent)]
    file = next((file for file in there if file.is_file()), None)
    if file is None:
        return Hints()
    keys = open_keys(file)
    ar = keys.section("ar")
    width, heads = ar.read(int, "dim"), ar.read(int, "n_head")
    if heads < 1 or width % heads:
        raise ar.error("n_head", f"is {heads}, which does not divide the width {width}")
    return Hints(keys.section("hubert").read(int, "out_layer"), width // heads)


_HINT = "a reduced checkpoint says its ar.dim and ar.n_head in a config.json beside its folders"


def _shape(shapes: Shapes, name: str, rank: int) -> tuple[int, ...]:
    if name not in shapes:
        raise CheckpointError(
            f"the checkpoint has no tensor {name}: it is none of Seed-VC V2, or incomplete"
        )
    if len(shapes[name]) != rank:
        raise CheckpointError(f"{name} has the shape {list(shapes[name])}, not {rank} dimensions")
    return shapes[name]


def _count(shapes: Shapes, pattern: str) -> int:
    """How many layers there are: numbers 0, 1, ... without a gap."""
    count = 0
    while pattern.format(count) in shapes:
        count += 1
    return count


def _heads(name: str, width: int, head_dim: int) -> int:
    heads, rest = divmod(width, head_dim)
    if rest or heads < 1:
        raise CheckpointError(
            f"a width of {width} does not divide into heads of {head_dim} ({name}): {_HINT}"
        )
    return heads
