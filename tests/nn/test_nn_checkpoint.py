"""Filling a network from a safetensors file: what goes where, what is refused, what it costs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from vocalino.errors import CheckpointError
from vocalino.nn import checkpoint
from vocalino.nn.checkpoint import Place, Places, fill, over_layers

CPU = torch.device("cpu")


class Layer(nn.Module):
    """A fused projection, a norm, and buffers of each sort."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(4, 6, bias=False)
        self.norm = nn.LayerNorm(4)
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))
        self.register_buffer("codebook", torch.zeros(3, 2))
        self.register_buffer("table", torch.zeros(5), persistent=False)


class Net(nn.Module):
    def __init__(self, layers: int = 2) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer() for _ in range(layers))


PLACES: Places = {
    "net.{}.q": Place("layers.{}.qkv.weight", 0, 3),
    "net.{}.k": Place("layers.{}.qkv.weight", 3, 1),
    "net.{}.v": Place("layers.{}.qkv.weight", 4),
    "net.{}.norm.weight": Place("layers.{}.norm.weight"),
    "net.{}.norm.bias": Place("layers.{}.norm.bias"),
    "net.{}.seen": Place("layers.{}.seen"),
    "net.{}.codebook": Place("layers.{}.codebook"),
    "net.{}.unused": None,
}


def tensors(layers: int = 2) -> dict[str, Tensor]:
    shapes = {"q": (3, 4), "k": (1, 4), "v": (2, 4), "norm.weight": (4,), "norm.bias": (4,)}
    shapes |= {"codebook": (3, 2), "unused": (7,)}
    random = torch.Generator().manual_seed(1)
    found: dict[str, Tensor] = {}
    for layer in range(layers):
        for name, shape in shapes.items():
            found[f"net.{layer}.{name}"] = torch.randn(shape, generator=random)
        found[f"net.{layer}.seen"] = torch.tensor(40 + layer)
    return found


def on_meta(layers: int = 2) -> Net:
    with torch.device("meta"):
        return Net(layers)


def load(
    folder: Path,
    content: dict[str, Tensor],
    places: Places | None = None,
    *,
    dtype: torch.dtype = torch.float32,
    ignore: tuple[str, ...] = (),
) -> Net:
    file = folder / "model.safetensors"
    save_file(content, file)
    module = on_meta()
    fill(module, file, places or over_layers(PLACES, 2), device=CPU, dtype=dtype, ignore=ignore)
    return module


def test_a_table_of_one_layer_is_written_out_for_all() -> None:
    places: Places = {"a.{}.q": Place("b.{}.qkv", 2, 3), "a.{}.x": None}
    assert over_layers(places, 2) == {
        "a.0.q": Place("b.0.qkv", 2, 3),
        "a.0.x": None,
        "a.1.q": Place("b.1.qkv", 2, 3),
        "a.1.x": None,
    }


@pytest.mark.parametrize("band_bytes", [1, 40, 2**26])  # a row each, two or three rows, all at once
def test_every_tensor_lands_in_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, band_bytes: int
) -> None:
    monkeypatch.setattr(checkpoint, "BAND_BYTES", band_bytes)
    monkeypatch.setattr(checkpoint, "REOPEN_BYTES", 2 * band_bytes)
    given = tensors()
    state = load(tmp_path, given).state_dict()
    for layer in range(2):
        parts = [given[f"net.{layer}.{part}"] for part in "qkv"]
        assert torch.equal(state[f"layers.{layer}.qkv.weight"], torch.cat(parts))
        assert torch.equal(state[f"layers.{layer}.norm.bias"], given[f"net.{layer}.norm.bias"])
        assert torch.equal(state[f"layers.{layer}.codebook"], given[f"net.{layer}.codebook"])
        assert state[f"layers.{layer}.seen"] == 40 + layer


def test_floats_take_the_dtype_and_others_keep_theirs(tmp_path: Path) -> None:
    given = tensors()
    module = load(tmp_path, given, dtype=torch.bfloat16)
    assert {p.dtype for p in module.parameters()} == {torch.bfloat16}
    assert not any(p.requires_grad for p in module.parameters())
    state = module.state_dict()
    assert state["layers.1.seen"].dtype == torch.int64
    assert torch.equal(state["layers.1.codebook"], given["net.1.codebook"].bfloat16())
    assert isinstance(module.get_submodule("layers.0.norm").weight, nn.Parameter)
    assert module.get_buffer("layers.0.table").is_meta  # not persistent: the module's own business


