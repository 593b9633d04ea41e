"""`vocalino voices`, `takes`, `convert`, `design`, `rerender`, `doctor`, `bench`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import soundfile
from fakes import RATE_HZ, tone
from program import Vocalino

from vocalino.audio.decode import decode
from vocalino.audio.loudness import loudness_lufs
from vocalino.audio.trim import speech_span

LINE = "The tide comes in at nine."


def recording(path: Path, seed: int, duration_s: float = 1.5) -> Path:
    soundfile.write(path, tone(seed, duration_s).samples, RATE_HZ)
    return path


def test_a_voice_from_a_clip_to_its_end(in_process: Vocalino, ref: Path, tmp_path: Path) -> None:
    added = in_process(
        *("voices", "add", "Ada", ref, "--consent", "self", "--statement", "it is me"),
        *("--tag", "warm", "--tag", "low", "--notes", "studio B", "--json"),
    )
    assert added.code == 0, added.err
    assert added.json["consent"] == "self" and added.json["tags"] == ["warm", "low"]
    twin = in_process("voices", "add", "ada", ref)
    assert twin.code == 2 and "Ada" in twin.err
    assert [v["name"] for v in in_process("voices", "list", "--json").json] == ["Ada"]
    assert in_process("voices", "list", "--tag", "cold", "--json").json == []
    edited = in_process("voices", "edit", "Ada", "--rename", "Ada L.", "--notes", "new", "--json")
    assert edited.json["name"] == "Ada L." and edited.json["statement"] == "it is me"
    assert edited.json["tags"] == ["warm", "low"]
    assert in_process("voices", "export", "Ada L.", "out.flac").code == 0
    assert soundfile.info(tmp_path / "out.flac").samplerate == RATE_HZ
    acted = in_process("act", LINE, "--voice", "ada l.", "-k", "1", "--json", "--no-report")
    assert acted.json["samples"][0]["takes"][0]["consent"] == "self"
    assert "shown" not in in_process("voices", "show", "Ada L.").err
    assert in_process("voices", "delete", "Ada L.").code == 0
    missing = in_process("voices", "show", "Ada L.")
    assert missing.code == 2
    assert len(in_process("takes", "list", "--json").json) == 1, "its takes stay"


def test_a_voice_without_consent_is_warned_of(in_process: Vocalino, ref: Path) -> None:
    done = in_process("voices", "add", "Ada", ref)
    assert done.code == 0 and "no consent is stated" in done.err
    wrong = in_process("voices", "add", "Bob", ref, "--consent", "maybe")
    assert wrong.code == 2 and "recorded_consent" in wrong.err


def test_a_take_is_listed_judged_exported_and_deleted(in_process: Vocalino, tmp_path: Path) -> None:
    in_process("act", LINE, "-k", "2", "--no-report", "-o", "out")
    first, second = in_process("takes", "list", "tide", "--json").json
    assert (first["receipt"]["placed"]["place"], second["receipt"]["placed"]["place"]) == (1, 2)
    short = first["id"][:8]
    assert in_process("takes", "keep", short, "--note", "the one").code == 0
    assert in_process("takes", "reject", second["id"]).code == 0
    kept = in_process("takes", "list", "--verdict", "kept", "--json").json
    assert [t["id"] for t in kept] == [first["id"]] and kept[0]["note"] == "the one"
    assert in_process("takes", "export", short, "picked").code == 0
    name = first["receipt"]["audio"]["name"]
    exported = sorted(path.name for path in (tmp_path / "picked").iterdir())
    assert exported == sorted([name, name.replace(".wav", ".take.json")])
    assert (tmp_path / "picked" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()
    assert in_process("takes", "export", short, "picked").code == 2
    shown = in_process("takes", "show", short)
    assert "kept: the one" in shown.out and "length: pass" in shown.out
    assert in_process("takes", "delete", first["id"], second["id"]).code == 0
    assert in_process("takes", "list", "--json").json == []
    assert in_process("takes", "list", "--verdict", "liked").code == 2


def test_a_take_is_exported_at_a_loudness(in_process: Vocalino, tmp_path: Path) -> None:
    in_process("act", LINE, "-k", "1", "--no-report")
    (take,) = in_process("takes", "list", "--json").json
    assert in_process("takes", "export", take["id"], "out", "--lufs", "-30", "-f", "flac").code == 0
    (path,) = (tmp_path / "out").glob("*.flac")
    assert loudness_lufs(decode(path)) == pytest.approx(-30, abs=0.1)
    loud = in_process("takes", "export", take["id"], "loud", "--lufs", "-3")
    assert loud.code == 2 and "LUFS or less" in loud.err
    reachable = loud.err.split("ask for ")[1].split()[0]
    assert in_process("takes", "export", take["id"], "loud", "--lufs", reachable).code == 0


def test_a_take_is_exported_with_handles(vocalino: Vocalino, tmp_path: Path) -> None:
    acted = vocalino("act", "Yes.", "-k", "1", "--no-report", "-l", "english", fakes=False)
    assert acted.code == 0, acted.err
    (take,) = vocalino("takes", "list", "--json").json
    done = vocalino("takes", "export", take["id"], "out", "--handles", "0.02", "--json")
    assert done.code == 0, done.err
    path = next(Path(name) for name in done.json["written"] if name.endswith(".wav"))
    trimmed = decode(tmp_path / path)
    span = speech_span(trimmed)
    assert trimmed.duration_s < take["receipt"]["audio"]["duration_s"] - 0.05
    assert span is not None and span[0] <= 0.06 and trimmed.duration_s - span[1] <= 0.06


def test_files_are_converted_and_a_bad_one_is_left_out(
    vocalino: Vocalino, ref: Path, tmp_path: Path
) -> None:
    files = [recording(tmp_path / f"scene {n}.wav", n) for n in range(10)]
    files.insert(3, tmp_path / "broken.wav")
    files[3].write_bytes(b"RIFF0000WAVEnothing")
    (tmp_path / "sub").mkdir()
    files.append(recording(tmp_path / "sub" / "scene 1.wav", 77))
    done = vocalino("convert", *files, "--ref", ref, "--seed", "3", "-o", "out", "--json")
    assert done.code == 6, done.err
    takes = [take for run in done.json["runs"] for take in run["takes"]]
    assert len(takes) == 11 and len(done.json["unreadable"]) == 1
    assert "broken.wav" in done.json["unreadable"][0]["error"]
    names = {take["audio"]["name"] for take in takes}
    assert {"scene-1_converted.wav", "scene-1-2_converted.wav"} <= names
    for take in takes:
        assert (tmp_path / "out" / take["audio"]["name"]).exists()
        source = tmp_path / "out" / take["source"]["file"]
        assert source.resolve() in [path.resolve() for path in files]
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert page.count("scene 9.wav") >= 1


def test_nothing_readable_is_an_error(in_process: Vocalino, ref: Path, tmp_path: Path) -> None:
    (tmp_path / "page.wav").write_text("<html></html>")
    done = in_process("convert", "page.wav", "--ref", ref)
    assert done.code == 2 and "page.wav" in done.err


def test_a_designed_voice_is_kept_with_its_origin(in_process: Vocalino) -> None:
    arguments = ("design", "a warm young woman", "--name", "Vera", "--seed", "4", "-o", "v")
    done = in_process(*arguments, "--json", "-k", "2")
    assert done.code == 0, done.err
    assert done.json["voice"]["name"] == "Vera" and len(done.json["takes"]) == 2
    voice = in_process("voices", "show", "Vera", "--json").json
    assert (voice["source"], voice["consent"]) == ("designed", "synthetic")
    assert voice["description"] == "a warm young woman"
    best = next(t for t in done.json["takes"] if t["audio"]["name"] == done.json["best"])
    assert voice["content_hash"] == best["audio"]["content_hash"]
    taken = in_process("design", "another one", "--name", "vera")
    assert taken.code == 2 and "choose another --name" in taken.err
    assert "take 1" not in taken.err, "found out before the run, not after"
    empty = in_process("design", " ")
    assert empty.code == 2 and "description is empty" in empty.err


@pytest.fixture
def acted(vocalino: Vocalino, ref: Path, tmp_path: Path) -> Path:
    """The receipt of take 2 of 3, acted in the voice of `ref`."""
    done = vocalino("act", LINE, "--ref", ref, "--seed", "7", "-o", "out", "--no-report")
    assert done.code == 0, done.err
    return tmp_path / "out" / "the-tide-comes-in-at_t02.take.json"


def test_rerender_gives_the_same_bytes(vocalino: Vocalino, acted: Path, tmp_path: Path) -> None:
    done = vocalino("rerender", acted, "-o", "again.wav", "--json")
    assert done.code == 0, done.out + done.err
    assert done.json["same"] and done.json["differences"] == []
    sound = acted.with_name("the-tide-comes-in-at_t02.wav")
    assert (tmp_path / "again.wav").read_bytes() == sound.read_bytes()


def test_rerender_finds_its_clip_in_a_moved_folder(
    in_process: Vocalino, acted: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "elsewhere"
    shutil.move(acted.parent, moved)
    assert in_process("rerender", moved / acted.name).code == 0


def test_rerender_finds_its_clip_in_the_library_or_is_given_it(
    in_process: Vocalino, acted: Path, ref: Path
) -> None:
    (acted.parent / "reference.wav").unlink()
    lost = in_process("rerender", acted)
    assert lost.code == 2 and "give it with --ref" in lost.err
    assert in_process("rerender", acted, "--ref", ref).code == 0
    in_process("voices", "add", "Ada", ref)
    assert in_process("rerender", acted).code == 0


def test_rerender_refuses_another_clip(in_process: Vocalino, acted: Path, tmp_path: Path) -> None:
    other = recording(tmp_path / "other.wav", 5, 3.0)
    done = in_process("rerender", acted, "--ref", other)
    assert done.code == 2 and "not the reference clip of the take" in done.err


def test_rerender_tells_what_differs(in_process: Vocalino, acted: Path, tmp_path: Path) -> None:
    receipt = json.loads(acted.read_text("utf-8"))
    receipt["audio"]["sha256"] = "0" * 64
    receipt["versions"]["numpy"] = "0.1"
    receipt["engines"]["designer"]["revision"] = "older"
    acted.write_text(json.dumps(receipt), "utf-8")
    done = in_process("rerender", acted)
    assert done.code == 1
    assert "not the same bytes" in done.out
    assert "numpy: was 0.1" in done.err and "designer: was FakeDesigner older" in done.err


def test_a_conversion_is_rerendered_too(in_process: Vocalino, ref: Path, tmp_path: Path) -> None:
    files = [recording(tmp_path / f"s{n}.wav", n) for n in (1, 2)]
    in_process("convert", *files, "--ref", ref, "-o", "out", "--no-report")
    receipt = tmp_path / "out" / "s2_converted.take.json"
    assert in_process("rerender", receipt).code == 0
    files[1].unlink()
    lost = in_process("rerender", receipt)
    assert lost.code == 2 and "give it with --source" in lost.err


def test_doctor_finds_nothing_wrong_and_a_damaged_file(
    in_process: Vocalino, ref: Path, home: Path
) -> None:
    in_process("voices", "add", "Ada", ref)
    well = in_process("doctor", "--json")
    assert well.code == 0 and well.json["ok"], well.out
    assert {c["name"] for c in well.json["checks"]} >= {"cast", "engines", "library", "disk"}
    (blob,) = (home / "library" / "blobs").rglob("*.wav")
    blob.chmod(0o644)
    blob.write_bytes(blob.read_bytes()[:-7])
    ill = in_process("doctor")
    assert ill.code == 1 and "FIX" in ill.out and blob.name[:8] in ill.out


def test_bench_ends_with_json(vocalino: Vocalino) -> None:
    done = vocalino("bench", "-k", "2", "--repeat", "1")
    assert done.code == 0, done.err
    measured = json.loads(done.out.strip().splitlines()[-1])
    assert measured["takes"] == 2 and measured["rtf"] > 0 and measured["peak_rss_mib"] > 10


def test_version_and_help(vocalino: Vocalino) -> None:
    assert vocalino("--version").out.startswith("vocalino 0.")
    shown = vocalino("act", "--help")
    assert shown.code == 0 and "--direction" in shown.out


def test_json_is_everywhere(in_process: Vocalino, ref: Path) -> None:
    """Every command answers --json with one document and nothing else on standard output."""
    in_process("act", LINE, "--ref", ref, "-k", "2", "--no-report", "-o", "out")
    first, second = (take["id"] for take in in_process("takes", "list", "--json").json)
    in_process("voices", "add", "Ada", ref, "--json")
    commands: list[tuple[str, ...]] = [
        ("takes", "show", first),
        ("takes", "keep", first),
        ("takes", "reject", second),
        ("takes", "export", first, "picked"),
        ("takes", "delete", first, second),
        ("voices", "export", "Ada", "ada.wav"),
        ("voices", "edit", "Ada", "--notes", "x"),
        ("voices", "delete", "Ada"),
        ("bench", "-k", "1", "--repeat", "1"),
    ]
    for command in commands:
        done = in_process(*command, "--json")
        assert done.code == 0 and done.json, command
