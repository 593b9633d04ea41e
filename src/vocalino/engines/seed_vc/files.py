"""The published files, made into safetensors with the names and tensors that the networks read.

Each is converted once, into a cache (`nn/pickled.py`). What inference has no use for stays out, by
name; whatever else a file holds goes along, so that the strict key tables can complain of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from torch import Tensor

from vocalino.engines.seed_vc.pins import Folders
from vocalino.errors import CheckpointError
from vocalino.nn.pickled import Tensors, converted

VERSION = "1"  # of the rewriting below: another one has every file converted again

TIMBRE, STYLE = "v2/cfm_small.pth", "v2/ar_base.pth"
WIDE, NARROW = "bsq2048/bsq2048_light.pth", "bsq32/bsq32_light.pth"
CAMPPLUS, BIGVGAN = "campplus_cn_common.bin", "bigvgan_generator.pt"
HUBERT, HUBERT_SAFE = "pytorch_model.bin", "model.safetensors"

_TIMBRE_UNUSED = (
    "cfm.estimator.transformer.causal_mask",  # 64 MiB; what is seen is worked out
    "cfm.estimator.x_embedder.",  # of another way to take the mel in
    "cfm.estimator.skip_linear.",  # of a variant with a long skip
    "cfm.estimator.content_mask_embedder.",  # training
    "length_regulator.mask_token",  # training
)
_STYLE_UNUSED = (
    "ar.model.codebook_",  # of a variant with more codebooks
    "ar.style_in.",  # of a variant that is told the voice
    "length_regulator.mask_token",  # training
)
_ASTRAL_USED = ("encoder.", "quantizer.")  # beside them stands what was trained along: decoders
_ASTRAL_UNUSED = (
    "quantizer.project_out.",  # indices are all that is asked for
    "quantizer.mask",  # says the order of the bits, which is fixed here
)


def timbre(folders: Folders, cache: Path) -> Path:
    """The flow-matching transformer and its length regulator. Raises what `converted` does."""
    return _converted(folders.seed_vc / TIMBRE, cache, _timbre)


def style(folders: Folders, cache: Path) -> Path:
    """The style model and its embedding. Raises what `converted` does."""
    return _converted(folders.seed_vc / STYLE, cache, _style)


def astral_wide(folders: Folders, cache: Path) -> Path:
    """Raises what `converted` does."""
    return _converted(folders.astral / WIDE, cache, _astral)


def astral_narrow(folders: Folders, cache: Path) -> Path:
    """Raises what `converted` does."""
    return _converted(folders.astral / NARROW, cache, _astral)


def campplus(folders: Folders, cache: Path) -> Path:
    """Raises what `converted` does."""
    return _converted(folders.campplus / CAMPPLUS, cache, _campplus)


def bigvgan(folders: Folders, cache: Path) -> Path:
    """Raises what `converted` does."""
    return _converted(folders.bigvgan / BIGVGAN, cache, _bigvgan)


def hubert(folders: Folders, cache: Path) -> Path:
    """Published as a pickle; a safetensors file in its place is taken first. Raises what
    `converted` does."""
    safe = folders.hubert / HUBERT_SAFE
    return _converted(safe if safe.is_file() else folders.hubert / HUBERT, cache, _hubert)


def prepare_seed_vc(folder: Path, cache: Path) -> None:
    """Convert what `folder` holds ahead of the first run. Raises what `converted` does."""
    _converted(folder / TIMBRE, cache, _timbre)
    _converted(folder / STYLE, cache, _style)


def prepare_astral(folder: Path, cache: Path) -> None:
    """As `prepare_seed_vc`."""
    _converted(folder / WIDE, cache, _astral)
    _converted(folder / NARROW, cache, _astral)


def prepare_campplus(folder: Path, cache: Path) -> None:
    """As `prepare_seed_vc`."""
    _converted(folder / CAMPPLUS, cache, _campplus)


def prepare_hubert(folder: Path, cache: Path) -> None:
    """As `prepare_seed_vc`."""
    _converted(folder / HUBERT, cache, _hubert)


def prepare_bigvgan(folder: Path, cache: Path) -> None:
    """As `prepare_seed_vc`."""
    _converted(folder / BIGVGAN, cache, _bigvgan)


def _converted(file: Path, cache: Path, rewrite: Callable[[Tensors], Tensors]) -> Path:
    return converted(file, cache, rewrite, f"{rewrite.__name__} {VERSION}")


def _timbre(tensors: Tensors) -> Tensors:
    return _without(_inner(tensors, ("cfm", "length_regulator")), _TIMBRE_UNUSED)


def _style(tensors: Tensors) -> Tensors:
    found = _without(_inner(tensors, ("ar", "length_regulator")), _STYLE_UNUSED)
    # Some files keep queries, keys and values apart.
    for name in [name for name in found if name.endswith(".attention.wq.weight")]:
        stem = name.removesuffix("wq.weight")
        parts = [found.pop(f"{stem}{part}.weight", None) for part in ("wq", "wk", "wv")]
        if any(part is None for part in parts):
            raise CheckpointError(f"{name} comes without its wk.weight or wv.weight")
        found[f"{stem}wqkv.weight"] = torch.cat([part for part in parts if part is not None])
    # Without an output of its own, the model's output is its embedding.
    if "ar.model.output.weight" not in found and "ar.model.embeddings.weight" in found:
        found["ar.model.output.weight"] = found["ar.model.embeddings.weight"]
    return found


def _astral(tensors: Tensors) -> Tensors:
    used = {name: each for name, each in tensors.items() if name.startswith(_ASTRAL_USED)}
    return _without(used, _ASTRAL_UNUSED)


def _campplus(tensors: Tensors) -> Tensors:
    found: Tensors = {}
    for name, tensor in tensors.items():
        if name.endswith(".num_batches_tracked"):  # training
            continue
        for part in ("dense", "stats"):
            if name.startswith(f"xvector.{part}"):
                name = name.removeprefix("xvector.")
        found[name] = tensor
    return found


def _bigvgan(tensors: Tensors) -> Tensors:
    return _folded({name.removeprefix("generator/"): each for name, each in tensors.items()})


def _hubert(tensors: Tensors) -> Tensors:
    found = {name.removeprefix("hubert."): each for name, each in tensors.items()}
    return _folded(found, kept=2)  # one length a place of the kernel


def _inner(tensors: Tensors, parts: Iterable[str]) -> Tensors:
    """The state dicts under `net`, without the prefix of a data-parallel module."""
    found: Tensors = {}
    for part in parts:
        prefix = f"net/{part}/"
        for name, tensor in tensors.items():
            if name.startswith(prefix):
                inside = name.removeprefix(prefix).removeprefix("module.")
                found[f"{part}.{inside}"] = tensor
    return found


def _without(tensors: Tensors, prefixes: tuple[str, ...]) -> Tensors:
    return {name: each for name, each in tensors.items() if not name.startswith(prefixes)}


def _folded(tensors: Tensors, kept: int = 0) -> Tensors:
    """Weight norm worked in: `w = g * v / |v|`, a length for each place of dimension `kept`."""
    found = {_pair_name(name): tensor for name, tensor in tensors.items()}
    for name in [name for name in found if name.endswith(".weight_v")]:
        stem = name.removesuffix("_v")
        if f"{stem}_g" not in found:
            raise CheckpointError(f"{name} comes without its {stem}_g")
        found[stem] = _weight(stem, found.pop(f"{stem}_g"), found.pop(name), kept)
    return found


def _pair_name(name: str) -> str:
    """The older of the two names that torch has for either part of a weight norm."""
    for newer, older in (("original0", "weight_g"), ("original1", "weight_v")):
        name = name.replace(f".parametrizations.weight.{newer}", f".{older}")
    return name


def _weight(stem: str, length: Tensor, direction: Tensor, kept: int) -> Tensor:
    others = [each for each in range(direction.ndim) if each != kept]
    wide = direction.double()
    norm = torch.linalg.vector_norm(wide, dim=others, keepdim=True)
    if length.shape != norm.shape:  # it could be stretched over the wrong dimension
        raise CheckpointError(
            f"{stem}_g has the shape {list(length.shape)}, and {stem}_v needs {list(norm.shape)}"
        )
    return (length.double() * wide / norm).to(direction.dtype)
