"""Checkpoints: a real `huggingface_hub` fetches them from a hub on localhost."""

from __future__ import annotations

import dataclasses
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
from vocalino.engines.checkpoints import CHECKPOINTS, PREPARERS, checkpoint_named
from vocalino.engines.seed_vc.pins import PINS, Folders
from vocalino.errors import CheckpointError, EngineUnavailable, LibraryError, RequestError
from vocalino.hub import Pin, PinnedFile, known, locate, look, pull, verify
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
def open_pin(hub: Hub) -> Pin:
    """A checkpoint of whose weights neither size nor SHA-256 is published."""
    hub.lfs.add(MODEL)
    files = [replace(f, bytes=None, sha256=None) if f.path == MODEL else f for f in PIN.files]
    return replace(PIN, files=tuple(files))


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


def test_a_file_of_unknown_size_is_looked_at_before_the_download(
    hub: Hub, open_pin: Pin, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 1_000_000))  # type: ignore[attr-defined]
    with pytest.raises(EngineUnavailable, match=r"needs 0.0 GB more in .*cache"):
        locate(open_pin, settings)
    assert [method for method, *_ in hub.asked] == ["HEAD"]


def test_what_is_not_published_is_locked_at_the_first_fetch(
    hub: Hub, open_pin: Pin, settings: Settings
) -> None:
    assert known(open_pin, settings).bytes is None
    found = locate(open_pin, settings)
    assert (found / MODEL).read_bytes() == FILES[MODEL]
    exact = known(open_pin, settings)
    assert exact.bytes == PIN.bytes and [file.locked for file in exact.files] == [
        False,
        True,
        False,
    ]
    assert [file.sha256 for file in exact.files] == [file.sha256 for file in PIN.files]
    assert look(open_pin, settings).verified
    assert all(checked.ok for checked in verify(open_pin, settings))
    asked = len(hub.asked)
    assert locate(open_pin, replace(settings, offline=True)) == found
    assert len(hub.asked) == asked


def test_a_hub_that_later_sends_other_bytes_is_not_believed(
    hub: Hub, open_pin: Pin, settings: Settings
) -> None:
    found = locate(open_pin, settings)
    (found / MODEL).unlink()
    hub.files[MODEL] = b"x" * len(FILES[MODEL])  # and it declares the SHA-256 of these
    with pytest.raises(
        CheckpointError, match=rf"{MODEL} has the SHA-256 \w+ instead of \w+, which"
    ):
        locate(open_pin, settings)
    with pytest.raises(CheckpointError, match=r"locked at the first fetch. What the hub sends is"):
        pull(open_pin, settings)
    (wrong,) = [checked for checked in verify(open_pin, settings) if not checked.ok]
    assert wrong.file.path == MODEL
    hub.files[MODEL] = b"short"
    with pytest.raises(CheckpointError, match=r"has 5 bytes instead of 1024000, which was locked"):
        pull(open_pin, settings)
    hub.files[MODEL] = FILES[MODEL]
    assert (pull(open_pin, settings) / MODEL).read_bytes() == FILES[MODEL]


def test_what_comes_is_compared_with_what_the_hub_declares(
    hub: Hub, open_pin: Pin, settings: Settings
) -> None:
    hub.lies = True
    hub.files[MODEL] = b"x" * len(FILES[MODEL])
    for ask in (locate, pull):
        with pytest.raises(CheckpointError, match=rf"{MODEL} has the SHA-256 \w+ instead of"):
            ask(open_pin, settings)
    assert not known(open_pin, settings).files[1].locked and not look(open_pin, settings).verified
    hub.files[MODEL] = FILES[MODEL]
    pull(open_pin, settings)
    assert known(open_pin, settings).files[1].locked


@pytest.mark.parametrize("change", ["links", "offline"])
def test_a_cache_from_elsewhere_is_locked_by_what_it_says(
    hub: Hub, open_pin: Pin, settings: Settings, change: str, tmp_path: Path
) -> None:
    """The library's cache was filled by another program, or on another machine."""
    found = locate(open_pin, replace(settings, home=tmp_path / "elsewhere"))
    assert not look(open_pin, settings).verified
    problems = [checked.problem for checked in verify(open_pin, settings) if not checked.ok]
    assert problems == [
        "can't be compared: no SHA-256 of it is published, and none was locked here"
    ]
    hub.asked.clear()
    if change == "links":  # a system without them: the cache keeps the file under its own name
        data = (found / MODEL).read_bytes()
        (found / MODEL).unlink()
        (found / MODEL).write_bytes(data)
        with pytest.raises(EngineUnavailable, match=r"in offline mode .*models pull tiny` with a"):
            locate(open_pin, replace(settings, offline=True))
        locate(open_pin, settings)
        assert hub.asked == [("HEAD", MODEL, None)]
    else:
        locate(open_pin, replace(settings, offline=True))
        assert not hub.asked
    assert known(open_pin, settings).files[1].sha256 == PIN.files[1].sha256


