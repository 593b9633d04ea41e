"""The studio cast's voice converter measured: K performances to one voice, random weights.

Usage: .venv/bin/python bench/seed_vc.py [--source 10] [--reference 5] [--rows 1,2,4,8] [--steps 12]
           [--rounds 1] [--device cpu] [--peer-python SEEDVC/bin/python]

Official sizes, timbre mode. Every engine is a process of its own, and they take turns. Source and
reference fill one chunk (30 s together), or the peer, which is asked for one, has the longer chunk.
Writes the samples and the table to bench/results/ (see bench/README.md).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from player import Player
from qwen3_tts_roofline import limits

HERE = Path(__file__).parent
OURS, PEER = "vocalino", "seed-vc"
STAGES = ("content_s", "cfm_s", "vocoder_s", "all_s")
# Products of the transformer: of a position, and of a position for each that it sees.
POSITION_FLOPS, SEEN_FLOPS = 90.4e6, 26.6e3
FRAMES_PER_S = 22_050 / 256
BRANCHES = 3

Answers = dict[int, list[dict[str, Any]]]  # K -> one answer a round


def main() -> None:
    asked = arguments()
    players = [Player(OURS, Path(sys.executable), HERE / "seed_vc_ours.py")]
    if asked.peer_python:
        players.append(Player(PEER, asked.peer_python, HERE / "peers" / "seed_vc_peer.py"))
    setup = {"device": asked.device, "dtype": asked.dtype, "threads": asked.threads}
    result: dict[str, Any] = about(asked)
    result["versions"] = {p.name: p.ask("load", **setup)["versions"] for p in players}
    result["samples"], result["limits"] = measure(players, asked)
    for player in players:
        player.close()
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps(result, indent=1) + "\n")
    text = page(result)
    asked.json.with_suffix(".md").write_text(text)
    print(text)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", type=float, default=10.0, help="seconds")
    parser.add_argument("--reference", type=float, default=5.0, help="seconds")
    parser.add_argument("--rows", default="1,2,4,8", help="values of K")
    parser.add_argument("--steps", type=int, default=12, help="ODE steps")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=["float32", "float16", "bfloat16"])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--peer-python", type=Path, help="of an environment with seed-vc")
    parser.add_argument("--json", type=Path, help="the samples; the table goes beside it, as .md")
    asked = parser.parse_args()
    asked.rows = sorted({int(part) for part in asked.rows.split(",")})
    on_gpu = asked.device.startswith("cuda")
    asked.dtype = asked.dtype or ("float16" if on_gpu else "float32")
    if asked.json is None:
        place = "gpu" if on_gpu else "cpu"
        name = f"seed-vc-{place}-s{asked.source:g}-r{asked.reference:g}-{datetime.now(UTC).date()}"
        asked.json = HERE / "results" / f"{name}.json"
    return asked


def measure(
    players: list[Player], asked: argparse.Namespace
) -> tuple[dict[str, Answers], dict[str, float]]:
    """A short run of each first, then every K of every player in turn."""
    what = {"source_s": asked.source, "reference_s": asked.reference, "steps": asked.steps}
    samples: dict[str, Answers] = {p.name: {rows: [] for rows in asked.rows} for p in players}
    best: dict[str, float] = {}
    torch.set_num_threads(asked.threads)
    for player in players:
        player.ask("run", rows=1, source_s=1.0, reference_s=1.5, steps=1)
    for number in range(asked.rounds):
        for rows in asked.rows:
            now = limits(torch.device(asked.device), getattr(torch, asked.dtype))
            best = {name: max(value, best.get(name, 0.0)) for name, value in now.items()}
            for player in players[:: -1 if number % 2 else 1]:
                samples[player.name][rows].append(player.ask("run", rows=rows, **what))
                print(f"round {number}: {player.name}, K = {rows}", file=sys.stderr)
    return samples, best


def about(asked: argparse.Namespace) -> dict[str, Any]:
    """What was run, and where."""
    machine = [platform.processor() or platform.machine(), f"{os.cpu_count()} cores"]
    if asked.device.startswith("cuda"):
        machine.append(torch.cuda.get_device_name(asked.device))
    command = " ".join(["bench/seed_vc.py", *sys.argv[1:]])
    if asked.peer_python:
        command = command.replace(str(asked.peer_python), "SEEDVC/bin/python")
    commit = ["git", "describe", "--always", "--dirty", "--abbrev=10"]
    same = ("source", "reference", "steps", "rounds", "device", "dtype", "threads")
    return {
        "command": command,
        "commit": subprocess.run(commit, capture_output=True, text=True).stdout.strip(),
        "machine": ", ".join([*machine, f"Python {platform.python_version()}"]),
        "date": datetime.now(UTC).date().isoformat(),
        **{name: getattr(asked, name) for name in same},
    }


def page(result: dict[str, Any]) -> str:
    """The table for people."""
    ours: Answers = result["samples"][OURS]
    positions = FRAMES_PER_S * (result["source"] + result["reference"]) + 2
    flops = result["steps"] * BRANCHES * positions * (POSITION_FLOPS + SEEN_FLOPS * positions)
    peak = result["limits"]["flops_per_s"]
    rows: list[list[str]] = []
    for count, answers in ours.items():
        each = [median(answers, stage) / count / result["source"] for stage in STAGES]
        whole_s = median(answers, "all_s")
        share = flops * count / median(answers, "cfm_s") / peak
        first_s = median(next(iter(ours.values())), "all_s") / next(iter(ours))
        rows.append(
            [
                str(count),
                *(f"{value:.2f}" for value in each),
                f"{whole_s / first_s:.2f}",
                f"{median(answers, 'prepare_s'):.1f}",
                f"{share:.0%}",
                f"{median(answers, 'peak_mib'):.0f}",
            ]
        )
    heads = ["K", "content", "flow matching", "vocoder", "all", "t(K)/t(1)"]
    heads += ["voice, once (s)", "products of the device's", "peak MiB"]
    lines = [
        f"# Seed-VC V2, official size, {result['device']}, {result['date']}",
        "",
        f"`{result['command']}` at {result['commit']}, random weights, {result['dtype']}, "
        f"{result['steps']} ODE steps, source {result['source']:g} s, reference "
        f"{result['reference']:g} s.",
        f"Machine: {result['machine']} (shared), {result['threads']} threads.",
        f"Medians of {result['rounds']} rounds. Seconds per audio second and candidate.",
        "",
        *table(heads, rows),
    ]
    if PEER in result["samples"]:
        lines += ["", *table(*against(result))]
        lines += [
            "",
            "The published package is a black box: its HuBERT, flow matching and vocoder, with "
            "random weights of their own. Its resampling, mel, quantisers and style encoder are "
            "not counted; ours are.",
        ]
    lines += ["", f"The device multiplies {peak / 1e9:.0f} GFLOP/s, measured in the same run."]
    for name, found in result["versions"].items():
        lines.append(f"{name} ran with " + ", ".join(f"{k} {v}" for k, v in found.items()) + ".")
    return "\n".join(lines) + "\n"


def against(result: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """The peer's table. Ours learns the voice once for all K, and that is counted."""
    ours, theirs = (result["samples"][name] for name in (OURS, PEER))
    rows: list[list[str]] = []
    for count in ours:
        each = [median(theirs[count], stage) / count / result["source"] for stage in STAGES]
        mine_s = [a["all_s"] + a["prepare_s"] for a in ours[count]]
        ratios = [b["all_s"] / a for a, b in zip(mine_s, theirs[count], strict=True)]
        ratio = statistics.median(ratios)
        peak_mib = median(theirs[count], "peak_mib")
        rows.append([str(count), *(f"{v:.2f}" for v in each), f"{ratio:.2f}", f"{peak_mib:.0f}"])
    heads = ["K, seed-vc", "content", "flow matching", "vocoder", "all"]
    return [*heads, "times ours, voice included", "peak MiB"], rows


def median(answers: list[dict[str, Any]], name: str) -> float:
    return statistics.median(answer[name] for answer in answers)


def table(heads: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows)]


if __name__ == "__main__":
    main()
