"""`vocalino act` and `samples`: files, receipts, JSON, Ctrl-C, errors with their exit codes."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from program import FAKE_ENGINES, Vocalino

from vocalino.receipt import Receipt

LINE = "The tide comes in at nine."


def test_act_leaves_takes_receipts_and_a_report(
    vocalino: Vocalino, ref: Path, tmp_path: Path
) -> None:
    done = vocalino("act", LINE, "-d", "softly", "--ref", ref, "--seed", "7", "-o", "out", "--json")
    assert done.code == 0, done.err
    (sample,) = done.json["samples"]
    assert done.json["cast"] == "custom" and done.json["voice"] == "Ada Müller"
    assert sample["outcome"] == "complete" and len(sample["takes"]) == 3
    folder = tmp_path / "out"
    assert sample["best"] == sample["takes"][0]["audio"]["name"]
    for take in sample["takes"]:
        sound = (folder / take["audio"]["name"]).read_bytes()
        assert hashlib.sha256(sound).hexdigest() == take["audio"]["sha256"]
        receipt = Receipt.from_json(
            (folder / take["audio"]["name"].replace(".wav", ".take.json")).read_bytes()
        )
        assert json.loads(receipt.to_json()) == take
        assert receipt.placed is not None
        assert receipt.performance is not None
        assert (folder / receipt.performance.name).exists()
    places = [take["placed"]["place"] for take in sample["takes"]]
    assert places == [1, 2, 3]
    assert (folder / "reference.wav").read_bytes() == ref.read_bytes()
    assert "<audio" in (folder / "report.html").read_text("utf-8")


def test_people_get_a_table_and_paths(vocalino: Vocalino, ref: Path) -> None:
    done = vocalino("act", LINE, "--ref", ref, "--seed", "7", "-k", "2")
    assert done.code == 0
    assert "passes every check" in done.out
    assert "report: takes/the-tide-comes-in-at-7/report.html" in done.out
    assert "custom cast (the settings name another designer" in done.err
    assert "take 2:" in done.err


def test_the_line_can_come_from_standard_input(vocalino: Vocalino) -> None:
    done = vocalino("act", "-", "--json", "--no-report", "-k", "1", stdin=f"{LINE}\n")
    assert done.json["samples"][0]["takes"][0]["line"]["text"] == LINE


def test_same_seed_same_bytes_another_seed_others(vocalino: Vocalino) -> None:
    def sums(seed: int, out: str, takes: int) -> list[str]:
        arguments = ["act", LINE, "--seed", seed, "-o", out, "-k", takes, "--json", "--no-report"]
        done = vocalino(*map(str, arguments))
        found = {t["index"]: t["audio"]["sha256"] for t in done.json["samples"][0]["takes"]}
        return [found[index] for index in sorted(found)]

    assert sums(1, "a", 2) == sums(1, "b", 4)[:2]
    assert sums(1, "c", 1) != sums(2, "d", 1)


def test_takes_are_never_written_over_unasked(vocalino: Vocalino, tmp_path: Path) -> None:
    arguments = ["act", LINE, "--seed", "1", "-o", "out", "-k", "2", "--no-report"]
    assert vocalino(*arguments).code == 0
    before = sorted((tmp_path / "out").iterdir())
    again = vocalino(*arguments)
    assert again.code == 2
    assert "already: choose another --out, or add --overwrite" in again.err
    assert vocalino(*arguments, "--overwrite").code == 0
    assert sorted((tmp_path / "out").iterdir()) == before


def test_takes_are_in_the_library_unless_told_otherwise(vocalino: Vocalino) -> None:
    vocalino("act", LINE, "-k", "2", "--no-report")
    vocalino("act", "Not this one.", "-k", "2", "--no-report", "--no-library")
    listed = vocalino("takes", "list", "--json").json
    assert [take["receipt"]["line"]["text"] for take in listed] == [LINE, LINE]


@pytest.mark.parametrize("format", ["flac", "ogg", "opus", "mp3"])
def test_formats(vocalino: Vocalino, tmp_path: Path, format: str) -> None:
    done = vocalino("act", LINE, "-k", "1", "-f", format, "-o", "out", "--json", "--no-report")
    assert done.code == 0, done.err
    name = done.json["samples"][0]["takes"][0]["audio"]["name"]
    assert name.endswith(f".{format}") and (tmp_path / "out" / name).stat().st_size > 500


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["act", ""], 2, "the line is empty"),
        (["act", "..."], 2, "nothing to speak"),
        (["act", "x", "-k", "0"], 2, "takes must be from 1 to 64"),
        (["act", "x", "--seed", "-1"], 2, "seed must be from 0"),
        (["act", "x", "-l", "klingon"], 2, "unknown language 'klingon'"),
        (["act", "x", "-f", "aac"], 2, "aac"),
        (["act", "x", "--ref", "none.wav"], 2, "none.wav"),
        (["act", "x", "--voice", "Nobody"], 2, "Nobody"),
        (["act", "x", "--ref", "a.wav", "--voice", "b"], 2, "give one of them"),
        (["samples", "--cast", "studio", "--vc-device", "cuda:99"], 3, "VC_DEVICE is cuda:99"),
        (["bench", "--cast", "studio", "--vc-device", "toaster"], 3, "VC_DEVICE names no device"),
        (["act", "x", "--temperature", "5"], 2, "temperature must be from 0 to 4"),
        (["act", "x", "--max-new-tokens", "1"], 2, "max_new_tokens must be from 2 to 8192"),
        (["design", "x", "--predictor-top-p", "2"], 2, "predictor_top_p must be from 0 to 1"),
        (["act", "x", "--cast", "pro"], 2, "cast must be one of auto, draft, studio"),
        (["act", "x", "--designer", "no.such:Thing"], 3, "can't import the engine"),
        (["act", "x", "--length-adjust", "3"], 2, "length_adjust must be from 0.5 to 2"),
        (["rerender", "none.json"], 2, "can't read the receipt none.json"),
        (["voices", "show", "Nobody"], 2, "Nobody"),
        (["takes", "show", "nothing"], 2, "nothing"),
        (["samples", "none.yaml"], 2, "none.yaml"),
        (["convert", "none.wav"], 2, "which voice?"),
    ],
)
def test_errors_say_what_to_do(
    in_process: Vocalino, arguments: list[str], code: int, words: str
) -> None:
    fakes = "--cast" not in arguments
    done = in_process(*arguments, fakes=fakes)
    assert done.code == code, done.err
    assert words in done.err
    assert done.out == ""
    as_json = in_process(*arguments, "--json", fakes=fakes)
    assert as_json.code == code
    assert words in as_json.json["error"]["message"]


SAMPLING = {
    "temperature": 0.0,
    "top_p": 0.9,
    "top_k": 40,
    "repetition_penalty": 1.1,
    "max_new_tokens": 300,
    "predictor_temperature": 0.8,
    "predictor_top_p": 0.95,
    "predictor_top_k": 0,
}


@pytest.mark.parametrize("command", ["act", "design"])
def test_sampling_is_handed_through_to_the_receipt(in_process: Vocalino, command: str) -> None:
    options = [
        word for name, value in SAMPLING.items() for word in (f"--{name.replace('_', '-')}", value)
    ]
    done = in_process(command, LINE, *map(str, options), "-k", "1", "--json", "--no-report")
    assert done.code == 0, done.err
    (take,) = done.json["samples"][0]["takes"] if command == "act" else done.json["takes"]
    assert take["design"] == SAMPLING


def test_errors_of_the_program_itself_show_no_traceback(vocalino: Vocalino) -> None:
    done = vocalino("act", "x", "--ref", "none.wav")
    assert done.code == 2 and done.out == ""
    assert done.err.startswith("error: ") and "Traceback" not in done.err
    as_json = vocalino("act", "x", "--ref", "none.wav", "--json")
    assert as_json.code == 2 and as_json.json["error"]["type"] == "AudioError"


def test_a_misspelt_switch_is_an_error(vocalino: Vocalino) -> None:
    done = vocalino("act", "x", VOCALINO_CASTE="draft")
    assert done.code == 2 and "did you mean VOCALINO_CAST" in done.err


def test_usage_errors_have_code_2(in_process: Vocalino) -> None:
    assert in_process("act").code == 2
    assert in_process("act", "x", "--no-such-option").code == 2


ENGINES = Path(__file__).parent / "slow_engines.py"


def test_ctrl_c_keeps_what_is_finished(home: Path, tmp_path: Path) -> None:
    """The second take never ends: Ctrl-C after the first one leaves that one, ranked, on disk."""
    environ = {**os.environ, **FAKE_ENGINES, "VOCALINO_DESIGNER": f"{ENGINES}:StuckDesigner"}
    process = subprocess.Popen(
        [sys.executable, "-m", "vocalino", "act", LINE, "-o", "out", "-k", "4", "--json"],
        cwd=tmp_path,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for told in process.stderr:
        if "take 1:" in told:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    (sample,) = json.loads(out)["samples"]
    assert sample["outcome"] == "cancelled" and sample["reason"] == "Ctrl-C"
    (kept,) = sample["takes"]
    assert kept["placed"]["place"] == 1
    assert (tmp_path / "out" / kept["audio"]["name"]).exists()
    assert (tmp_path / "out" / "report.html").exists()
    assert "1 finished take is kept" in err


def test_some_failed_takes_are_told_and_have_their_code(vocalino: Vocalino) -> None:
    done = vocalino("act", LINE, "--json", VOCALINO_DESIGNER=f"{ENGINES}:LimpingDesigner")
    assert done.code == 6
    (sample,) = done.json["samples"]
    assert sample["outcome"] == "partial" and len(sample["takes"]) == 2
    assert sample["failed"][0]["error"] == "planted: lost my voice"
    assert "take 2 failed in design: planted: lost my voice" in done.err


def test_no_take_at_all_is_no_success(vocalino: Vocalino) -> None:
    done = vocalino("act", LINE, "--json", VOCALINO_DESIGNER=f"{ENGINES}:BrokenDesigner")
    assert done.code == 1
    assert done.json["samples"][0]["outcome"] == "failed"
    assert "ZeroDivisionError" in done.json["samples"][0]["failed"][0]["error"]


SHEET = """
- name: Hello there
  line: Hello there, old friend.
  direction: warm
