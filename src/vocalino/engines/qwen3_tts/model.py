"""A checkpoint in memory: the three networks, and what reads text for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from vocalino.engines.qwen3_tts.code_predictor import CodePredictor
from vocalino.engines.qwen3_tts.codec import Codec, load_codec
from vocalino.engines.qwen3_tts.config import Qwen3Config, read_config
from vocalino.engines.qwen3_tts.talker import Talker
from vocalino.engines.qwen3_tts.tokenizer import TextTokenizer
from vocalino.engines.qwen3_tts.weights import code_predictor_places, talker_places
from vocalino.nn.checkpoint import fill
from vocalino.nn.linear import make_row_exact
from vocalino.nn.quantize import quantize_linears


class SpeechModel(nn.Module):
    """Talker and code predictor: the networks of `model.safetensors`."""

    def __init__(self, config: Qwen3Config) -> None:
        super().__init__()
        self.talker = Talker(config.talker)
        self.code_predictor = CodePredictor(config.code_predictor, config.talker.hidden_size)

    @torch.no_grad()
    def finish(self, quantize: bool = False) -> None:
        """To be called once, when the weights are in place.

        `quantize` keeps the projections of both stacks in 8 bits (spec section 13.1); embeddings,
        heads and norms stay as they are. On the CPU the other projections are put into a form in
        which a row's result does not depend on the batch.
        """
        self.talker.finish()
        self.code_predictor.finish(self.talker.codec_embedding.weight)
        if quantize:
            quantize_linears(self.talker.model)
            quantize_linears(self.code_predictor.model)
        make_row_exact(self)


@dataclass(frozen=True)
class Qwen3Model:
    """All that is read from the folder of a checkpoint."""

    config: Qwen3Config
    tokenizer: TextTokenizer
    speech: SpeechModel
    codec: Codec


def load_model(
    folder: Path, *, device: torch.device, dtype: torch.dtype, quantize: bool = False
) -> Qwen3Model:
    """Read a checkpoint in the official layout; the codec stays in float32.

    Raises:
        CheckpointError: a file is missing, damaged, of another layout or not supported.
    """
    config = read_config(folder)
    tokenizer = TextTokenizer(folder, config)
    with torch.device("meta"):
        speech = SpeechModel(config)
    places = {
        **talker_places(config.talker),
        **code_predictor_places(config.code_predictor, config.talker),
    }
    fill(speech, folder / "model.safetensors", places, device=device, dtype=dtype)
    speech.eval().finish(quantize)
    codec = load_codec(
        folder / "speech_tokenizer" / "model.safetensors", config.codec, device=device
    )
    return Qwen3Model(config, tokenizer, speech, codec)
