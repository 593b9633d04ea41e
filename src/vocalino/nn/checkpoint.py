"""Reading a safetensors file straight into a network, by a table of names, strictly both ways.

A network is built on the meta device and has no memory until its file is read. The table says for
every tensor of the file where it goes; what the table does not know, what the file lacks and what
the network is left without are one error that lists the names, raised before anything is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from vocalino.errors import CheckpointError

BAND_BYTES = 64 * 2**20  # read in one go: what host memory needs beside the network itself
REOPEN_BYTES = 256 * 2**20  # pages of a mapped file stay resident until the file is closed
NAMES_SHOWN = 10

_FLOATING = {"F16": 2, "BF16": 2, "F32": 4, "F64": 8}  # bytes of a number, by safetensors' names
_WHOLE = {"BOOL": 1, "U8": 1, "I8": 1, "I16": 2, "I32": 4, "I64": 8}


@dataclass(frozen=True)
class Place:
    """Where a tensor of the file goes: a parameter or buffer of ours, or a band of its rows."""

    name: str  # as in module.state_dict(), e.g. "model.layers.3.attention.qkv.weight"
    row: int = 0  # first row of the band
    rows: int | None = None  # None: all rows from `row` on


Places = Mapping[str, Place | None]  # name in the file -> place; None: ignored on purpose


@dataclass(frozen=True)
class _Entry:
    """A tensor of the file as its header has it."""

    dtype: str  # as safetensors writes it, e.g. "BF16"
    shape: tuple[int, ...]

    def row_bytes(self) -> int:
        return (_FLOATING | _WHOLE)[self.dtype] * prod(self.shape[1:])


@dataclass(frozen=True)
class _Band:
    """Rows `first` to `last` of a tensor in the file, and where they go."""

    source: str
    first: int
    last: int
    target: str
    row: int


def over_layers(places: Places, layers: int) -> dict[str, Place | None]:
    """The table of one layer, `{}` for its number on both sides, for layers 0 to `layers` - 1."""
    return {
        name.format(layer): place and replace(place, name=place.name.format(layer))
        for layer in range(layers)
        for name, place in places.items()
    }


def shapes(file: Path) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every tensor in `file`, from its header alone.

    Raises:
        CheckpointError: the file is missing, damaged or not safetensors.
    """
    return {name: entry.shape for name, entry in _header(file).items()}


def fill(
    module: nn.Module,
    file: Path,
    places: Places,
    *,
    device: torch.device,
    dtype: torch.dtype,
    ignore: tuple[str, ...] = (),
) -> None:
    """Read `file` straight into `module`, which was built on the meta device.

    Floating parameters and persistent buffers land on `device` in `dtype`, others keep their own;
    none asks for a gradient. Host memory beside them stays under BAND_BYTES, and pages of the
    mapped file under REOPEN_BYTES. Buffers that are not persistent are the module's own business.

    Args:
        places: a name with a place must be in the file; one that is ignored may be.
        ignore: prefixes of names that are skipped unread, whatever they are.

    Raises:
        CheckpointError: the file is missing, damaged or not safetensors; names, kinds or shapes
            that do not fit the table and the module, all listed (NAMES_SHOWN of each sort).
    """
    targets = module.state_dict(keep_vars=True)
    entries = {k: v for k, v in _header(file).items() if not k.startswith(ignore)}
    _check(type(module).__name__, file, targets, entries, places)
    filled = {name: _empty(target, device, dtype) for name, target in targets.items()}
    for batch in _batches(entries, places):
        _read(file, batch, filled)
    for name, tensor in filled.items():
        path, _, leaf = name.rpartition(".")
        setattr(module.get_submodule(path), leaf, tensor)


