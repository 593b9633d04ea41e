"""How fast a frame could be: the bytes that it must read, the products it must do, the device.

A frame reads the weights of the talker once and those of the code predictor K - 1 times (its first
two positions go together), whatever the number of rows; keys and values are each row's own. A
device needs the longer of bytes / bandwidth and FLOPs / peak. A small predictor may stay in a CPU's
cache from step to step: then more than 100 % of this floor is possible.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from vocalino.engines.qwen3_tts.config import Qwen3Config, StackConfig

TRIES = 5  # the best counts: a device's limit is what nothing disturbed


def frame_cost(
    config: Qwen3Config, rows: int, context: int, item_bytes: int, weight_bytes: int
) -> dict[str, float]:
    """Bytes and FLOPs of one frame of `rows` rows.

    Args:
        context: positions that a row sees of the talker's cache, on the average.
        item_bytes: of a number of the heads, keys and values.
        weight_bytes: of a weight of the projections inside the layers.
    """
    talker, predictor = config.talker, config.code_predictor
    groups = talker.num_code_groups
    talker_layers, predictor_layers = _weights(talker), _weights(predictor)
    heads = (
        talker.vocab_size * talker.hidden_size
        + (groups - 1) * predictor.vocab_size * predictor.hidden_size
    )
    seen = 2 * talker.num_hidden_layers * talker.num_key_value_heads * talker.head_dim * context
    read = weight_bytes * (talker_layers + (groups - 1) * predictor_layers)
    read += item_bytes * (heads + rows * seen)
    attention = 2 * talker.num_hidden_layers * talker.num_attention_heads * talker.head_dim
    products = talker_layers + groups * predictor_layers + heads + attention * context
    return {"bytes": float(read), "flops": 2.0 * rows * products}


def _weights(stack: StackConfig) -> int:
    """Weights of the projections of all layers; norms are nothing beside them."""
    width = stack.hidden_size
    heads = 2 * stack.num_attention_heads + 2 * stack.num_key_value_heads  # q and o, k and v
    return stack.num_hidden_layers * width * (heads * stack.head_dim + 3 * stack.intermediate_size)


def limits(device: torch.device, dtype: torch.dtype) -> dict[str, float]:
    """What the device does at best: bytes read a second, and FLOPs of products in `dtype`."""
    on_gpu = device.type == "cuda"
    numbers = torch.ones((1 << 30 if on_gpu else 1 << 28) // 4, device=device)  # above any cache
    side = 8192 if on_gpu else 1024
    left = torch.randn(side, side, device=device).to(dtype)
    right = torch.randn(side, side, device=device).to(dtype)
    return {
        "bytes_per_s": numbers.nbytes / _best_s(lambda: numbers.sum(), device),
        "flops_per_s": 2 * side**3 / _best_s(lambda: left @ right, device),
    }


def _best_s(work: Callable[[], object], device: torch.device) -> float:
    def once_s() -> float:
        start_s = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter() - start_s

    once_s()
    return min(once_s() for _ in range(TRIES))