def test_a_hub_that_declares_no_hash(hub: Hub, open_pin: Pin, settings: Settings) -> None:
    hub.lfs.clear()
    with pytest.raises(CheckpointError, match=rf"gives no SHA-256 of {MODEL} in .*HF_ENDPOINT"):
        locate(open_pin, settings)
    assert not known(open_pin, settings).files[1].locked


def test_locks_are_of_one_revision(hub: Hub, open_pin: Pin, settings: Settings) -> None:
    locate(open_pin, settings)
    assert known(replace(open_pin, revision="f" * 40), settings).files[1].sha256 is None


def test_a_damaged_lock_is_not_passed_over(hub: Hub, open_pin: Pin, settings: Settings) -> None:
    locate(open_pin, settings)
    lock = settings.home / "models" / "tiny.lock.json"
    lock.write_text("{")
    for ask in (locate, pull, look, verify):
        with pytest.raises(CheckpointError, match=r"tiny.lock.json.* can't be read: .*remove it"):
            ask(open_pin, settings)
    lock.unlink()
    locate(open_pin, settings)
    assert known(open_pin, settings).files[1].locked


def test_a_published_pin_has_no_lock(hub: Hub, settings: Settings) -> None:
    locate(PIN, settings)
    assert known(PIN, settings) is PIN
    assert not (settings.home / "models" / "tiny.lock.json").exists()


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


def test_checkpoints_that_share_a_folder_have_subfolders(settings: Settings, folder: Path) -> None:
    part = replace(PIN, subfolder="part", flag="--vc-model")
    settings = replace(settings, tts_model=str(folder.parent))
    with pytest.raises(
        CheckpointError, match=r"part \(from the caller\) is no folder: .* in part/"
    ):
        locate(part, settings)
    assert look(part, settings).state == "absent"
    folder.rename(folder.parent / "part")
    assert locate(part, settings) == folder.parent / "part"
    assert look(part, settings).folder == folder.parent / "part"
    assert all(checked.ok for checked in verify(part, settings))
    assert all(checked.ok for checked in verify(part, Settings(home=settings.home), folder.parent))
    assert part.elsewhere.endswith("checkpoint in part/: --vc-model FOLDER or TTS_MODEL")


def test_another_file_can_do_as_well_in_a_named_folder(settings: Settings, folder: Path) -> None:
    files = (*PIN.files[:1], replace(PIN.files[1], instead="other.safetensors"), *PIN.files[2:])
    either = replace(PIN, files=files)
    settings = replace(settings, tts_model=str(folder))
    (folder / MODEL).rename(folder / "other.safetensors")
    assert locate(either, settings) == folder
    presence = look(either, settings)
    assert presence.state == "present" and not presence.verified
    (wrong,) = [checked for checked in verify(either, settings) if not checked.ok]
    assert wrong.problem == "is not there; other.safetensors, in its place, is not what was pinned"
    (folder / "other.safetensors").unlink()
    with pytest.raises(CheckpointError, match=f"lacks {MODEL}. Name"):
        locate(either, settings)


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
    assert len({file.path for file in pin.files}) == len(pin.files)
    assert pin.setting in switches()
    for file in pin.files:
        assert not file.locked
        assert file.sha256 is None or len(bytes.fromhex(file.sha256)) == 32
        safe = Path(file.path).suffix in {".json", ".txt", ".safetensors"}
        assert safe or name in PREPARERS, f"{file.path} is a pickle: who converts it?"


def test_what_is_open_is_known() -> None:
    """Once their hashes are published, they belong into the pin and out of this list."""
    open_files = [
        (pin.name, file.path)
        for pin in CHECKPOINTS.values()
        for file in pin.files
        if file.sha256 is None
    ]
    assert open_files == [
        ("seed-vc", "v2/cfm_small.pth"),
        ("seed-vc", "v2/ar_base.pth"),
        ("qwen3-tts-base", "config.json"),
    ]


def test_checkpoints_of_one_setting_lie_in_folders_of_their_own() -> None:
    places = [(pin.setting, pin.subfolder) for pin in CHECKPOINTS.values()]
    assert len(set(places)) == len(places)


def test_the_converters_folders(settings: Settings, tmp_path: Path) -> None:
    folders = Folders.under(tmp_path)
    for pin, folder in zip(PINS, dataclasses.astuple(folders), strict=True):
        for file in pin.files:
            path = folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
    assert Folders.located(replace(settings, vc_model=str(tmp_path))) == folders
    (folders.hubert / "pytorch_model.bin").rename(folders.hubert / "model.safetensors")
    assert Folders.located(replace(settings, vc_model=str(tmp_path))) == folders
    (folders.astral / "bsq32" / "bsq32_light.pth").unlink()
    with pytest.raises(CheckpointError, match=r"astral .* lacks bsq32/bsq32_light.pth"):
        Folders.located(replace(settings, vc_model=str(tmp_path)))


def test_an_unknown_checkpoint() -> None:
    with pytest.raises(RequestError, match="no checkpoint is called 'x': there are qwen3-tts"):
        checkpoint_named("x")
