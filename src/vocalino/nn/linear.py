"""Linear layers on the CPU whose rows do not feel each other, in float32.

`F.linear` rounds a row differently alone than among others: MKL has one routine for a vector and
another for a matrix. That is enough to make a take depend on how many takes are made with it. The
layers here give a row the same bits whatever the number of rows, its place and its neighbours.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

import torch
from torch import Tensor, nn
from torch.nn import functional as F

PACKED_FOR_ROWS = 8  # oneDNN lays the weight out for this many rows; laid out for 1 it is not exact
MOST_ROWS = 64  # up to here a row is exact; more are a prompt, which always comes in one shape
_PROBED_ROWS = (1, 2, 3, 4, 5, 7, 8, 10, 16, 33, MOST_ROWS)


class KernelLinear(nn.Module):
    """A linear layer of our own, see nn/kernels.py: exact by construction, and the quickest.

    Its weight is laid out for it, and no part of the state dict: it is for inference only.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        from vocalino.nn.kernels import LANES, multiply, threads

        super().__init__()
        self.out_features, self.in_features = weight.shape
        self._multiply, self._threads = multiply, threads
        whole = F.pad(weight.detach(), (0, 0, 0, -self.out_features % LANES))
        blocks = whole.view(-1, LANES, self.in_features).mT
        self.packed = blocks.contiguous().numpy()  # [blocks, in, LANES]
        self._bias = None if bias is None else bias.detach()

    def forward(self, x: Tensor) -> Tensor:
        """[..., in] -> [..., out]"""
        rows = x.detach().reshape(-1, self.in_features).contiguous()
        y = rows.new_empty(len(rows), self.out_features)
        self._multiply(self.packed, rows.numpy(), y.numpy(), False, self._threads())
        if self._bias is not None:
            y += self._bias
        return y.view(*x.shape[:-1], self.out_features)


class PackedLinear(nn.Module):
    """A linear layer in oneDNN's own layout. Quick for few rows; exact where it was probed.

    The layout is opaque, so that it is no part of the state dict: it is for inference only.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.out_features, self.in_features = weight.shape
        self._packed = _pack(weight.detach())
        self._bias = None if bias is None else bias.detach()

    def forward(self, x: Tensor) -> Tensor:
        """[..., in] -> [..., out]"""
        rows = x.reshape(-1, self.in_features)
        return _multiply(rows, self._packed, self._bias).view(*x.shape[:-1], self.out_features)


class RowwiseLinear(nn.Module):
    """A linear layer that multiplies up to 64 rows one by one: exact by construction, on any build.

    More rows are one product, which is the same for the same shape. A prompt has to be read alone,
    not among others, for its result not to depend on them.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.out_features, self.in_features = weight.shape
        self._weight = weight.detach()
        self._bias = None if bias is None else bias.detach()

    def forward(self, x: Tensor) -> Tensor:
        """[..., in] -> [..., out]"""
        rows = x.reshape(-1, self.in_features)
        if not 0 < len(rows) <= MOST_ROWS:
            return F.linear(x, self._weight, self._bias)
        # Copies, since the product of a row may also depend on how it is aligned in memory.
        products = [F.linear(row.clone(), self._weight, self._bias) for row in rows.split(1)]
        return torch.cat(products).view(*x.shape[:-1], self.out_features)


def has_kernels() -> bool:
    """numba comes with the extra `studio`, but not to every machine."""
    return find_spec("numba") is not None


def make_row_exact(module: nn.Module) -> None:
    """Replace the linear layers inside `module`, each as soon as it is packed.

    Only those that are `nn.Linear`, on the CPU and in float32: elsewhere the promise is not made.
    Without our kernels it holds for the number of threads that torch is set to now.
    """
    for name, child in module.named_children():
        if type(child) is nn.Linear:
            weight = child.weight
            if weight.device.type == "cpu" and weight.dtype == torch.float32:
                setattr(module, name, _row_exact(child))
        else:
            make_row_exact(child)


def _row_exact(linear: nn.Linear) -> nn.Module:
    if has_kernels():
        return KernelLinear(linear.weight, linear.bias)
    has_bias = linear.bias is not None
    threads = torch.get_num_threads()
    if _packing_is_exact(linear.in_features, linear.out_features, has_bias, threads):
        return PackedLinear(linear.weight, linear.bias)
    return RowwiseLinear(linear.weight, linear.bias)


@cache
def _packing_is_exact(inputs: int, outputs: int, has_bias: bool, threads: int) -> bool:
    """Try it: nothing promises it, and it may differ by processor, build and number of threads."""
    if not _has_packing():
        return False
    random = torch.Generator().manual_seed(0)
    layer = PackedLinear(
        torch.empty(outputs, inputs).uniform_(-1, 1, generator=random),
        torch.empty(outputs).uniform_(-1, 1, generator=random) if has_bias else None,
    )
    x = torch.empty(MOST_ROWS, inputs).uniform_(-1, 1, generator=random)
    expected = layer(x)
    return all(
        torch.equal(layer(x[:count]), expected[:count])
        and torch.equal(layer(x[-count:]), expected[-count:])
        for count in _PROBED_ROWS
    )


def _has_packing() -> bool:
    """The two operators are private: some builds and versions of torch do not have them."""
    operators = torch.ops.mkldnn
    return torch.backends.mkldnn.is_available() and all(
        hasattr(operators, name) for name in ("_reorder_linear_weight", "_linear_pointwise")
    )


def _pack(weight: Tensor) -> Tensor:
    return torch.ops.mkldnn._reorder_linear_weight(weight, PACKED_FOR_ROWS)


def _multiply(x: Tensor, packed: Tensor, bias: Tensor | None) -> Tensor:
    return torch.ops.mkldnn._linear_pointwise(x, packed, bias, "none", [], "")
