"""A checkpoint in memory: the three networks, and what reads text for them."""

from __future__ import annotations

from torch import nn

from vocalino.engines.qwen3_tts.code_predictor import CodePredictor
from vocalino.engines.qwen3_tts.config import Qwen3Config
from vocalino.engines.qwen3_tts.talker import Talker


class SpeechModel(nn.Module):
    """Talker and code predictor: the networks of `model.safetensors`."""

    def __init__(self, config: Qwen3Config) -> None:
        super().__init__()
        self.talker = Talker(config.talker)
        self.code_predictor = CodePredictor(config.code_predictor, config.talker.hidden_size)

    def finish(self) -> None:
        """To be called once, when the weights are in place."""
        self.talker.finish()
        self.code_predictor.finish(self.talker.codec_embedding.weight)
