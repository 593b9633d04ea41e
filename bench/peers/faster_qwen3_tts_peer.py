"""faster-qwen3-tts 0.5.4, CUDA graphs for one row, as a peer of bench/qwen3_tts.py; see lines.py.

K rows are K runs one after another: the package has no batch.
"""

from __future__ import annotations

import torch
from lines import Clock, serve, versions


class Peer:
    def load(self, request: dict) -> dict:
        if not request["device"].startswith("cuda"):
            raise RuntimeError("faster-qwen3-tts needs CUDA: run the bench with --device cuda:0")
        from faster_qwen3_tts import FasterQwen3TTS

        self._model = FasterQwen3TTS.from_pretrained(
            request["folder"], device=request["device"], dtype=getattr(torch, request["dtype"])
        )
        self._clock = Clock(request["device"])
        codec = self._model.speech_tokenizer
        codec.decode = self._clock.codec(codec.decode)
        return {"versions": versions("qwen-tts-hf", "faster-qwen3-tts")}

    def run(self, request: dict) -> dict:
        return self._clock.run(lambda: [self._wave(request) for _ in range(request["rows"])])

    def _wave(self, request: dict):
        (wave,), _ = self._model.generate_voice_design(
            text=request["text"],
            instruct=request["instruct"],
            language=request["language"],
            non_streaming_mode=True,
            max_new_tokens=request["frames"],
        )
        return wave


if __name__ == "__main__":
    peer = Peer()
    serve({"load": peer.load, "run": peer.run})
