"""Causal convolutions: torch's own on padded input, in whole and in any chunks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from vocalino.nn.conv import FEW_POSITIONS, CausalConv1d, CausalConvTranspose1d

Conv = CausalConv1d | CausalConvTranspose1d

CLOSE = 1e-5
LONG = 2 * FEW_POSITIONS  # as many positions as are convolved tap by tap


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Convolutions this small gain nothing from more, and lose much on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def filled(conv: Conv, seed: int = 1, *, finish: bool = True) -> Conv:
    random = torch.Generator().manual_seed(seed)
    for parameter in conv.parameters():
        parameter.requires_grad_(False).normal_(0, 0.3, generator=random)
    if finish:
        conv.finish()
    return conv


def noise(rows: int, length: int, channels: int, seed: int = 2) -> Tensor:
    return torch.randn(rows, length, channels, generator=torch.Generator().manual_seed(seed))


def chunks(conv: Conv, x: Tensor, sizes: list[int]) -> Tensor:
    """`x` in chunks of `sizes`, which are taken in turn until it ends."""
    state, parts, first, turn = conv.start(x.shape[0]), [], 0, 0
    while first < x.shape[1]:
        size = sizes[turn % len(sizes)]
        y, state = conv.step(x[:, first : first + size], state)
        parts.append(y)
        first, turn = first + size, turn + 1
    return torch.cat(parts, dim=1)


@pytest.mark.parametrize("length", [1, 5, LONG])
@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("kernel_size", "dilation", "groups", "bias"),
    [(7, 1, 1, True), (7, 9, 1, True), (3, 1, 1, False), (1, 1, 1, True), (7, 2, 6, True)],
)
def test_a_convolution_is_torchs_on_input_padded_in_front(
    length: int, rows: int, kernel_size: int, dilation: int, groups: int, bias: bool
) -> None:
    conv = CausalConv1d(6, 12, kernel_size, dilation=dilation, groups=groups, bias=bias)
    filled(conv)
    x = noise(rows, length, 6)
    padded = F.pad(x.mT, ((kernel_size - 1) * dilation, 0))
    wanted = F.conv1d(padded, conv.weight, conv.bias, dilation=dilation, groups=groups).mT
    assert torch.allclose(conv(x), wanted, atol=CLOSE)


@pytest.mark.parametrize("length", [1, 50])
@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("kernel_size", "stride"), [(2, 2), (16, 8), (6, 3), (7, 3), (3, 1)])
def test_a_transposed_one_is_torchs_without_the_end(
    length: int, rows: int, bias: bool, kernel_size: int, stride: int
) -> None:
    conv = CausalConvTranspose1d(6, 4, kernel_size, stride, bias=bias)
    filled(conv)
    x = noise(rows, length, 6)
    full = F.conv_transpose1d(x.mT, conv.weight, conv.bias, stride=stride).mT
    out = conv(x)
    assert out.shape == (rows, length * stride, 4)
    assert torch.allclose(out, full[:, : length * stride], atol=CLOSE)


SIZES = st.lists(st.integers(1, LONG), min_size=1, max_size=4)


@settings(max_examples=40, deadline=None)
@given(
    sizes=SIZES,
    kernel_size=st.integers(1, 7),
    dilation=st.integers(1, 9),
    rows=st.integers(1, 3),
    depthwise=st.booleans(),
)
def test_a_convolution_in_chunks_is_the_whole(
    sizes: list[int], kernel_size: int, dilation: int, rows: int, depthwise: bool
) -> None:
    groups = 4 if depthwise else 1
    conv = filled(CausalConv1d(4, 4, kernel_size, dilation=dilation, groups=groups))
    x = noise(rows, LONG + 9, 4)
    assert torch.allclose(chunks(conv, x, sizes), conv(x), atol=CLOSE)


@settings(max_examples=40, deadline=None)
@given(sizes=SIZES, stride=st.integers(1, 8), more=st.integers(0, 20), rows=st.integers(1, 3))
def test_a_transposed_one_in_chunks_is_the_whole(
    sizes: list[int], stride: int, more: int, rows: int
) -> None:
    conv = filled(CausalConvTranspose1d(4, 3, stride + more, stride))
    x = noise(rows, 40, 4)
    assert torch.allclose(chunks(conv, x, sizes), conv(x), atol=CLOSE)


@pytest.mark.parametrize("length", [4, LONG])
def test_what_is_added_to_the_result(length: int) -> None:
    conv = CausalConv1d(5, 5, 3)
    filled(conv)
    window, onto = noise(2, length + conv.context, 5), noise(2, length, 5, seed=3)
    before = onto.clone()
    assert torch.allclose(conv.valid(window, onto), conv.valid(window) + onto, atol=CLOSE)
    assert torch.equal(onto, before)


@pytest.mark.parametrize("length", [4, LONG])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_other_precisions_take_another_way_to_the_same_result(
    length: int, dtype: torch.dtype
) -> None:
    """Taps are added up in float32 alone; elsewhere torch's convolution sees the same layout."""
    conv = CausalConv1d(8, 8, 7, dilation=3)
    filled(conv)
    x = noise(2, length, 8)
    wanted = conv(x)
    out = conv.to(dtype)(x.to(dtype))
    assert out.dtype == dtype
    assert torch.allclose(out.float(), wanted, atol=0.1 if dtype == torch.bfloat16 else CLOSE)


@pytest.mark.parametrize("conv", [CausalConv1d(3, 5, 4), CausalConvTranspose1d(3, 5, 4, 2)])
def test_finishing_moves_weights_and_changes_none(conv: Conv) -> None:
    filled(conv, finish=False)
    x, weight = noise(1, LONG, 3), conv.weight.clone()
    before = conv(x)
    conv.finish()
    assert torch.equal(conv.weight, weight)
    assert conv.weight.mT.is_contiguous()
    assert torch.allclose(conv(x), before, atol=CLOSE)


@pytest.mark.parametrize("conv", [CausalConv1d(3, 5, 4), CausalConvTranspose1d(3, 5, 4, 2)])
def test_a_state_keeps_nothing_else_alive(conv: Conv) -> None:
    filled(conv)
    _, state = conv.step(noise(2, LONG, 3), conv.start(2))
    assert state.shape == conv.start(2).shape
    assert state.untyped_storage().nbytes() == state.nbytes


def test_room_begins_with_the_past() -> None:
    conv = CausalConv1d(3, 5, 4)
    filled(conv)
    past, x = noise(2, conv.context, 3), noise(2, 6, 3, seed=3)
    window, rest = conv.room(past, 6)
    rest.copy_(x)
    wanted, state = conv.step(x, past)
    assert torch.equal(conv.valid(window), wanted)
    assert torch.equal(conv.last(window), state)
