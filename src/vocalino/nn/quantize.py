"""Linear layers whose weights are kept in 8 bits: half the memory of bfloat16.

Weight only: activations stay as they are, since rounding those to 8 bits as well costs five times
the error of the weights wherever a few channels are much larger than the rest, as in transformers.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocalino.nn.linear import MOST_ROWS

LARGEST = 127
# torch's routine for the CPU reads past the end of a row of another width than whole vectors.
VECTOR = 32


class Int8Linear(nn.Module):
    """A linear layer with a scale per output channel: `weight * scale` is what it stands for.

    On the CPU activations are rounded to bfloat16 for the product, which torch has a quick routine
    for: next to the error of 8 bits that of the rounding does not count. Up to 64 rows are
    multiplied one by one there, and so do not feel each other. Elsewhere, and for a long prompt,
    the weight is widened for the product: always the same shapes, nothing is looked at by the
    host, so that it can be captured in a CUDA graph.
    """

    weight: Tensor  # int8 [out, in, and zeros up to a multiple of 32]
    scale: Tensor  # bfloat16 [out]
    bias: Tensor | None

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.out_features, self.in_features = weight.shape
        self.padding = -self.in_features % VECTOR
        rounded, scale = quantize(weight.detach())
        self.register_buffer("weight", F.pad(rounded, (0, self.padding)))
        self.register_buffer("scale", scale)
        self.register_buffer("bias", None if bias is None else bias.detach())

    def forward(self, x: Tensor) -> Tensor:
        """[..., in] -> [..., out]"""
        rows = x.reshape(-1, self.in_features)
        if self.padding:
            rows = F.pad(rows, (0, self.padding))
        if rows.device.type == "cpu" and 0 < len(rows) <= MOST_ROWS:
            narrow = rows.to(torch.bfloat16).contiguous()
            y = torch.ops.aten._weight_int8pack_mm(narrow, self.weight, self.scale).to(x.dtype)
        else:
            y = F.linear(rows, self.weight.to(x.dtype)) * self.scale.to(x.dtype)
        if self.bias is not None:
            y = y + self.bias
        return y.view(*x.shape[:-1], self.out_features)


def quantize(weight: Tensor) -> tuple[Tensor, Tensor]:
    """A weight [out, in] as whole numbers from -127 to 127, and a scale for each of its rows.

    Returns:
        int8 [out, in] and bfloat16 [out]. A weight is off by at most half the scale of its row.
    """
    wide = weight.to(torch.float32, copy=True)
    largest = wide.abs().amax(dim=1) / LARGEST
    # The scale itself is rounded, upwards so that the largest weight still fits, and weights are
    # counted in the rounded one: its rounding adds no error.
    scale = (largest * (1 + 2**-8)).to(torch.bfloat16)
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    return wide.div_(scale.float().unsqueeze(1)).round_().to(torch.int8), scale


def quantize_linears(
    module: nn.Module, chosen: Callable[[str], bool] = lambda name: True
) -> list[str]:
    """Replace linear layers inside `module` by 8-bit ones, one after another.

    Each weight is let go before the next is looked at: beyond what is there already, memory is
    needed for one layer in float32.

    Args:
        chosen: says of a layer's full name, such as "layers.3.mlp.down_proj", whether it is taken.

    Returns:
        The names of the layers that were replaced.
    """
    names = [
        name
        for name, child in module.named_modules()
        if name and type(child) is nn.Linear and chosen(name)
    ]
    for name in names:
        parent, _, last = name.rpartition(".")
        layer = module.get_submodule(name)
        assert isinstance(layer, nn.Linear)
        setattr(module.get_submodule(parent), last, Int8Linear(layer.weight, layer.bias))
    return names
