"""The studio cast's speech measured: K takes of one prompt, random weights, fixed frames.

Usage: .venv/bin/python bench/qwen3_tts.py [--size mid] [--frames 60] [--rows 1,2,4,8]
           [--device cpu] [--dtype float32] [--quantize int8]
           [--peer qwen-tts --peer-python PEER/bin/python]

Every engine is a process of its own. They take turns, K by K and round by round, so that what else
happens on the machine happens to all of them; the first round only warms up. Writes the samples
and the table to bench/results/ (see bench/README.md for what the columns mean).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from player import Player
from qwen3_tts_int8 import compare
from qwen3_tts_roofline import frame_cost, limits
from qwen3_tts_sizes import SIZES
from qwen3_tts_table import page
from random_qwen3_tts import DTYPES, write_checkpoint

from vocalino.engines.qwen3_tts.config import read_config
from vocalino.engines.qwen3_tts.prompt import build_prompt
from vocalino.engines.qwen3_tts.tokenizer import TextTokenizer

HERE = Path(__file__).parent
OURS = "vocalino"
PEERS = {
    "qwen-tts": ("peers/qwen_tts_peer.py", "PEER"),
    "faster-qwen3-tts": ("peers/faster_qwen3_tts_peer.py", "FASTER"),
}
"""Their scripts, and what bench/README.md calls the folders of their environments."""
SPOKEN = {
    "text": "The old sailor told a long story about the storm that took his ship.",
    "instruct": "An old man, hoarse and slow, full of wonder.",
    "language": "English",
}

Samples = dict[str, dict[int, list[dict[str, Any]]]]  # player -> K -> one answer a round


def main() -> None:
    asked = arguments()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write_checkpoint(folder, asked.size, asked.dtype)
        players = start(asked)
        setup = {"folder": made, "device": asked.device, "dtype": asked.dtype}
        setup |= {"threads": asked.threads, "quantize": asked.quantize == "int8"}
        result = about(asked)
        result["versions"] = {p.name: p.ask("load", **setup)["versions"] for p in players}
        result["samples"], result["limits"] = measure(players, asked)
        result["floors"] = floors(folder, asked)
        for player in players:
            player.close()
        if asked.quantize:
            result["int8"] = compare(folder, asked.device, asked.dtype, asked.frames, **SPOKEN)
    text = page(result)
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps(result, indent=1) + "\n")
    asked.json.with_suffix(".md").write_text(text)
    print(text)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, default="mid")
    parser.add_argument("--frames", type=int, default=60, help="of every take")
    parser.add_argument("--rows", type=numbers, default=[1, 2, 4, 8], help="values of K")
    parser.add_argument("--rounds", type=int, default=3, help="after one that warms up")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=DTYPES, help="float32 on a CPU, else bfloat16")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--quantize", choices=["int8"], help="our weights; the peers keep theirs")
    parser.add_argument("--peer", choices=PEERS, action="append", default=[])
    parser.add_argument("--peer-python", type=Path, action="append", default=[])
    parser.add_argument("--json", type=Path, help="the samples; the table goes beside it, as .md")
    asked = parser.parse_args()
    if len(asked.peer) != len(asked.peer_python):
        parser.error("each --peer needs a --peer-python: bench/README.md says how to make one")
    on_gpu = asked.device.startswith("cuda")
    asked.dtype = asked.dtype or ("bfloat16" if on_gpu else "float32")
    if asked.json is None:
        parts = [asked.size, "gpu" if on_gpu else "cpu", *filter(None, [asked.quantize])]
        name = f"qwen3-tts-{'-'.join(parts)}-{datetime.now(UTC).date()}.json"
        asked.json = HERE / "results" / name
    return asked


def numbers(text: str) -> list[int]:
    return sorted({int(part) for part in text.split(",")})


def start(asked: argparse.Namespace) -> list[Player]:
    """Ours first, then the peers."""
    peers = [
        Player(name, python, HERE / PEERS[name][0])
        for name, python in zip(asked.peer, asked.peer_python, strict=True)
    ]
    return [Player(OURS, Path(sys.executable), HERE / "qwen3_tts_ours.py"), *peers]


def measure(players: list[Player], asked: argparse.Namespace) -> tuple[Samples, dict[str, float]]:
    """Every K of every player in turn, and the most that the device did in any round.

    In every other round the last player goes first.
    """
    samples: Samples = {p.name: {rows: [] for rows in asked.rows} for p in players}
    best: dict[str, float] = {}
    device = torch.device(asked.device)
    torch.set_num_threads(asked.threads)
    for number in range(asked.rounds + 1):
        for name, value in limits(device, getattr(torch, asked.dtype)).items():
            best[name] = max(value, best.get(name, 0.0))
        for rows in asked.rows:
            for player in players[:: -1 if number % 2 else 1]:
                answer = player.ask("run", rows=rows, frames=asked.frames, **SPOKEN)
                if answer["frames"] != [asked.frames] * rows:
                    raise SystemExit(
                        f"{player.name} made {answer['frames']} frames for K = {rows}, "
                        f"not {asked.frames} in each row: its times can't be compared"
                    )
                if player.name == OURS:
                    answer |= player.ask("first_sound", rows=rows, **SPOKEN)
                if number > 0:
                    samples[player.name][rows].append(answer)
                print(f"round {number}: {player.name}, K = {rows}", file=sys.stderr)
    return samples, best


def floors(folder: Path, asked: argparse.Namespace) -> dict[int, dict[str, float]]:
    """What a frame of K rows costs at least, by K."""
    config = read_config(folder)
    prompt = build_prompt(TextTokenizer(folder, config), config, *SPOKEN.values())
    context = len(prompt) + asked.frames // 2  # on the average
    item_bytes = getattr(torch, asked.dtype).itemsize
    weight_bytes = 1 if asked.quantize else item_bytes
    return {
        rows: frame_cost(config, rows, context, item_bytes, weight_bytes) for rows in asked.rows
    }


def about(asked: argparse.Namespace) -> dict[str, Any]:
    """What was run, and where."""
    machine = [platform.processor() or platform.machine(), f"{os.cpu_count()} cores"]
    if asked.device.startswith("cuda"):
        machine.append(torch.cuda.get_device_name(asked.device))
    same = ("size", "device", "dtype", "quantize", "threads", "frames", "rounds")
    return {
        "command": command(asked),
        "commit": commit(),
        "machine": ", ".join([*machine, f"Python {platform.python_version()}"]),
        "date": datetime.now(UTC).date().isoformat(),
        **{name: getattr(asked, name) for name in same},
    }


def command(asked: argparse.Namespace) -> str:
    """What was typed, with the peers' environments under the names of bench/README.md."""
    text = " ".join(["bench/qwen3_tts.py", *sys.argv[1:]]).replace(str(asked.json), asked.json.name)
    for name, python in zip(asked.peer, asked.peer_python, strict=True):
        text = text.replace(str(python), f"{PEERS[name][1]}/bin/python")
    return text


def commit() -> str:
    asked = ["git", "describe", "--always", "--dirty", "--abbrev=10"]
    return subprocess.run(asked, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main()
