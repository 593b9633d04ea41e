"""Pickled checkpoints: what is read of them, what is refused, and the safetensors made of them."""

from __future__ import annotations

import os
import pickle
import shutil
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.torch_version import TorchVersion

from vocalino.errors import CheckpointError, EngineUnavailable, LibraryError
from vocalino.nn import pickled
from vocalino.nn.pickled import Tensors, converted, read_pickled, read_tensors

FORMATS = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])


def checkpoint() -> dict[str, Any]:
    return {
        "net": {
            "cfm": OrderedDict({"module.a": torch.arange(6.0).reshape(2, 3), "module.b": 1.5}),
            "regulator": {"mask": torch.tensor([True, False])},
        },
        "half": torch.ones(3, dtype=torch.bfloat16),
        "learned": torch.nn.Parameter(torch.ones(2)),
        "iters": 7,
        "epochs": [1, 2, {"deep": torch.ones(1)}],
        "optimizer": {"state": {0: {"exp_avg": torch.ones(2)}}, "param_groups": [{"lr": 0.1}]},
        "scheduler": None,
    }


def save(value: object, path: Path, *, zipped: bool = True) -> Path:
    torch.save(value, path, _use_new_zipfile_serialization=zipped)
    return path


def plain(tensors: Tensors) -> Tensors:
    return tensors


class Evil:
    """A pickle of it makes a file when it is opened by a reader that does as it is told."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self._mark,))


class EvilState:
    """The like by the state of an object, which is set after it is made."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, (f"echo > '{self._mark}'",))


@FORMATS
def test_tensors_are_read_under_their_paths(tmp_path: Path, zipped: bool) -> None:
    found = read_pickled(save(checkpoint(), tmp_path / "a.pth", zipped=zipped))
    assert list(found) == ["net/cfm/module.a", "net/regulator/mask", "half", "learned"]
    assert found["net/cfm/module.a"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found["half"].dtype is torch.bfloat16
    assert type(found["learned"]) is Tensor and not found["learned"].requires_grad


@FORMATS
@pytest.mark.parametrize("evil", [Evil, EvilState])
def test_a_pickle_that_would_run_code_does_not(
    tmp_path: Path, zipped: bool, evil: type[Evil] | type[EvilState]
) -> None:
    mark = tmp_path / "mark"
    bomb = {"net": {"a": torch.ones(2)}, "extra": evil(mark)}
    file = save(bomb, tmp_path / "evil.pth", zipped=zipped)
    with pytest.raises(CheckpointError, match=r"evil.pth asks for \S+ when it is opened") as error:
        read_pickled(file)
    assert not mark.exists()
    assert "weights_only" not in str(error.value), (
        "torch's advice to switch it off is not passed on"
    )
    torch.load(file, weights_only=False)
    assert mark.exists(), "the bomb is one"


def test_a_bare_pickle_that_would_run_code_does_not(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    (tmp_path / "bare.pth").write_bytes(pickle.dumps(Evil(mark), protocol=2))
    with pytest.raises(CheckpointError, match="bare.pth"):
        read_pickled(tmp_path / "bare.pth")
    assert not mark.exists()


def test_a_conversion_runs_no_code_either(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    file = save({"a": Evil(mark)}, tmp_path / "evil.pth")
    with pytest.raises(CheckpointError, match="asks for"):
        converted(file, tmp_path / "cache", plain, "1")
    assert not mark.exists() and not (tmp_path / "cache").exists()


@FORMATS
@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
def test_a_truncated_file_says_so(tmp_path: Path, zipped: bool, kept: float) -> None:
    file = save(checkpoint(), tmp_path / "cut.pth", zipped=zipped)
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(CheckpointError, match=r"cut.pth can't be read .* fetch it again"):
        read_pickled(file)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"<html>not found</html>", bytes(100)])
def test_a_file_of_another_kind_says_so(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "other.pth").write_bytes(data)
    with pytest.raises(CheckpointError, match=r"other.pth can't be read as a torch checkpoint"):
        read_pickled(tmp_path / "other.pth")


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for name in ("none.pth", "none.safetensors"):
        with pytest.raises(CheckpointError, match=f"{name} is missing"):
            read_tensors(tmp_path / name)
    with pytest.raises(CheckpointError, match="none.pth is missing"):
        converted(tmp_path / "none.pth", tmp_path, plain, "1")
    with pytest.raises(CheckpointError, match="can't be read"):
        read_pickled(tmp_path)


@pytest.mark.parametrize("value", [[torch.ones(1)], torch.ones(2), 3])
def test_what_holds_no_names_is_refused(tmp_path: Path, value: object) -> None:
    with pytest.raises(CheckpointError, match=r"a.pth holds a \w+ instead of named tensors"):
        read_pickled(save(value, tmp_path / "a.pth"))


def test_a_dictionary_in_itself_is_refused(tmp_path: Path) -> None:
    loop: dict[str, object] = {"a": torch.ones(1)}
    loop["again"] = loop
    with pytest.raises(CheckpointError, match="nests more than 8"):
        read_pickled(save(loop, tmp_path / "loop.pth"))


@pytest.mark.filterwarnings("ignore::UserWarning")  # torch is about to give up quantised tensors
@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.ones(1).expand(10**9),
        lambda: torch.eye(3).to_sparse(),
        lambda: torch.empty(3, device="meta"),
        lambda: torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8),
    ],
    ids=["expanded", "sparse", "meta", "quantised"],
)
def test_only_plain_tensors_are_taken(tmp_path: Path, make: Callable[[], Tensor]) -> None:
    with pytest.raises(CheckpointError, match=r"the tensor net/x of .*a.pth is no plain array"):
        read_pickled(save({"net": {"x": make()}}, tmp_path / "a.pth"))


