"""Checkpoints that are pickles: read with torch's weights-only reader, and that once.

A pickle is a program; the weights-only reader runs none and knows tensors and plain values alone.
It has had holes of its own, so an old torch is refused, and what it has read is kept as safetensors
(`converted`): from then on no pickle is opened. Engines read that file with `checkpoint.fill`.
"""

from __future__ import annotations

import hashlib
import pickle
import re
import shutil
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from glob import escape
from pathlib import Path
from typing import cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from vocalino.errors import CheckpointError, EngineUnavailable, LibraryError
from vocalino.files import whole

SAFE_TORCH = "2.10.0"  # torch.__version__ knows how to be compared with it
"""Before it a crafted file could corrupt memory through the weights-only reader, and so run code
(CVE-2026-24747; before 2.6 also CVE-2025-32434)."""

MAX_DEPTH = 8  # dictionaries in dictionaries; a pickle can nest one in itself
STALE_PART_S = 3600.0  # what a conversion that was killed left behind; none takes an hour

Tensors = dict[str, Tensor]

# What torch.load raises on damaged files: it names none, a byte can hit the archive, the pickle's
# opcodes or the arguments of what they call.
_DAMAGED = (
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    EOFError,
    MemoryError,
    pickle.UnpicklingError,
    struct.error,
)


def read_pickled(file: Path) -> Tensors:
    """The tensors of a checkpoint that torch.save wrote, with "/" between nested dictionaries.

    What is no tensor (epochs, the state of an optimiser) is left out. The tensors of a file of
    today's format lie in the mapped file, and are read when they are used.

    Raises:
        EngineUnavailable: this torch can't be trusted with pickles.
        CheckpointError: the file is missing or damaged, or holds more than tensors and plain
            values.
    """
    if torch.__version__ < SAFE_TORCH:
        raise EngineUnavailable(
            f"{file} is a pickled checkpoint, and torch {torch.__version__} can't be trusted with "
            "those: before 2.10 a crafted file can run code even through its weights-only reader "
            "(CVE-2026-24747). Upgrade with: pip install --upgrade 'torch>=2.10'"
        )
    try:
        with file.open("rb") as opened:
            zipped = opened.read(4) == b"PK\x03\x04"  # torch.save since 1.6
        size = file.stat().st_size
        read: object = torch.load(file, map_location="cpu", weights_only=True, mmap=zipped)
    except FileNotFoundError:
        raise CheckpointError(f"the checkpoint's file {file} is missing") from None
    except _DAMAGED as error:
        raise CheckpointError(_refusal(file, error)) from None
    if not isinstance(read, Mapping):
        raise CheckpointError(
            f"{file} holds a {type(read).__name__} instead of named tensors: it is of another model"
        )
    return {
        name: _plain(file, name, tensor, size)
        for name, tensor in _flat(file, cast("Mapping[object, object]", read))
    }


def read_tensors(file: Path) -> Tensors:
    """The tensors of a safetensors file, or of a pickled one: what its suffix says it is.

    Raises:
        EngineUnavailable: it is a pickle, and this torch can't be trusted with those.
        CheckpointError: the file is missing or damaged, or holds more than tensors and plain
            values.
    """
    if file.suffix != ".safetensors":
        return read_pickled(file)
    try:
        return load_file(file)
    except FileNotFoundError:
        raise CheckpointError(f"the checkpoint's file {file} is missing") from None
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"{file} can't be read as safetensors: {error}; it is damaged or incomplete: fetch it "
            "again"
        ) from None


def converted(file: Path, cache: Path, rewrite: Callable[[Tensors], Tensors], version: str) -> Path:
    """A safetensors file in `cache` with what `rewrite` makes of the tensors of `file`.

    It is made the first time, and again when the file has another size or time, or `version`, which
    names the rewriting, is another. The one that it replaces is removed.

    Raises:
        EngineUnavailable: it has to be made, and this torch can't be trusted with pickles.
        CheckpointError: the file is missing or damaged, or holds more than tensors and plain
            values.
        LibraryError: the cache can't be written, or its disk is full.
    """
    try:
        status = file.stat()  # before it is read: a change meanwhile shows the next time
    except OSError:
        raise CheckpointError(f"the checkpoint's file {file} is missing") from None
    stem = f"{file.stem}-{_short_hash(str(file.absolute()))}"
    state = _short_hash(f"{status.st_size} {status.st_mtime_ns} {version}")
    target = cache / f"{stem}-{state}.safetensors"
    if not _readable(target):
        tensors = _independent(rewrite(read_tensors(file)))
        _write(tensors, target, version)
    _remove_stale(stem, target)
    return target


