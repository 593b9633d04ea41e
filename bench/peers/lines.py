"""What the peers share: requests and answers, one JSON object a line; runs in their environments.

    {"ask": "load", "folder": F, "device": "cpu", "dtype": "float32", "threads": 2}
        -> {"versions": {"torch": "2.13.0", ...}}
    {"ask": "run", "rows": K, "frames": N, "text": T, "instruct": I, "language": "English"}
        -> {"codes_s": 1.25, "codec_s": 0.31, "frames": [N] * K}

A failure answers {"error": "what happened"}. Seconds are wall seconds: `codec_s` of the calls that
turn codes into samples, `codes_s` of all the rest, the prompt included.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from importlib.metadata import version

import torch

SAMPLES_PER_FRAME = 1920


class Clock:
    """Wall seconds of a run, and those of the codec within it."""

    def __init__(self, device: str) -> None:
        self._device = device
        self.codec_s = 0.0

    def now_s(self) -> float:
        if self._device.startswith("cuda"):
            torch.cuda.synchronize(self._device)
        return time.perf_counter()

    def watch(self, codec: object) -> None:
        """Time every call of `codec.decode` from now on."""
        decode = codec.decode

        def timed(*arguments, **options):
            start_s = self.now_s()
            made = decode(*arguments, **options)
            self.codec_s += self.now_s() - start_s
            return made

        codec.decode = timed

    def run(self, make: Callable[[], list]) -> dict[str, object]:
        """The answer to one run; `make` returns the waveforms."""
        self.codec_s = 0.0
        start_s = self.now_s()
        waves = make()
        all_s = self.now_s() - start_s
        frames = [len(wave) / SAMPLES_PER_FRAME for wave in waves]
        return {"codes_s": all_s - self.codec_s, "codec_s": self.codec_s, "frames": frames}


def versions(*packages: str) -> dict[str, str]:
    return {package: version(package) for package in ("torch", "transformers", *packages)}


def serve(load: Callable[[dict], dict], run: Callable[[dict], dict]) -> None:
    """Answer requests until the standard input ends."""
    # Libraries print to the standard output: it becomes the standard error, and answers go to a
    # copy of the real one that nobody else knows.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = load(request) if request["ask"] == "load" else run(request)
        except Exception as failed:  # the edge of the process: whatever it is, the bench shows it
            answer = {"error": f"{type(failed).__name__}: {failed}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