@pytest.mark.parametrize("version", ["2.9.1+cu128", "2.8.0", "2.10.0a0"])
def test_an_old_torch_is_not_trusted_with_pickles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    file = save(checkpoint(), tmp_path / "a.pth")
    done = converted(file, tmp_path / "cache", plain, "1")
    monkeypatch.setattr(torch, "__version__", TorchVersion(version))
    with pytest.raises(EngineUnavailable, match=r"a.pth .*CVE-2026-24747.*'torch>=2.10'"):
        read_pickled(file)
    assert converted(file, tmp_path / "cache", plain, "1") == done, "no pickle is opened for it"
    save_file({"a": torch.ones(1)}, tmp_path / "safe.safetensors")
    assert read_tensors(tmp_path / "safe.safetensors")["a"] == 1


def test_a_conversion_is_made_once(tmp_path: Path) -> None:
    calls: list[int] = []

    def rewrite(tensors: Tensors) -> Tensors:
        calls.append(len(tensors))
        a = tensors["net/cfm/module.a"]
        return {"a": a, "turned": a.T, "row": a[0], "half": tensors["half"]}

    file = save(checkpoint(), tmp_path / "weights.pth")
    done = converted(file, tmp_path / "cache" / "deep", rewrite, "1")
    assert converted(file, tmp_path / "cache" / "deep", rewrite, "1") == done
    assert calls == [4]
    found = load_file(done)
    assert found["turned"].tolist() == [[0, 3], [1, 4], [2, 5]] and found["row"].tolist() == [
        0,
        1,
        2,
    ]
    assert found["half"].dtype is torch.bfloat16
    assert done.name.startswith("weights-") and done.suffix == ".safetensors"
    assert [path.name for path in done.parent.iterdir()] == [done.name]


