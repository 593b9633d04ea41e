"""A decoder's steps on a CPU in float32, a layer a call; `Decoder.step` is the reference."""

from __future__ import annotations

from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vocalino.nn.decoder import Decoder, DecoderLayer
from vocalino.nn.kv_cache import KVCache
from vocalino.nn.linear import KernelLinear
from vocalino.nn.norm import RMSNorm
from vocalino.nn.rope import Rotation

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]


class CpuDecoder:
    """The steps of a decoder whose linear layers are `KernelLinear`."""

    def __init__(self, decoder: Decoder) -> None:
        from vocalino.nn.kernels import decoder_layer, norm_rows, threads

        self._layer, self._norm_rows, self._threads = decoder_layer, norm_rows, threads
        self._layers = [_weights(layer) for layer in decoder.stack]
        self._norm = _norm(decoder.norm)
        self._hidden = decoder.shape.hidden
        self._eps = np.float32(decoder.shape.eps)

    @classmethod
    def of(cls, decoder: Decoder) -> Self | None:
        """None where it has other linear layers: on a GPU, in 8 bits, without numba.

        To be asked when the layers are what they will be.
        """
        linears = [layer.mlp.down_proj for layer in decoder.stack]
        return cls(decoder) if all(isinstance(it, KernelLinear) for it in linears) else None

    def step(
        self, x: Tensor, places: Indices, positions: Indices, rotation: Rotation, cache: KVCache
    ) -> Tensor:
        """Embedded positions -> final-normed hidden, [N, W]; fills the cache.

        Row n is position positions[n] of the cache's row places[n]. It sees all positions there up
        to its own; they have been there before, or are among the others.

        Args:
            rotation: of all positions, each part [P, D].
        """
        x = x.clone(memory_format=torch.contiguous_format)
        rows, threads = x.numpy(), self._threads()
        cos, sin = rotation.cos.numpy(), rotation.sin.numpy()
        keys, values = cache.keys.numpy(), cache.values.numpy()
        for layer, weights in enumerate(self._layers):
            past = (keys[layer], values[layer])
            at = (places, positions, cos, sin)
            self._layer(rows, *at, *past, *weights, self._hidden, self._eps, threads)
        self._norm_rows(rows, self._norm, self._eps, rows)
        return x


def _weights(layer: DecoderLayer) -> tuple[Floats, ...]:
    """What `decoder_layer` wants of a layer, in its order."""
    attention, mlp = layer.self_attn, layer.mlp
    return (
        _norm(layer.input_layernorm),
        _packed(attention.qkv_proj),
        _norm(attention.q_norm),
        _norm(attention.k_norm),
        _packed(attention.o_proj),
        _norm(layer.post_attention_layernorm),
        _packed(mlp.gate_up_proj),
        _packed(mlp.down_proj),
    )


def _norm(norm: RMSNorm) -> Floats:
    return norm.weight.detach().numpy()


def _packed(linear: nn.Module) -> Floats:
    assert isinstance(linear, KernelLinear)
    return linear.packed
