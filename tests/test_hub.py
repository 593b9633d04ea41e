"""Checkpoints: a real `huggingface_hub` fetches them from a hub on localhost."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest
from hub_server import FILES, PIN, Hub, playing
from huggingface_hub import constants

from vocalino import hub as checkpoints
from vocalino.engines.checkpoints import CHECKPOINTS, checkpoint_named
from vocalino.errors import CheckpointError, EngineUnavailable, LibraryError, RequestError
from vocalino.hub import PinnedFile, locate, look, pull, verify
from vocalino.settings import Settings, switches

MODEL = "model.safetensors"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[Hub]:
    with playing(monkeypatch, tmp_path / "cache") as hub:
        yield hub


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings(home=home)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of the user's that holds the checkpoint."""
    for name, data in FILES.items():
        path = tmp_path / "mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "mine"


def hashed(settings: Settings) -> int:
    """How many bytes a pull reads: none when all is known to be whole."""
    counts: list[int] = []
    pull(PIN, settings, counts.append)
    return sum(counts)


def damage(path: Path, *, unseen: bool = False) -> None:
    """Change a byte; `unseen` keeps the time of the file."""
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    later_ns = before.st_mtime_ns + (0 if unseen else 1_000_000)
    os.utime(path, ns=(before.st_atime_ns, later_ns))


def test_a_checkpoint_is_fetched_once(hub: Hub, settings: Settings, tmp_path: Path) -> None:
    assert look(PIN, settings).state == "absent"
    found = locate(PIN, settings)
    assert {name: (found / name).read_bytes() for name in FILES} == FILES
    assert found.is_relative_to(tmp_path / "cache") and found.name == PIN.revision
    assert look(PIN, settings) == checkpoints.Presence(found, (), verified=True)
    asked = len(hub.asked)
    assert locate(PIN, settings) == found
    assert locate(PIN, replace(settings, offline=True)) == found
    assert len(hub.asked) == asked


def test_a_broken_connection_is_taken_up_again(
    hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 50_000)  # what is kept is whole chunks
    hub.breaks_after = 100_000
    assert (locate(PIN, settings) / MODEL).read_bytes() == FILES[MODEL]
    ranges = [wanted for method, name, wanted in hub.asked if name == MODEL and method == "GET"]
    assert ranges == [None, "bytes=100000-"]


def test_only_what_is_missing_is_fetched(hub: Hub, settings: Settings) -> None:
    found = locate(PIN, settings)
    (found / "config.json").unlink()
    presence = look(PIN, settings)
    assert (presence.state, presence.missing) == ("partly", ("config.json",))
    hub.asked.clear()
    assert locate(PIN, settings) == found
    assert {name for _, name, _ in hub.asked} == {"config.json"}


def test_files_are_hashed_once(hub: Hub, settings: Settings) -> None:
    assert hashed(settings) == PIN.bytes
    assert hashed(settings) == 0
    found = locate(PIN, settings)
    os.utime(found / MODEL, ns=(0, 0))
    assert not look(PIN, settings).verified
    assert hashed(settings) == len(FILES[MODEL])


def test_an_unreadable_record_means_hashing_again(hub: Hub, settings: Settings) -> None:
    assert hashed(settings) == PIN.bytes
    (settings.home / "models" / "tiny.json").write_text("{}")
    assert hashed(settings) == PIN.bytes


def test_another_pin_means_hashing_again(hub: Hub, settings: Settings) -> None:
    locate(PIN, settings)
    other = replace(PIN, files=(replace(PIN.files[0], sha256="0" * 64), *PIN.files[1:]))
    with pytest.raises(CheckpointError, match=r"config.json has the SHA-256 \w+ instead of 0000"):
        locate(other, settings)


def test_a_hub_that_sends_other_bytes_is_not_believed(hub: Hub, settings: Settings) -> None:
    hub.files[MODEL] = b"x" * len(FILES[MODEL])
    with pytest.raises(CheckpointError, match=rf"{MODEL} has the SHA-256 \w+ instead of") as error:
        locate(PIN, settings)
    assert "vocalino models pull tiny" in str(error.value)
    with pytest.raises(CheckpointError, match="not what was pinned: look at HF_ENDPOINT"):
        pull(PIN, settings)
    assert not look(PIN, settings).verified
    hub.files[MODEL] = b"short"
    with pytest.raises(CheckpointError, match=rf"{MODEL} has 5 bytes instead of 1024000"):
        pull(PIN, settings)


def test_a_damaged_file_is_found_and_mended(hub: Hub, settings: Settings) -> None:
    found = locate(PIN, settings)
    damage(found / MODEL)
    with pytest.raises(CheckpointError, match="damaged: model.safetensors has the SHA-256"):
        locate(PIN, settings)
    hub.asked.clear()
    assert pull(PIN, settings) == found
    assert {name for _, name, _ in hub.asked} == {MODEL}
    assert (locate(PIN, settings) / MODEL).read_bytes() == FILES[MODEL]


def test_verify_trusts_no_record(hub: Hub, settings: Settings) -> None:
    found = locate(PIN, settings)
    damage(found / MODEL, unseen=True)
    assert locate(PIN, settings) == found, "size and time are as they were"
    assert [c.file.path for c in verify(PIN, settings) if not c.ok] == [MODEL]
    with pytest.raises(CheckpointError, match=MODEL):
        locate(PIN, settings)


