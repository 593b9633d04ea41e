"""On the CPU in float32 a row's result is the same, to the bit, whoever stands beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocalino.nn import linear
from vocalino.nn.activation import silu
from vocalino.nn.linear import (
    MOST_ROWS,
    KernelLinear,
    PackedLinear,
    RowwiseLinear,
    make_row_exact,
)
from vocalino.nn.norm import RMSNorm

BATCHES = (1, 2, 3, 4, 7, 10)
WIDTHS = (48, 64, 96, 1000)
THREADS = (1, 3)
KINDS = (KernelLinear, PackedLinear, RowwiseLinear)


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def rows(count: int, *shape: int, seed: int = 0) -> Tensor:
    return torch.randn(count, *shape, generator=torch.Generator().manual_seed(seed))


def assert_row_exact(op: Callable[[Tensor], Tensor], x: Tensor) -> None:
    """`op` gives every row of `x` the bits that it gets alone, first, last and in other company."""
    alone = [op(x[row : row + 1].clone())[0] for row in range(len(x))]
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(1))
    for count in BATCHES:
        for chosen in (torch.arange(count), order[:count]):
            out = op(x[chosen])
            for place, row in enumerate(chosen.tolist()):
                assert torch.equal(out[place], alone[row]), (count, place, row)


def layers(inputs: int, outputs: int, bias: bool) -> list[nn.Module]:
    """Each kind; the packed one where it is exact."""
    torch.manual_seed(inputs + outputs)
    plain = nn.Linear(inputs, outputs, bias=bias)
    made = nn.Sequential(nn.Linear(inputs, outputs, bias=bias))
    made.load_state_dict(plain.state_dict(prefix="0."))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear, "has_kernels", lambda: False)
        make_row_exact(made)
    return [
        made,
        KernelLinear(plain.weight, plain.bias),
        RowwiseLinear(plain.weight, plain.bias),
    ]


@pytest.fixture
def no_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear, "has_kernels", lambda: False)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("inputs", "outputs"), [(48, 96), (64, 192), (97, 33), (512, 1000)])
def test_linear_is_row_exact(inputs: int, outputs: int, bias: bool) -> None:
    x = rows(10, inputs)
    for count in THREADS:
        torch.set_num_threads(count)
        for layer in layers(inputs, outputs, bias):
            assert_row_exact(layer, x)


def test_linear_takes_any_leading_shape() -> None:
    torch.manual_seed(0)
    plain = nn.Linear(48, 33)
    for shape in [(48,), (5, 48), (4, 1, 48), (2, 3, 48), (0, 48), (2, 100, 48)]:
        x = rows(1, *shape)[0]
        expected = plain(x)
        for kind in KINDS:
            layer = kind(plain.weight, plain.bias)
            torch.testing.assert_close(layer(x), expected, rtol=1e-5, atol=1e-5)


def test_linear_takes_a_view() -> None:
    plain = nn.Linear(96, 48)
    x = rows(4, 7, 192)
    for kind in KINDS:
        layer = kind(plain.weight, None)
        view, whole = layer(x[:, -1, 96:]), layer(x[:, -1, 96:].contiguous())
        assert torch.equal(view, whole)


def test_a_row_of_two_positions_does_not_feel_its_neighbours() -> None:
    """The first step of the code predictor: the hidden state and the first code."""
    for layer in layers(64, 96, bias=False):
        assert_row_exact(layer, rows(10, 2, 64))


def test_our_own_layer_is_the_same_with_any_number_of_threads() -> None:
    x, plain = rows(11, 97), nn.Linear(97, 300)
    layer = KernelLinear(plain.weight, plain.bias)
    made = []
    for count in (1, 2, 5):
        torch.set_num_threads(count)
        made.append(layer(x))
    assert torch.equal(made[0], made[1]) and torch.equal(made[0], made[2])


def test_our_own_layers_are_taken_where_there_is_numba() -> None:
    module = nn.Sequential(nn.Linear(8, 8))
    make_row_exact(module)
    assert isinstance(module[0], KernelLinear)


def test_a_long_prompt_gives_the_same_every_time() -> None:
    x = rows(MOST_ROWS + 100, 64)
    for layer in layers(64, 96, bias=True):
        assert torch.equal(layer(x), layer(x.clone()))


def test_only_float32_linears_are_replaced() -> None:
    module = nn.Sequential(
        nn.Linear(8, 8),
        nn.Sequential(nn.Linear(8, 8, bias=False), nn.SiLU()),
        nn.Linear(8, 8).bfloat16(),
        nn.Linear(8, 8, device="meta"),
        nn.Embedding(8, 8),
    )
    make_row_exact(module)
    inner = module[1]
    assert isinstance(inner, nn.Sequential)
    assert isinstance(module[0], KINDS) and isinstance(inner[0], KINDS)
    assert type(module[2]) is type(module[3]) is nn.Linear
    assert not list(module[0].parameters())  # the weight in torch's layout is gone


@pytest.mark.usefixtures("no_kernels")
def test_without_the_packing_rows_are_multiplied_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    linear._packing_is_exact.cache_clear()
    module = nn.Sequential(nn.Linear(48, 48))
    make_row_exact(module)
    linear._packing_is_exact.cache_clear()
    assert isinstance(module[0], RowwiseLinear)


@pytest.mark.usefixtures("no_kernels")
def test_a_packing_that_feels_neighbours_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """The probe notices a product that changes with the number of rows, be it by little."""
    multiply = linear._multiply
    monkeypatch.setattr(
        linear, "_multiply", lambda x, packed, bias: multiply(x, packed, bias) + 1e-6 * (len(x) > 4)
    )
    linear._packing_is_exact.cache_clear()
    module = nn.Sequential(nn.Linear(48, 48))
    make_row_exact(module)
    linear._packing_is_exact.cache_clear()
    assert isinstance(module[0], RowwiseLinear)


def norm(x: Tensor) -> Tensor:
    layer = RMSNorm(x.shape[-1], 1e-6)
    nn.init.constant_(layer.weight, 1.1)
    return layer(x)


def with_ties(x: Tensor) -> Tensor:
    return x.mul(2).round()


OPS: dict[str, Callable[[Tensor], Tensor]] = {
    "silu": silu,
    "rms_norm": norm,
    "softmax": lambda x: x.softmax(dim=-1),
    "cumsum of softmax": lambda x: x.softmax(dim=-1).cumsum(dim=-1),
    "sum": lambda x: x.sum(dim=-1),
    "addcmul": lambda x: torch.addcmul(x * 0.3, x.roll(7, dims=-1), x),
    "product and sum": lambda x: x * 0.3 + x.roll(7, dims=-1),
    "division": lambda x: x / 0.9,
    "top-k": lambda x: x.topk(30).values,
    "top-k, ties": lambda x: with_ties(x).topk(30).indices,
    "sort, ties": lambda x: with_ties(x).sort(dim=-1).indices,
    "argmax, ties": lambda x: with_ties(x).argmax(dim=-1),
    "embeddings summed": lambda x: F.embedding(
        x[..., :16].abs().mul(5).long(), rows(100, x.shape[-1], seed=2)
    ).sum(dim=-2),
}


@pytest.mark.parametrize("op", OPS.values(), ids=OPS.keys())
def test_what_else_a_step_does_is_row_exact(op: Callable[[Tensor], Tensor]) -> None:
    for count, width in product(THREADS, (*WIDTHS, 6144)):
        torch.set_num_threads(count)
        assert_row_exact(op, rows(10, width) * 3)


def test_silu_is_silu() -> None:
    x = torch.cat((rows(1000, 8).flatten() * 5, torch.tensor([0.0, -200.0, 200.0])))
    torch.testing.assert_close(silu(x), F.silu(x), rtol=1e-6, atol=1e-7)
    assert torch.equal(silu(x.bfloat16()), F.silu(x.bfloat16()))