def test_another_file_or_rewriting_takes_the_place_of_the_old_conversion(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    file = save({"a": torch.ones(1)}, tmp_path / "w.pth")
    (tmp_path / "sub").mkdir()
    twin = save({"a": torch.full((1,), 3.0)}, tmp_path / "sub" / "w.pth")
    kept = converted(twin, cache, plain, "1")
    first = converted(file, cache, plain, "1")
    second = converted(file, cache, lambda found: {"b": found["a"]}, "2")
    assert first != second and not first.exists() and list(load_file(second)) == ["b"]
    os.utime(file, ns=(0, 0))
    third = converted(file, cache, plain, "2")
    assert third != second and not second.exists()
    save({"a": torch.full((1,), 2.0)}, file)
    assert load_file(converted(file, cache, plain, "2"))["a"] == 2
    assert load_file(kept)["a"] == 3, "a file of the same name elsewhere has its own"


def test_a_damaged_conversion_is_made_again(tmp_path: Path) -> None:
    file = save({"a": torch.arange(100.0)}, tmp_path / "w.pth")
    done = converted(file, tmp_path / "cache", plain, "1")
    done.write_bytes(done.read_bytes()[:-4])
    assert converted(file, tmp_path / "cache", plain, "1") == done
    assert load_file(done)["a"].tolist() == list(range(100))


def test_leftovers_of_killed_conversions_are_removed_once_they_are_old(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    file = save({"a": torch.ones(1)}, tmp_path / "w.pth")
    done = converted(file, cache, plain, "1")
    old, young = (cache / f".{done.name}.{mark}.part" for mark in ("dead", "beef"))
    for part in (old, young):
        part.write_bytes(b"half")
    os.utime(old, (0, 0))
    converted(file, cache, plain, "1")
    assert not old.exists() and young.exists(), "the young one may be at work"


def test_two_at_once_are_harmless(tmp_path: Path) -> None:
    file = save({"a": torch.arange(1000.0)}, tmp_path / "w.pth")
    both = threading.Barrier(2)
    done: list[Path] = []

    def rewrite(tensors: Tensors) -> Tensors:
        both.wait(10)  # neither finds the other's work done
        return tensors

    def convert() -> None:
        done.append(converted(file, tmp_path / "cache", rewrite, "1"))

    threads = [threading.Thread(target=convert) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 2 and done[0] == done[1]
    assert load_file(done[0])["a"].tolist() == list(range(1000))
    assert list(done[0].parent.iterdir()) == [done[0]]


def test_safetensors_can_be_rewritten_too(tmp_path: Path) -> None:
    save_file({"a": torch.ones(2)}, tmp_path / "w.safetensors")
    done = converted(
        tmp_path / "w.safetensors", tmp_path / "cache", lambda found: {"b": found["a"]}, "1"
    )
    with safe_open(done, framework="pt") as tensors:
        assert list(tensors.keys()) == ["b"]
        assert tensors.metadata()["rewriting"] == "1"
    (tmp_path / "bad.safetensors").write_bytes(b"bad")
    with pytest.raises(CheckpointError, match="bad.safetensors can't be read as safetensors"):
        read_tensors(tmp_path / "bad.safetensors")


def test_a_full_disk_is_found_before_it_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = save({"a": torch.ones(1000)}, tmp_path / "w.pth")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 10))  # type: ignore[attr-defined]
    with pytest.raises(LibraryError, match=r"needs 0.0 GB in .*cache, where .* VOCALINO_HOME"):
        converted(file, tmp_path / "cache", plain, "1")
    assert not list((tmp_path / "cache").iterdir())


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = save({"a": torch.ones(1)}, tmp_path / "w.pth")
    (tmp_path / "file").write_text("")
    with pytest.raises(LibraryError, match=r"can't write .*VOCALINO_HOME"):
        converted(file, tmp_path / "file", plain, "1")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pickled, "save_file", full)
    with pytest.raises(LibraryError, match="No space left on device"):
        converted(file, tmp_path / "cache", plain, "1")
    assert not list((tmp_path / "cache").iterdir()), "nothing half is left"