- name: Goodbye
  line: Goodbye then.
  takes: 1
  seed: 5
"""


def test_a_sheet_is_played_in_one_voice(vocalino: Vocalino, ref: Path, tmp_path: Path) -> None:
    (tmp_path / "lines.yaml").write_text(SHEET)
    done = vocalino("samples", "lines.yaml", "--ref", ref, "--name", "Ada", "-k", "2", "--json")
    assert done.code == 0, done.err
    assert done.json["voice"] == "Ada"
    first, second = done.json["samples"]
    assert [t["audio"]["name"][:11] for t in first["takes"]] == ["hello-there"] * 2
    assert [t["seed"] for t in second["takes"]] == [5]
    assert "Hello there (1/2)" in done.err
    page = (tmp_path / done.json["report"]).read_text("utf-8")
    assert "Hello there, old friend." in page and "Goodbye then." in page


def test_a_csv_sheet_works_too(vocalino: Vocalino, ref: Path, tmp_path: Path) -> None:
    (tmp_path / "lines.csv").write_text("Name;Line;Direction\nA;Hello you.;calm\n", "utf-8")
    done = vocalino("samples", "lines.csv", "--ref", ref, "--json", "-k", "1")
    assert done.code == 0, done.err
    assert done.json["samples"][0]["takes"][0]["direction"]["text"] == "calm"


def test_without_a_voice_one_is_designed(vocalino: Vocalino, tmp_path: Path) -> None:
    (tmp_path / "lines.yaml").write_text(SHEET)
    done = vocalino("samples", "lines.yaml", "-o", "out", "--seed", "1", "--json", "-k", "1")
    assert done.code == 0, done.err
    take = done.json["samples"][0]["takes"][0]
    assert take["reference"]["name"] == "designed voice" and take["consent"] == "synthetic"
    voice = Receipt.from_json((tmp_path / "out" / "voice_t01.take.json").read_bytes())
    assert voice.audio.content_hash == take["reference"]["content_hash"]