def _flat(
    file: Path, values: Mapping[object, object], prefix: str = "", depth: int = 1
) -> Iterator[tuple[str, Tensor]]:
    if depth > MAX_DEPTH:
        raise CheckpointError(
            f"{file} nests more than {MAX_DEPTH} dictionaries: it is of another model, or damaged"
        )
    for key, value in values.items():
        if not isinstance(key, str):  # an optimiser counts its parameters; weights have names
            continue
        if isinstance(value, Tensor):
            yield prefix + key, value
        elif isinstance(value, Mapping):
            nested = cast("Mapping[object, object]", value)
            yield from _flat(file, nested, f"{prefix}{key}/", depth + 1)


def _plain(file: Path, name: str, tensor: Tensor, size: int) -> Tensor:
    """The tensor without its gradient, if it is an ordinary one whose numbers the file can hold."""
    if (
        tensor.layout != torch.strided
        or tensor.device.type != "cpu"
        or tensor.is_quantized
        or tensor.nbytes > size  # strides of 0 make terabytes of one number
    ):
        raise CheckpointError(
            f"the tensor {name} of {file} is no plain array of numbers: the file is of another "
            "model, or damaged"
        )
    return tensor.detach()


def _refusal(file: Path, error: BaseException) -> str:
    # torch's own words go on to recommend weights_only=False, which is the one thing not to do
    wanted = re.search(r"GLOBAL (\S+)", str(error))
    if wanted:
        return (
            f"{file} asks for {wanted[1]} when it is opened. Only tensors and plain values are "
            "read from a pickle, since anything else could run code: the file is of another model, "
            "or not to be trusted"
        )
    said = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return (
        f"{file} can't be read as a torch checkpoint: {said}; it is damaged, incomplete or of "
        "another format: fetch it again"
    )


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _readable(target: Path) -> bool:
    """Whether the conversion is there, with as many bytes as its header says."""
    try:
        with safe_open(target, framework="pt"):
            return True
    except (OSError, SafetensorError):
        return False


def _independent(tensors: Tensors) -> Tensors:
    """Each tensor whole and in memory of its own, as safetensors wants them."""
    found: Tensors = {}
    for name, tensor in tensors.items():
        alone = tensor.is_contiguous() and tensor.untyped_storage().nbytes() == tensor.nbytes
        found[name] = tensor if alone else tensor.contiguous().clone()
    return found


def _write(tensors: Tensors, target: Path, version: str) -> None:
    needed = sum(tensor.nbytes for tensor in tensors.values())
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(target.parent).free
        if free < needed:
            raise LibraryError(
                f"a converted checkpoint needs {needed / 1e9:.1f} GB in {target.parent}, where "
                f"{free / 1e9:.1f} GB are free: make room, or set VOCALINO_HOME to a folder on "
                "another disk"
            )
        with whole(target) as part:
            save_file(tensors, part, metadata={"format": "pt", "rewriting": version})
    except (OSError, SafetensorError) as error:
        raise LibraryError(
            f"can't write the converted checkpoint {target}: {error}; make room, or set "
            "VOCALINO_HOME to a folder that can be written"
        ) from error


def _remove_stale(stem: str, target: Path) -> None:
    """Remove conversions of the same file as it was before, and what killed ones left behind."""
    old = time.time() - STALE_PART_S
    with suppress(OSError):  # another process was faster, or (Windows) reads it still
        for path in target.parent.glob(f"{escape(stem)}-*.safetensors"):
            if path != target:
                path.unlink()
        for path in target.parent.glob(f".{escape(stem)}-*.part"):
            if path.stat().st_mtime < old:
                path.unlink()
