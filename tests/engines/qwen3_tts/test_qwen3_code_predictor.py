"""The code predictor at the talker's own width, as in the 0.6B checkpoints: nothing to project."""

from __future__ import annotations

from dataclasses import replace

import torch

from vocalino.engines.qwen3_tts.code_predictor import CodePredictor
from vocalino.engines.qwen3_tts.model import Qwen3Model
from vocalino.nn.linear import make_row_exact
from vocalino.nn.sampling import Sampling


@torch.inference_mode()
def test_without_a_projection(model: Qwen3Model) -> None:
    config = model.config.code_predictor
    width = config.hidden_size
    predictor = CodePredictor(replace(config, hidden_size=width), width)
    random = torch.Generator().manual_seed(1)
    for parameter in predictor.parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=random) * 0.1)
    first_codes = torch.randn(config.vocab_size, width, generator=random)
    predictor.finish(first_codes)
    make_row_exact(predictor)
    assert isinstance(predictor.small_to_mtp_projection, torch.nn.Identity)
    assert torch.equal(predictor.projected, predictor.codec_embedding.weight)

    hidden, first = torch.randn(3, width, generator=random), torch.tensor([1, 2, 3])
    uniforms = torch.rand(3, predictor.groups, generator=random)
    codes = predictor.predict(hidden, first, Sampling(top_k=8), uniforms, predictor.cache(3))
    assert codes.shape == (3, predictor.groups)
    assert torch.equal(codes[:, 0], first)
    alone = predictor.predict(
        hidden[1:2], first[1:2], Sampling(top_k=8), uniforms[1:2], predictor.cache(1)
    )
    assert torch.equal(alone[0], codes[1])
    summed = predictor.embed(codes)
    tables = predictor.codec_embedding.weight.unflatten(0, (predictor.groups - 1, -1))
    expected = sum(tables[g - 1, codes[:, g]] for g in range(1, predictor.groups))
    torch.testing.assert_close(summed, expected)
