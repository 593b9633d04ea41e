"""The official package, qwen-tts 0.1.1, as a peer of bench/qwen3_tts.py; see lines.py."""

from __future__ import annotations

import torch
from lines import Clock, serve, versions


class Peer:
    def load(self, request: dict) -> dict:
        from qwen_tts import Qwen3TTSModel

        torch.set_num_threads(request["threads"])
        self._model = Qwen3TTSModel.from_pretrained(
            request["folder"],
            device_map=request["device"],
            dtype=getattr(torch, request["dtype"]),
            attn_implementation="sdpa",
        )
        self._clock = Clock(request["device"])
        codec = self._model.model.speech_tokenizer
        codec.decode = self._clock.codec(codec.decode)
        return {"versions": versions("qwen-tts")}

    def run(self, request: dict) -> dict:
        return self._clock.run(lambda: self._waves(request))

    def _waves(self, request: dict) -> list:
        rows = request["rows"]
        waves, _ = self._model.generate_voice_design(
            text=[request["text"]] * rows,
            instruct=[request["instruct"]] * rows,
            language=[request["language"]] * rows,
            non_streaming_mode=True,
            max_new_tokens=request["frames"] + 1,  # the last sampled code makes no frame
        )
        return waves


if __name__ == "__main__":
    peer = Peer()
    serve({"load": peer.load, "run": peer.run})
