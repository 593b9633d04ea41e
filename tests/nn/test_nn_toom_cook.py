"""Convolutions by fewer products: the same sums, and no other behaviour."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from vocalino.nn import toom_cook
from vocalino.nn.toom_cook import TILE, ToomCookConv1d, transformations

CHANNELS = 192  # three taps of these are LEAST_SUMMED
CLOSE = 5e-5  # of outputs of size one; a tap in the wrong place makes an error of a tenth


def conv(
    taps: int, dilation: int = 1, channels: int = CHANNELS, bias: bool = True
) -> ToomCookConv1d:
    generator = torch.Generator().manual_seed(taps)
    made = ToomCookConv1d(channels, 40, taps, dilation=dilation, bias=bias)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_(std=(channels * taps) ** -0.5, generator=generator)
    return made.requires_grad_(False)


def signal(times: int, channels: int = CHANNELS, batch: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(times)
    return torch.randn(batch, times, channels, generator=generator)


def exact(layer: ToomCookConv1d, window: Tensor) -> Tensor:
    bias = None if layer.bias is None else layer.bias.double()
    weight = layer.weight.double()
    return F.conv1d(window.mT.double(), weight, bias, dilation=layer.dilation).mT


@pytest.mark.parametrize("taps", [3, 4])
def test_the_transformations_make_a_convolution(taps: int) -> None:
    products, kernel, inputs = transformations(taps)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(TILE + taps - 1, dtype=torch.float64, generator=generator)
    weight = torch.randn(taps, dtype=torch.float64, generator=generator)
    theirs = F.conv1d(x[None], weight[None, None])[0]
    ours = products @ ((kernel @ weight) * (inputs @ x))
    assert (ours - theirs).abs().max() < 1e-14


@settings(deadline=None, max_examples=40)
@given(
    taps=st.sampled_from([3, 4, 5, 7, 11]),
    dilation=st.integers(1, 5),
    length=st.integers(1, 90),
    batch=st.integers(1, 2),
    bias=st.booleans(),
    onto=st.booleans(),
)
def test_it_is_the_convolution(
    taps: int, dilation: int, length: int, batch: int, bias: bool, onto: bool
) -> None:
    layer = conv(taps, dilation, bias=bias)
    window = signal(length + layer.context, batch=batch)
    added = signal(length, 40, batch) if onto else None
    theirs = exact(layer, window)
    if added is not None:
        theirs += added
    layer.finish()
    assert layer.points is not None and "weight" not in dict(layer.named_parameters())
    kept = window.clone()
    assert (layer.valid(window, added) - theirs).abs().max() < CLOSE
    assert torch.equal(window, kept)


def test_pieces_are_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toom_cook, "LEAST_TILES", 12)
    monkeypatch.setattr(toom_cook, "NUMBERS_AT_ONCE", 1)
    layer = conv(7, dilation=3)
    window = signal(151 + layer.context)
    theirs = exact(layer, window)
    layer.finish()
    assert (layer.valid(window) - theirs).abs().max() < CLOSE


@pytest.mark.parametrize(
    ("channels", "dtype"), [(toom_cook.LEAST_SUMMED // 3 - 1, torch.float32), (192, torch.bfloat16)]
)
def test_narrow_ones_and_other_dtypes_stay_as_they_are(channels: int, dtype: torch.dtype) -> None:
    layer = conv(3, channels=channels)
    window = signal(50, channels)
    theirs = exact(layer, window)
    layer.to(dtype).finish()
    assert layer.points is None
    tolerance = CLOSE if dtype == torch.float32 else 0.05
    assert (layer.valid(window.to(dtype)) - theirs).abs().max() < tolerance
