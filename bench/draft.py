"""The draft cast measured: real-time factor, memory, start-up; and takes for the judges to hear.

Usage: .venv/bin/python bench/draft.py [--clips FOLDER] [--out FOLDER] [--seed N]

Without --clips the voices are designed from words. With it (see bench/README.md) they are those
of people, `NAME.a.wav`, and --out gets performances and takes with a `manifest.json` for
bench/judges/judge_draft.py, and acted lines for bench/judges/directions.py. Everything runs on one
thread. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before numpy is loaded

from vocalino.audio.decode import decode  # noqa: E402
from vocalino.audio.encode import write  # noqa: E402
from vocalino.build import build  # noqa: E402
from vocalino.events import Finished, TakeReady  # noqa: E402
from vocalino.pipeline import Engines, run  # noqa: E402
from vocalino.request import Direction, Line, Reference, TakeRequest  # noqa: E402
from vocalino.samples.audition import AUDITION  # noqa: E402
from vocalino.settings import Settings  # noqa: E402
from vocalino.take import Take  # noqa: E402

LINES = (
    "The old sailor told a long story about the storm that took his ship.",
    "She put the letter on the table and walked out of the room.",
    "We had no light, no water, and very little time to find the road.",
    "My mother keeps the garden warm and green all through the winter.",
)
DESIGNED = ("a deep old man", "a young woman", "a man", "a high woman")
DIRECTIONS = {
    "neutral": "",
    "whisper": "whispering",
    "shout": "shouting",
    "fast": "very fast",
    "slow": "very slow",
    "high": "in a high pitch",
    "low": "in a low pitch",
    "monotone": "monotone",
    "animated": "very animated",
    "trembling": "trembling",
    "tired": "tired",
    "tender": "tender",
}
TAKES = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    help_s = [wall_s("--help") for _ in range(7)]
    engines = build(Settings(cast="draft"))
    voices = references(engines, asked.clips)
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.wav"
        write(next(iter(voices.values())).clip, clip)
        first_s = [first_take_s(clip, Path(folder) / "takes") for _ in range(3)]
    measured = act_lines(engines, voices, asked.seed, asked.out)
    result = {
        "command": " ".join(["bench/draft.py", *sys.argv[1:]]),
        "commit": commit(),
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}",
        "help_s": statistics.median(help_s),
        "help_best_s": min(help_s),
        "first_take_cold_s": statistics.median(first_s),
        **measured,
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    if asked.out:
        act_directions(engines, voices, asked.seed, asked.out)
    for name, value in result.items():
        print(f"{name:20s} {value:.3f}" if isinstance(value, float) else f"{name:20s} {value}")
    print(json.dumps(result))


def wall_s(*arguments: str) -> float:
    start_s = time.perf_counter()
    subprocess.run([sys.executable, "-m", "vocalino", *arguments], check=True, capture_output=True)
    return time.perf_counter() - start_s


def first_take_s(clip: Path, folder: Path) -> float:
    """From the start of a process to its first finished take in the voice of `clip`."""
    command = [sys.executable, "-m", "vocalino", "act", LINES[0], "-d", "warm", "-k", "1"]
    command += ["--ref", str(clip), "--no-library", "--no-report", "--overwrite", "-o", str(folder)]
    start_s = time.perf_counter()
    told = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert told.stderr is not None
    times_s = [time.perf_counter() - start_s for line in told.stderr if "take 1:" in line]
    if told.wait() != 0:
        raise SystemExit("vocalino act failed: run it by hand")
    return times_s[0]


def references(engines: Engines, clips: Path | None) -> dict[str, Reference]:
    """Voices to act in: those of people, or four designed ones."""
    if clips is not None:
        paths = sorted(clips.glob("*.a.wav"))
        return {p.name.removesuffix(".a.wav"): Reference(decode(p), p.name) for p in paths}
    line = Line(AUDITION["english"], "english")
    made: dict[str, Reference] = {}
    for words in DESIGNED:
        (take,) = takes_of(TakeRequest(line, Direction(words), takes=1), engines)[0]
        made[words.replace(" ", "-")] = Reference(take.audio, words)
    return made


def takes_of(request: TakeRequest, engines: Engines) -> tuple[list[Take], Finished]:
    events = list(run(request, engines))
    finished = events[-1]
    assert isinstance(finished, Finished) and finished.outcome == "complete", finished
    return [event.take for event in events if isinstance(event, TakeReady)], finished


def act_lines(
    engines: Engines, voices: dict[str, Reference], seed: int, out: Path | None
) -> dict[str, float]:
    """Every line in every voice, K takes: seconds of each stage over seconds of audio."""
    spent_s: dict[str, float] = {}
    audio_s = 0.0
    shown: list[dict[str, str]] = []
    for name, reference in voices.items():
        for number, line in enumerate(LINES):
            request = TakeRequest(Line(line, "english"), Direction(), reference, TAKES, seed)
            takes, finished = takes_of(request, engines)
            audio_s += sum(take.audio.duration_s for take in takes)
            for stage, seconds in finished.timings_s.items():
                spent_s[stage] = spent_s.get(stage, 0.0) + seconds
            if out is not None:
                shown.append(write_pair(out, f"{name}-{number}", takes[0], name, line))
    if out is not None:
        (out / "manifest.json").write_text(json.dumps(shown, indent=1) + "\n")
    rtf = {f"rtf_{stage}": seconds / audio_s for stage, seconds in spent_s.items()}
    return {"audio_s": audio_s, "rtf": sum(rtf.values()), **rtf}


def write_pair(out: Path, stem: str, take: Take, reference: str, line: str) -> dict[str, str]:
    """The take and its performance before conversion, as files for the judges."""
    assert take.performance is not None
    out.mkdir(parents=True, exist_ok=True)
    names = {"performance": f"{stem}-performance.wav", "take": f"{stem}-take.wav"}
    write(take.performance, out / names["performance"])
    write(take.audio, out / names["take"])
    return {"reference": reference, "line": line, **names}


def act_directions(engines: Engines, voices: dict[str, Reference], seed: int, out: Path) -> None:
    """Every line as each direction asks, in two voices, for bench/judges/directions.py."""
    made: list[dict[str, str]] = []
    for name in list(voices)[:2]:
        for direction, words in DIRECTIONS.items():
            for number, line in enumerate(LINES):
                asked = TakeRequest(
                    Line(line, "english"), Direction(words), voices[name], 1, seed + number
                )
                (take,), _ = takes_of(asked, engines)
                stem = f"{name}-{direction}-{number}.wav"
                write(take.audio, out / stem)
                made.append({"voice": name, "direction": direction, "line": line, "take": stem})
    (out / "directions.json").write_text(json.dumps(made, indent=1) + "\n")


def commit() -> str:
    asked = ["git", "describe", "--always", "--dirty", "--abbrev=10"]
    return subprocess.run(asked, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main()
