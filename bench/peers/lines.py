"""What all players of bench/qwen3_tts.py share: questions and answers, one JSON object a line.

    {"ask": "load", "folder": F, "device": "cpu", "dtype": "float32", "threads": 2}
        -> {"versions": {"torch": "2.13.0", ...}}
    {"ask": "run", "rows": K, "frames": N, "text": T, "instruct": I, "language": "English"}
        -> {"codes_s": 1.25, "codec_s": 0.31, "frames": [N] * K, "peak_mib": 900.0}

A failure answers {"error": "what happened"}. Seconds are wall seconds: `codec_s` of what turns
codes into samples, `codes_s` of all the rest, the prompt included. `peak_mib` is the most memory so
far: of the process, or on a GPU what torch had allocated. This file runs in every environment.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import torch

SAMPLES_PER_FRAME = 1920


class Clock:
    """Wall seconds of a run, and those of the codec within it."""

    def __init__(self, device: str) -> None:
        self._cuda = device if device.startswith("cuda") else None
        self._codec_s = 0.0

    def now_s(self) -> float:
        if self._cuda:
            torch.cuda.synchronize(self._cuda)
        return time.perf_counter()

    def codec(self, decode: Callable[..., Any]) -> Callable[..., Any]:
        """`decode`, timed from now on."""

        def timed(*arguments: Any, **options: Any) -> Any:
            start_s = self.now_s()
            made = decode(*arguments, **options)
            self._codec_s += self.now_s() - start_s
            return made

        return timed

    def run(self, make: Callable[[], Sequence[Any]]) -> dict[str, Any]:
        """The answer to one run; `make` returns the waveforms."""
        self._codec_s = 0.0
        start_s = self.now_s()
        waves = make()
        all_s = self.now_s() - start_s
        return {
            "codes_s": all_s - self._codec_s,
            "codec_s": self._codec_s,
            "frames": [len(wave) / SAMPLES_PER_FRAME for wave in waves],
            "peak_mib": self.peak_mib(),
        }

    def peak_mib(self) -> float:
        if self._cuda:
            return torch.cuda.max_memory_allocated(self._cuda) / 2**20
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def versions(*packages: str) -> dict[str, str]:
    return {package: version(package) for package in ("torch", "transformers", *packages)}


def serve(answers: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]) -> None:
    """Answer questions by their "ask" until the standard input ends."""
    # Libraries print to the standard output: it becomes the standard error, and answers go to a
    # copy of the real one that nobody else knows.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = answers[question["ask"]](question)
        except Exception as failed:  # the edge of the process: whatever it is, the bench shows it
            answer = {"error": f"{type(failed).__name__}: {failed}"}
        out.write(json.dumps(answer) + "\n")
        out.flush()