def test_bfloat16_is_read_exactly_into_float32(tmp_path: Path) -> None:
    given = tensors()
    given["net.0.codebook"] = given["net.0.codebook"].bfloat16()
    state = load(tmp_path, given).state_dict()
    assert torch.equal(state["layers.0.codebook"], given["net.0.codebook"].float())


def test_what_is_ignored_may_be_there_or_not(tmp_path: Path) -> None:
    given = tensors()
    del given["net.1.unused"]
    load(tmp_path, given | {"encoder.x": torch.zeros(3)}, ignore=("encoder.",))


def test_all_that_does_not_fit_is_one_error(tmp_path: Path) -> None:
    given = tensors()
    del given["net.0.k"], given["net.1.norm.bias"]
    given["net.0.q"] = torch.zeros(3, 5)
    given["net.1.seen"] = torch.zeros(())
    given["net.0.codebook"] = torch.zeros(3, 2, dtype=torch.int8)
    given["net.7.q"] = torch.zeros(1)
    places = over_layers(PLACES, 2)
    del places["net.1.v"]
    with pytest.raises(CheckpointError) as caught:
        load(tmp_path, given, places)
    said = str(caught.value)
    assert "model.safetensors do not fit Net: " in said
    assert "2 missing in the file: net.0.k, net.1.norm.bias;" in said
    assert "2 unknown: net.1.v, net.7.q;" in said
    assert "net.0.q is F32 [3, 5], not floating [3, 4]" in said
    assert "net.0.codebook is I8 [3, 2], not floating [3, 2]" in said
    assert "net.1.seen is F32 [], not whole []" in said
    assert "1 of ours not filled exactly once: layers.1.qkv.weight." in said


@pytest.mark.parametrize("row", [2, 4])  # row 3 filled twice; not at all
def test_bands_must_lie_end_to_end(tmp_path: Path, row: int) -> None:
    places = over_layers(PLACES, 2) | {"net.0.k": Place("layers.0.qkv.weight", row, 1)}
    with pytest.raises(CheckpointError, match="1 of ours not filled exactly once: layers.0.qkv"):
        load(tmp_path, tensors(), places)


def test_ten_names_of_a_sort_are_listed(tmp_path: Path) -> None:
    strange = {f"x{number:02}": torch.zeros(1) for number in range(13)}
    with pytest.raises(CheckpointError, match=r"13 unknown: x00, .*x09 and 3 more\."):
        load(tmp_path, tensors() | strange)


def test_a_refused_file_leaves_the_network_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    save_file({"net.0.q": torch.zeros(3, 4)}, file)
    module = on_meta()
    with pytest.raises(CheckpointError):
        fill(module, file, over_layers(PLACES, 2), device=CPU, dtype=torch.float32)
    assert all(parameter.is_meta for parameter in module.parameters())


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"PK\x03\x04 this was pickled once" * 20,
        lambda data: data[:50],
        lambda data: data[:-1],
        lambda data: data + b"\0",
    ],
    ids=["empty", "another format", "half a header", "cut short", "too long"],
)
def test_a_damaged_file_is_named_with_the_reason(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    whole = tmp_path / "whole.safetensors"
    save_file(tensors(), whole)
    file = tmp_path / "model.safetensors"
    file.write_bytes(damage(whole.read_bytes()))
    with pytest.raises(CheckpointError, match=re.escape(f"{file} can't be read as safetensors: ")):
        fill(on_meta(), file, over_layers(PLACES, 2), device=CPU, dtype=torch.float32)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    with pytest.raises(CheckpointError, match=re.escape(f"{file} is missing")):
        fill(on_meta(), file, over_layers(PLACES, 2), device=CPU, dtype=torch.float32)


def resident_mib(what: str) -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(rf"{what}:\s+(\d+) kB", status)[0]) / 1024


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peaks are read from Linux")
def test_memory_beside_the_network_stays_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of 64 MiB into 32 MiB of bfloat16: the mapped file must not pile up beside them."""
    monkeypatch.setattr(checkpoint, "BAND_BYTES", 2**20)
    monkeypatch.setattr(checkpoint, "REOPEN_BYTES", 4 * 2**20)
    file = tmp_path / "model.safetensors"
    save_file({f"{n}.weight": torch.ones(1024, 4096) for n in range(4)}, file)
    with torch.device("meta"):
        module = nn.ModuleList(nn.Linear(4096, 1024, bias=False) for _ in range(4))
    places = over_layers({"{}.weight": Place("{}.weight")}, 4)
    before = resident_mib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # starts VmHWM, the peak, anew
    fill(module, file, places, device=CPU, dtype=torch.bfloat16)
    assert resident_mib("VmHWM") - before < 32 + 16
