"""`vocalino models` and what `vocalino doctor` says of checkpoints, with a hub on localhost."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hub_server import FILES, PIN, Hub, playing
from program import Vocalino
from safetensors.torch import load_file

from vocalino.engines.ecapa.pins import BASE
from vocalino.engines.qwen3_tts.pins import VOICE_DESIGN
from vocalino.engines.seed_vc.pins import PINS
from vocalino.hub import PinnedFile

MODEL = "model.safetensors"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[Hub]:
    """A hub, and a release that knows one tiny checkpoint."""
    monkeypatch.setattr("vocalino.engines.checkpoints.CHECKPOINTS", {PIN.name: PIN})
    with playing(monkeypatch, tmp_path / "cache") as hub:
        yield hub


def test_a_checkpoint_from_absent_to_verified(hub: Hub, in_process: Vocalino) -> None:
    (before,) = in_process("models", "list", "--json").json
    assert (before["state"], before["verified"], before["folder"]) == ("absent", False, None)
    assert before["missing"] == list(FILES) and before["fix"] == "vocalino models pull tiny"
    assert "vocalino models pull tiny" in in_process("models", "list").out

    pulled = in_process("models", "pull")
    assert pulled.code == 0, pulled.err
    folder = Path(pulled.out.strip())
    assert (folder / MODEL).read_bytes() == FILES[MODEL]
    assert "tiny: 1.0 MB from someone/tiny@0123" in pulled.err and "MIT" in pulled.err

    (after,) = in_process("models", "list", "--json").json
    assert (after["state"], after["verified"], after["fix"]) == ("present", True, "")
    assert after["folder"] == str(folder)
    assert in_process("models", "pull", "tiny", "--json").json == {"tiny": str(folder)}
    verified = in_process("models", "verify")
    assert verified.code == 0 and verified.out.count("is whole") == len(FILES)


def test_pull_stays_offline_when_told(
    hub: Hub, in_process: Vocalino, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = in_process("models", "pull", "--offline")
    assert refused.code == 3 and "offline mode (config.json, model.safetensors" in refused.err
    monkeypatch.setenv("VOCALINO_OFFLINE", "1")
    assert in_process("models", "pull", "--json").json["error"]["type"] == "EngineUnavailable"
    assert not hub.asked
    monkeypatch.delenv("VOCALINO_OFFLINE")
    assert in_process("models", "pull").code == 0
    assert in_process("models", "pull", "--offline").code == 0, "all is there"


def test_verify_lists_what_differs(hub: Hub, in_process: Vocalino) -> None:
    absent = in_process("models", "verify")
    assert absent.code == 1 and absent.out.count("is missing") == len(FILES)
    folder = Path(in_process("models", "pull").out.strip())
    (folder / MODEL).write_bytes(b"x" * len(FILES[MODEL]))
    (folder / "config.json").unlink()
    found = in_process("models", "verify", "tiny")
    assert found.code == 1
    assert "tiny: config.json is missing" in found.out
    assert f"tiny: {MODEL} has the SHA-256" in found.out
    document = in_process("models", "verify", "--json").json
    assert document["ok"] is False
    assert [file["ok"] for file in document["files"]["tiny"]] == [False, False, True]
    assert in_process("models", "list", "--json").json[0]["state"] == "partly"
    assert in_process("models", "pull").code == 0
    assert in_process("models", "verify").code == 0


def test_verify_of_a_folder(
    hub: Hub, in_process: Vocalino, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulled = Path(in_process("models", "pull").out.strip())
    shutil.copytree(pulled, tmp_path / "mine")
    assert in_process("models", "verify", "tiny", "--model", "mine").code == 0
    monkeypatch.setenv("TTS_MODEL", str(tmp_path / "mine"))
    assert in_process("models", "list", "--json").json[0]["verified"]
    monkeypatch.delenv("TTS_MODEL")
    (tmp_path / "mine" / "config.json").write_text("fine-tuned")
    tuned = in_process("models", "verify", "tiny", "--model", "mine")
    assert tuned.code == 1 and "config.json has 10 bytes instead of 22" in tuned.out
    assert in_process("models", "verify").code == 0, "the cache is as it was"
    which = in_process("models", "verify", "--model", "mine")
    assert which.code == 2 and "say which by its name" in which.err


def test_a_named_folder_is_listed(
    hub: Hub, in_process: Vocalino, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_bytes(FILES["config.json"])
    monkeypatch.setenv("TTS_MODEL", str(tmp_path / "mine"))
    (model,) = in_process("models", "list", "--json").json
    assert model["state"] == "partly" and model["folder"] == str(tmp_path / "mine")
    assert model["fix"].startswith("name a folder that holds the checkpoint")


def test_what_is_not_published_is_said_to_be_locked(
    hub: Hub, in_process: Vocalino, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [replace(f, bytes=None, sha256=None) if f.path == MODEL else f for f in PIN.files]
    pins = {PIN.name: replace(PIN, files=tuple(files))}
    monkeypatch.setattr("vocalino.engines.checkpoints.CHECKPOINTS", pins)
    hub.lfs.add(MODEL)
    (before,) = in_process("models", "list", "--json").json
    assert (before["unpublished"], before["locked"], before["bytes"]) == ([MODEL], False, None)
    listed = " ".join(in_process("models", "list").out.split())
    assert "size not known" in listed
    assert in_process("models", "pull").code == 0
    (after,) = in_process("models", "list", "--json").json
    assert (after["unpublished"], after["locked"], after["bytes"]) == ([MODEL], True, PIN.bytes)
    assert after["verified"] and after["state"] == "present"
    assert in_process("models", "verify").code == 0
    (Path(after["folder"]) / MODEL).write_bytes(b"x" * len(FILES[MODEL]))
    found = in_process("models", "verify")
    assert found.code == 1 and "which was locked at the first fetch" in found.out
    (home / "models" / "tiny.lock.json").write_text("{}")
    for arguments in (["models", "list"], ["models", "pull"], ["models", "verify"]):
        done = in_process(*arguments)
        assert done.code == 3 and "tiny.lock.json" in done.err


def test_a_pickled_checkpoint_is_converted_when_it_is_pulled(
    hub: Hub, in_process: Vocalino, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name = "campplus_cn_common.bin"
    torch.save({"head.conv1.weight": torch.ones(2)}, tmp_path / name)
    data = (tmp_path / name).read_bytes()
    file = PinnedFile(name, len(data), hashlib.sha256(data).hexdigest())
    pins = {"campplus": replace(PIN, name="campplus", files=(file,)), PIN.name: PIN}
    monkeypatch.setattr("vocalino.engines.checkpoints.CHECKPOINTS", pins)
    hub.files[name] = data
    pulled = in_process("models", "pull")
    assert pulled.code == 0, pulled.err
    assert "campplus: as safetensors in" in pulled.err and "tiny: as safetensors" not in pulled.err
    (made,) = (home / "models" / "converted").iterdir()
    assert list(load_file(made)) == ["head.conv1.weight"]
    assert in_process("models", "pull").code == 0
    assert list((home / "models" / "converted").iterdir()) == [made]


def test_checkpoints_of_one_engine_are_verified_in_one_folder(
    hub: Hub, in_process: Vocalino, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    parts = [replace(PIN, name=name, subfolder=name) for name in ("one", "two")]
    other = replace(PIN, name="other", setting="vc_model")
    pins = {pin.name: pin for pin in (*parts, other)}
    monkeypatch.setattr("vocalino.engines.checkpoints.CHECKPOINTS", pins)
    pulled = Path(in_process("models", "pull", "one").out.strip())
    for name in ("one", "two"):
        shutil.copytree(pulled, tmp_path / "mine" / name)
    done = in_process("models", "verify", "one", "two", "--model", "mine")
    assert done.code == 0 and done.out.count("is whole") == 2 * len(FILES)
    mixed = in_process("models", "verify", "one", "other", "--model", "mine")
    assert mixed.code == 2 and "what one engine needs" in mixed.err


def test_an_unknown_name(hub: Hub, in_process: Vocalino) -> None:
    for command in ("pull", "verify"):
        done = in_process("models", command, "small")
        assert done.code == 2 and "no checkpoint is called 'small': there are tiny" in done.err


def test_without_the_extra_the_list_says_so(
    in_process: Vocalino, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    model, *others = in_process("models", "list", "--json").json
    assert model["name"] == VOICE_DESIGN.name and model["bytes"] > 4e9
    assert [other["name"] for other in others] == [*(pin.name for pin in PINS), BASE.name]
    assert (model["state"], model["fix"]) == ("unknown", "pip install 'vocalino[studio]'")
    assert in_process("models", "pull").code == 3


def test_the_variables_of_the_library_are_heeded(vocalino: Vocalino, tmp_path: Path) -> None:
    """Where its cache is and whether it is offline: an own Python, since it reads them once."""
    repo = f"models--{VOICE_DESIGN.repo.replace('/', '--')}"
    folder = tmp_path / "hf" / "hub" / repo / "snapshots" / VOICE_DESIGN.revision
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    environ = {"HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1"}
    model, *_ = vocalino("models", "list", "--json", **environ).json
    assert (model["state"], model["folder"]) == ("partly", str(folder))
    refused = vocalino("models", "pull", **environ)
    assert refused.code == 3 and "offline mode (config.json, generation_config" in refused.err


def test_doctor_tells_of_checkpoints_and_minds_only_for_the_studio(
    in_process: Vocalino, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with playing(monkeypatch, tmp_path / "cache"):
        well = in_process("doctor", "--json")
        assert well.code == 0
        ok, text = checkpoints(well.json)
        assert ok and str(text).startswith(
            "qwen3-tts-voice-design is absent (4.5 GB): vocalino models pull "
            "qwen3-tts-voice-design; seed-vc is absent (size not known): vocalino models pull "
            "seed-vc; astral is"
        )
        ill = in_process("doctor", "--cast", "studio", "--json")
        assert ill.code == 1 and not checkpoints(ill.json)[0]


def checkpoints(document: dict[str, list[dict[str, object]]]) -> tuple[object, object]:
    (check,) = [check for check in document["checks"] if check["name"] == "checkpoints"]
    return check["ok"], check["text"]