def _empty(target: Tensor, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Memory for `target`; a parameter if it is one, or the module would not take it."""
    kind = dtype if target.is_floating_point() else target.dtype
    tensor = torch.empty(target.shape, dtype=kind, device=device)
    return nn.Parameter(tensor, requires_grad=False) if isinstance(target, nn.Parameter) else tensor


def _header(file: Path) -> dict[str, _Entry]:
    """Every tensor of the file in the order in which it lies there: disks like that."""
    try:
        with safe_open(file, framework="pt") as tensors:
            names: list[str] = tensors.offset_keys()
            slices = {name: tensors.get_slice(name) for name in names}
            return {k: _Entry(v.get_dtype(), tuple(v.get_shape())) for k, v in slices.items()}
    except FileNotFoundError:
        raise CheckpointError(f"the checkpoint's file {file} is missing") from None
    except (OSError, SafetensorError) as error:
        raise _damaged(file, error) from None


def _damaged(file: Path, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"{file} can't be read as safetensors: {error}; it is damaged, incomplete or of another "
        "format: fetch it again"
    )


def _rows(shape: Sequence[int]) -> int:
    return shape[0] if shape else 1  # a scalar is one row


def _check(
    network: str,
    file: Path,
    targets: Mapping[str, Tensor],
    entries: Mapping[str, _Entry],
    places: Places,
) -> None:
    """Raise one CheckpointError with all that does not fit."""
    used = {name: place for name, place in places.items() if place}
    strange = {place.name for place in used.values()} - targets.keys()
    assert not strange, f"the table fills {sorted(strange)}, which {network} does not have"
    complaints = {
        "missing in the file": [name for name in used if name not in entries],
        "unknown": [name for name in entries if name not in places],
        "of another kind or shape": [
            misfit
            for name, place in used.items()
            if name in entries and (misfit := _misfit(name, entries[name], place, targets))
        ],
        "of ours not filled exactly once": _unfilled(targets, used.values()),
    }
    found = [
        f"{len(names)} {what}: {_listed(names)}" for what, names in complaints.items() if names
    ]
    if found:
        raise CheckpointError(
            f"the tensors of {file} do not fit {network}: {'; '.join(found)}. "
            "The file is of another model or of a layout that this version does not read"
        )


def _misfit(name: str, entry: _Entry, place: Place, targets: Mapping[str, Tensor]) -> str:
    """What `entry` is and what it should be; empty if that is the same."""
    target = targets[place.name]
    kind, dtypes = ("floating", _FLOATING) if target.is_floating_point() else ("whole", _WHOLE)
    shape = _wanted(place, target)
    if entry.dtype in dtypes and entry.shape == shape:
        return ""
    return f"{name} is {entry.dtype} {list(entry.shape)}, not {kind} {list(shape)}"


def _wanted(place: Place, target: Tensor) -> tuple[int, ...]:
    """The shape that a tensor of the file needs in order to go to `place` in `target`."""
    if not target.shape:
        return ()
    rows = target.shape[0] - place.row if place.rows is None else place.rows
    return (rows, *target.shape[1:])


def _unfilled(targets: Mapping[str, Tensor], places: Iterable[Place]) -> list[str]:
    """Names whose bands do not lie end to end from the first row to the last."""
    bands: dict[str, list[tuple[int, int]]] = {name: [] for name in targets}
    for place in places:
        rows = _rows(_wanted(place, targets[place.name]))
        bands[place.name].append((place.row, place.row + rows))
    return [
        name
        for name, parts in bands.items()
        if [0, *(end for _, end in sorted(parts))]
        != [*(start for start, _ in sorted(parts)), _rows(targets[name].shape)]
    ]


def _listed(names: list[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _batches(entries: Mapping[str, _Entry], places: Places) -> Iterator[list[_Band]]:
    """All bands to be read, in lists of up to REOPEN_BYTES."""
    batch: list[_Band] = []
    batch_bytes = 0
    for band, size in _bands(entries, places):
        if batch and batch_bytes + size > REOPEN_BYTES:
            yield batch
            batch, batch_bytes = [], 0
        batch.append(band)
        batch_bytes += size
    yield batch


def _bands(entries: Mapping[str, _Entry], places: Places) -> Iterator[tuple[_Band, int]]:
    """Bands of up to BAND_BYTES, but of one row at least, each with its bytes."""
    for source, entry in entries.items():
        place = places[source]
        if place is None:
            continue
        rows = _rows(entry.shape)
        step = max(1, BAND_BYTES // max(1, entry.row_bytes()))
        for first in range(0, rows, step):
            last = min(first + step, rows)
            band = _Band(source, first, last, place.name, place.row + first)
            yield band, (last - first) * entry.row_bytes()


def _read(file: Path, batch: list[_Band], into: Mapping[str, Tensor]) -> None:
    """A function of its own: no name outlives it that would keep the file mapped."""
    try:
        with safe_open(file, framework="pt") as tensors:
            for band in batch:
                target = into[band.target]
                if not target.shape:
                    target.copy_(tensors.get_tensor(band.source))
                    continue
                part = tensors.get_slice(band.source)[band.first : band.last]
                target[band.row : band.row + band.last - band.first].copy_(part)
    except (OSError, SafetensorError) as error:
        raise _damaged(file, error) from None