@pytest.mark.parametrize(
    ("refuses", "message"),
    [
        ((404, "RevisionNotFound"), r"has no config.json in someone/tiny@0123.* \(HTTP 404\)"),
        ((404, "EntryNotFound"), r"has no config.json in someone/tiny@0123.* \(HTTP 404\)"),
        ((401, "RepoNotFound"), r"no access to someone/tiny \(HTTP 401\)"),
        ((403, "GatedRepo"), r"no access to someone/tiny \(HTTP 403\).* gated.*hf auth login"),
        ((403, ""), r"no access to someone/tiny \(HTTP 403\)"),
        ((451, ""), "can't fetch config.json .*451"),
    ],
)
def test_a_hub_that_refuses(
    hub: Hub, settings: Settings, refuses: tuple[int, str], message: str
) -> None:
    hub.refuses = refuses
    with pytest.raises(EngineUnavailable, match=message) as error:
        locate(PIN, settings)
    assert "--model FOLDER or TTS_MODEL" in str(error.value)


def test_a_hub_that_is_not_there(
    hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(locate(PIN, settings) / MODEL)  # for what it never had, the library tries half a minute
    template = "http://127.0.0.1:1/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    with pytest.raises(EngineUnavailable, match="can't fetch model.safetensors .*refused.*proxy"):
        pull(PIN, settings)


@pytest.mark.parametrize("who", ["vocalino", "huggingface_hub"])
def test_offline_names_what_is_missing(
    hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    found = locate(PIN, settings)
    (found / MODEL).unlink()
    hub.asked.clear()
    if who == "vocalino":
        settings = replace(settings, offline=True)
    else:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(EngineUnavailable, match=r"offline mode \(model.safetensors\)") as error:
        locate(PIN, settings)
    assert "vocalino models pull tiny" in str(error.value)
    assert not hub.asked


def test_a_disk_that_is_too_small_is_found_before_the_download(
    hub: Hub, settings: Settings
) -> None:
    huge = replace(PIN, files=(*PIN.files, PinnedFile("huge.safetensors", 10**18, None)))
    with pytest.raises(EngineUnavailable, match=r"needs 1000000000.0 GB more in .*cache, where"):
        locate(huge, settings)
    assert not hub.asked


def test_without_a_published_hash_the_size_is_checked(hub: Hub, settings: Settings) -> None:
    files = tuple(replace(file, sha256=None) for file in PIN.files)
    found = locate(replace(PIN, files=files), settings)
    (found / "config.json").write_bytes(b"{}")
    with pytest.raises(CheckpointError, match="config.json has 2 bytes instead of 22"):
        locate(replace(PIN, files=files), settings)


def test_a_home_that_cannot_be_written(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LibraryError, match="tiny.json: .*VOCALINO_HOME"):
        locate(PIN, Settings(home=tmp_path / "file"))


def test_a_named_folder_is_taken_as_it_is(hub: Hub, settings: Settings, folder: Path) -> None:
    (folder / "config.json").write_text("fine-tuned")
    settings = replace(settings, tts_model=str(folder))
    assert locate(PIN, settings) == folder
    assert look(PIN, settings).state == "present" and not look(PIN, settings).verified
    assert [c.file.path for c in verify(PIN, settings) if not c.ok] == ["config.json"]
    assert not hub.asked


def test_a_named_folder_can_be_verified(settings: Settings, folder: Path) -> None:
    settings = replace(settings, tts_model=str(folder))
    assert all(checked.ok for checked in verify(PIN, settings))
    assert look(PIN, settings).verified
    shutil.rmtree(folder / "speech_tokenizer")
    (wrong,) = [checked for checked in verify(PIN, settings) if not checked.ok]
    assert (wrong.file.path, wrong.problem) == ("speech_tokenizer/config.json", "is missing")


def test_a_named_folder_that_lacks_files(settings: Settings, folder: Path) -> None:
    (folder / MODEL).unlink()
    flags = {"tts_model": str(folder), "home": settings.home}
    with pytest.raises(CheckpointError, match=r"mine \(from the command line\) lacks model.safe"):
        locate(PIN, Settings.load(flags))
    with pytest.raises(CheckpointError, match=r"nowhere .* is no folder: it should hold config"):
        locate(PIN, replace(settings, tts_model=str(folder / "nowhere")))


def test_without_the_extra(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    for ask in (locate, look, pull, verify):
        with pytest.raises(EngineUnavailable, match=r"pip install 'vocalino\[studio\]'"):
            ask(PIN, settings)
    assert locate(PIN, replace(settings, tts_model=str(folder))) == folder


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_pins_are_exact_and_safe(name: str) -> None:
    pin = checkpoint_named(name)
    assert len(bytes.fromhex(pin.revision)) == 20, "a commit, not a branch that can move"
    assert all(len(bytes.fromhex(file.sha256 or "")) == 32 for file in pin.files)
    assert len({file.path for file in pin.files}) == len(pin.files)
    assert {Path(f.path).suffix for f in pin.files} <= {".json", ".txt", ".safetensors"}
    assert pin.setting in switches()


def test_an_unknown_checkpoint() -> None:
    with pytest.raises(RequestError, match="no checkpoint is called 'x': there are qwen3-tts"):
        checkpoint_named("x")
