"""8-bit linear layers: how far off, how large, and that rows do not feel each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from vocalino.nn.linear import MOST_ROWS, make_row_exact
from vocalino.nn.quantize import Int8Linear, quantize, quantize_linears

DTYPES = (torch.float32, torch.bfloat16)


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def stands_for(layer: Int8Linear) -> Tensor:
    """The weight that an 8-bit layer multiplies by, in float64."""
    return (layer.weight.double() * layer.scale.double().unsqueeze(1))[:, : layer.in_features]


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_weight_is_off_by_half_a_step_of_its_channel(dtype: torch.dtype) -> None:
    sizes = torch.logspace(-6, 2, 40).unsqueeze(1)  # channels of very different sizes
    weight = (random(40, 300) * sizes).to(dtype)
    rounded, scale = quantize(weight)
    assert rounded.dtype == torch.int8 and scale.dtype == torch.bfloat16
    assert rounded.abs().amax() <= 127
    error = (rounded.double() * scale.double().unsqueeze(1) - weight.double()).abs()
    assert (error <= 0.5001 * scale.double().unsqueeze(1)).all()
    # Nothing is given away: the largest weight of a channel takes nearly the whole range.
    assert (rounded.abs().amax(dim=1) >= 126).all()


def test_the_weight_given_is_left_alone() -> None:
    weight = random(4, 32)
    before = weight.clone()
    quantize(weight)
    assert torch.equal(weight, before)


def test_a_channel_of_zeros_stays_zero() -> None:
    weight = random(3, 32)
    weight[1] = 0.0
    layer = Int8Linear(weight, None)
    out = layer(random(5, 32))
    assert out.isfinite().all() and (out[:, 1] == 0).all() and (out[:, 0] != 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("inputs", "outputs"), [(48, 96), (64, 33), (97, 7), (100, 64), (5, 1)])
@pytest.mark.parametrize("rows", [1, 3, MOST_ROWS, MOST_ROWS + 1])
def test_it_multiplies_by_what_it_stands_for(
    inputs: int, outputs: int, rows: int, bias: bool, dtype: torch.dtype
) -> None:
    torch.manual_seed(inputs)
    plain = nn.Linear(inputs, outputs, bias=bias).to(dtype)
    layer = Int8Linear(plain.weight, plain.bias)
    x = random(rows, inputs).to(dtype)
    out = layer(x)
    expected = x.double() @ stands_for(layer).T
    if bias:
        expected = expected + plain.bias.detach().double()
    assert out.dtype == dtype and out.shape == (rows, outputs)
    # bfloat16 keeps 8 bits: one rounding of each factor, of the product and of the sum.
    torch.testing.assert_close(out.double(), expected, rtol=2**-7, atol=2**-6)


def test_it_comes_close_to_the_layer_that_it_replaces() -> None:
    """Among them a channel thirty times as large as the rest, as transformers have."""
    plain = nn.Linear(512, 256, bias=False)
    nn.init.normal_(plain.weight, std=0.02, generator=torch.Generator().manual_seed(1))
    x = random(32, 512)
    x[:, 5] *= 30
    with torch.no_grad():
        expected = plain(x)
    error = (Int8Linear(plain.weight, None)(x) - expected).norm() / expected.norm()
    assert error < 0.01


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("inputs", "outputs"), [(48, 96), (97, 33), (512, 1000)])
def test_rows_do_not_feel_each_other(inputs: int, outputs: int, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    plain = nn.Linear(inputs, outputs).to(dtype)
    layer = Int8Linear(plain.weight, plain.bias)
    x = random(MOST_ROWS, inputs).to(dtype)
    for count in (1, 2, 5):
        torch.set_num_threads(count)
        alone = torch.cat([layer(row) for row in x.split(1)])
        for rows in (2, 3, 4, 7, 10, MOST_ROWS):
            assert torch.equal(layer(x[:rows]), alone[:rows])
            assert torch.equal(layer(x[-rows:]), alone[-rows:])


def test_any_leading_shape_and_views() -> None:
    plain = nn.Linear(64, 48)
    layer = Int8Linear(plain.weight, plain.bias)
    x = random(4, 7, 128)
    flat = layer(x[:, :, :64].reshape(-1, 64))
    assert torch.equal(layer(x[:, :, :64]), flat.view(4, 7, 48))
    assert torch.equal(layer(x[:, -1, :64]), flat.view(4, 7, 48)[:, -1])
    assert layer(x[0, 0, :64]).shape == (48,)
    assert layer(x[:0, :, :64]).shape == (0, 7, 48)


def bytes_of(module: nn.Module) -> int:
    return sum(t.nbytes for t in (*module.parameters(), *module.buffers()))


def test_memory_halves() -> None:
    plain = nn.Sequential(*(nn.Linear(256, 256, bias=False) for _ in range(3))).bfloat16()
    before = bytes_of(plain)
    quantize_linears(plain)
    assert before / 2 <= bytes_of(plain) < 0.51 * before  # a scale per channel on top


def network() -> nn.Sequential:
    """A stack of blocks with a head behind it."""
    torch.manual_seed(0)
    blocks = nn.Sequential(
        nn.Sequential(nn.Linear(64, 96, bias=False), nn.SiLU(), nn.Linear(96, 64, bias=False)),
        nn.RMSNorm(64),
    )
    return nn.Sequential(blocks, nn.Linear(64, 30))


def test_only_the_chosen_layers_are_replaced() -> None:
    model = network()
    names = quantize_linears(model, lambda name: name.startswith("0."))
    assert names == ["0.0.0", "0.0.2"]
    assert all(isinstance(model.get_submodule(name), Int8Linear) for name in names)
    assert type(model[1]) is nn.Linear


def test_all_layers_without_a_choice() -> None:
    assert quantize_linears(network()) == ["0.0.0", "0.0.2", "1"]


@torch.no_grad()
def test_a_quantised_network_is_row_exact_on_the_cpu() -> None:
    model = network()
    exact = network()(random(10, 64))
    quantize_linears(model, lambda name: name.startswith("0."))
    make_row_exact(model)
    assert isinstance(model.get_submodule("0.0.0"), Int8Linear)
    x = random(10, 64)
    whole = model(x)
    for row in range(10):
        assert torch.equal(model(x[row : row + 1]), whole[row : row + 1])
    assert (whole - exact).norm() / exact.norm() < 0.02
    assert torch.equal(whole.argmax(dim=1), exact.argmax(dim=1))


def test_its_state_can_be_kept_and_read_back() -> None:
    layer, other = (Int8Linear(random(48, 64, seed=seed), None) for seed in (0, 1))
    other.load_state_dict(layer.state_dict())
    x = random(3, 64, seed=2)
    assert torch.equal(layer(x), other(x))
