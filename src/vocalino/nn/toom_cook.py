"""Convolutions with half the multiplications, for CPUs in float32 (Toom-Cook, or Winograd's).

Four outputs of a kernel with four taps are the product of two polynomials, and seven products at
seven points say as much as sixteen of taps and inputs: `A' ((G taps) * (B' inputs))`. With channels
each product is one of matrices, so that nearly all that is left to do is half of what there was;
the transformations in front and behind cost a few operations an input and an output. A longer
kernel is a sum of such groups of taps, whose products are added up before they are turned back.

The price is rounding: four times that of a plain sum (root of the mean square), at these points.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from vocalino.nn.conv import CausalConv1d

TILE = 4  # outputs that are made together
# By the taps of a group; infinity is one more point. Of those tried these round least.
POINTS = {3: (0.0, 1.0, -1.0, 0.5, -2.0), 4: (0.0, 1.0, -1.0, 0.5, -2.0, -0.5)}
ONE = 1  # where the point 1 is among them
# Where an output sums up fewer numbers the transformations cost more than fewer products save.
LEAST_SUMMED = 576
# Numbers of a signal that are transformed at once, so that they stay in the cache...
NUMBERS_AT_ONCE = 1 << 18
LEAST_TILES = 512  # ...but so many tiles, or reading the weights would cost more


@cache
def transformations(taps: int) -> tuple[Tensor, Tensor, Tensor]:
    """`A'` [TILE, P], `G` [P, taps] and `B'` [P, P] of a group, float64; P = TILE + taps - 1."""
    count = TILE + taps - 1
    powers = torch.zeros(count, count, dtype=torch.float64, device="cpu")
    finite = torch.tensor(POINTS[taps], dtype=torch.float64, device="cpu")
    powers[:-1] = finite[:, None] ** torch.arange(count, dtype=torch.float64, device="cpu")
    products, kernel = powers[:, :TILE].clone(), powers[:, :taps].clone()
    # At infinity a polynomial is its leading coefficient.
    powers[-1, -1] = products[-1, -1] = kernel[-1, -1] = 1.0
    inputs = torch.linalg.inv(powers).T
    length = inputs.norm(dim=1, keepdim=True)  # all points alike in size
    return products.T.contiguous(), kernel * length, inputs / length


class ToomCookConv1d(CausalConv1d):
    """A causal convolution as any other, that takes half the products where it can."""

    def finish(self) -> None:
        """To be called once, with the weights in place and in their dtype.

        On a CPU in float32 the kernel goes over to the points, and the weights as they were are
        given up: twice as many numbers take their place.
        """
        self.register_buffer("points", None, persistent=False)  # [groups, P, C_in, C_out]
        weight, taps = self.weight.detach(), self.weight.shape[2]
        if weight.device.type != "cpu":
            return  # convolutions there want their weights as they are
        if weight.dtype != torch.float32 or weight[0].numel() < LEAST_SUMMED or taps < 3:
            super().finish()
            return
        group = _group(taps)
        groups = -(-taps // group)
        padded = F.pad(weight, (0, groups * group - taps)).unflatten(2, (groups, group))
        kernel = transformations(group)[1].float()
        self.points = torch.einsum("pt,oigt->gpio", kernel, padded).contiguous()
        del self.weight

    def valid(self, window: Tensor, onto: Tensor | None = None) -> Tensor:
        if self.points is None:
            return super().valid(window, onto)
        window, length = window.contiguous(), window.shape[1] - self.context
        out = window.new_empty(window.shape[0], length, self.points.shape[3])
        span = TILE * self.dilation
        blocks = max(LEAST_TILES // self.dilation, NUMBERS_AT_ONCE // (span * window.shape[2]))
        for row, signal in enumerate(window):
            for first in range(0, length, blocks * span):
                last = min(first + blocks * span, length)
                made = self._tiles(signal[first:], -(-(last - first) // span))[: last - first]
                if onto is None:
                    out[row, first:last] = made
                else:
                    torch.add(made, onto[row, first:last], out=out[row, first:last])
        return out

    def _tiles(self, signal: Tensor, blocks: int) -> Tensor:
        """So many blocks of outputs, [blocks * TILE * dilation, C_out], from where `signal` begins.

        A block is one tile for each place between two taps: outputs `dilation` apart are a tile,
        and what lies between belongs to the others, side by side as channels are.
        """
        assert self.points is not None
        groups, count, width, _ = self.points.shape
        group = count + 1 - TILE
        products, _, inputs = (each.float() for each in transformations(group))
        span = TILE * self.dilation
        seen = blocks + groups - 1  # a group's inputs are those of the one before, a block later
        need = (seen - 1) * span + count * self.dilation
        if signal.shape[0] < need:
            signal = F.pad(signal, (0, 0, 0, need - signal.shape[0]))
        stretches = signal.as_strided(
            (seen, count, self.dilation * width),
            (span * width, self.dilation * width, 1),
            signal.storage_offset(),
        )
        at_points = signal.new_empty(count, seen, self.dilation * width)
        torch.bmm(inputs.expand(seen, -1, -1), stretches, out=at_points.transpose(0, 1))
        at_points = at_points.view(count, seen * self.dilation, width)
        tiles = blocks * self.dilation
        total = torch.bmm(at_points[:, :tiles], self.points[0])
        for number in range(1, groups):
            first = number * self.dilation
            total.baddbmm_(at_points[:, first : first + tiles], self.points[number])
        if self.bias is not None:
            total[ONE] += self.bias  # a constant is the same at all outputs
        total = total.view(count, blocks, -1).transpose(0, 1)
        return torch.bmm(products.expand(blocks, -1, -1), total).view(blocks * span, -1)


def _group(taps: int) -> int:
    return 3 if taps == 3 else 4
