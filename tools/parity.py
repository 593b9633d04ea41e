"""Hold an engine to the numbers of the reference, stage by stage.

    python tools/parity.py qwen3-tts GOLDENS_DIR
    python tools/parity.py seed-vc GOLDENS_DIR

The folder holds checkpoints in the official layout and what the reference made of it; any sizes
will do. One line a stage; exit code 1 if any is outside its tolerance.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from time import perf_counter

import torch
from parity_stage import Stage

from vocalino.errors import VocalinoError

ENGINES = {"qwen3-tts": "parity_qwen3_tts", "seed-vc": "parity_seed_vc"}


def report(stages: Iterable[Stage], say: Callable[[str], object]) -> bool:
    """Run and print every stage; True if all of them pass."""
    passed = True
    for stage in stages:
        start = perf_counter()
        error = stage.measure()
        seconds = perf_counter() - start
        good = error <= stage.tolerance
        passed &= good
        say(
            f"{stage.name:16} {'pass' if good else 'FAIL'}  {stage.measure_name} {error:.3g}"
            f"  tolerance {stage.tolerance:g}  {seconds:.1f} s\n"
        )
    return passed


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare an engine with recorded numbers.")
    parser.add_argument("engine", choices=sorted(ENGINES))
    parser.add_argument("goldens", type=Path, help="folder of the checkpoints and their numbers")
    asked = parser.parse_args()
    torch.set_num_threads(1)  # the networks are tiny: more threads would only wait for each other
    try:
        stages = import_module(ENGINES[asked.engine]).stages(asked.goldens)
        return 0 if report(stages, sys.stdout.write) else 1
    except VocalinoError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
