"""The parts of the kernels that stand for something that numpy has."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from vocalino.nn import kernels
from vocalino.nn.kernels import Floats, exp, fma, power_of_two


@njit
def exps(x: Floats, out: Floats) -> None:
    for i in range(len(x)):
        out[i] = exp(x[i])


@njit
def fused(a: Any, b: Any, c: Any) -> Any:
    return fma(a, b, c)


@njit
def power(whole: Any) -> Any:
    return power_of_two(np.int32(whole))


def exp_of(x: Floats) -> Floats:
    out = np.empty_like(x)
    exps(x, out)
    return out


def test_exp() -> None:
    x = np.linspace(-87.0, 88.0, 100_001).astype(np.float32)
    exact = np.exp(x.astype(np.float64))
    assert (np.abs(exp_of(x) - exact) <= 1.5 * 2.0**-24 * exact).all()
    beyond = exp_of(np.array([-np.inf, -1e4, -87.0, 88.0, 1e4, np.inf, np.nan], np.float32))
    assert (beyond[:2] == beyond[2]).all() and (beyond[4:6] == beyond[3]).all()
    assert np.isnan(beyond[6])


def test_exp_is_the_same_wherever_a_value_stands() -> None:
    x = np.random.default_rng(0).normal(0, 8, 200).astype(np.float32)
    whole = exp_of(x)
    for first in range(20):
        for count in (1, 3, 8, 17, 40, 100):
            some = slice(first, first + count)
            assert np.array_equal(exp_of(x[some].copy()), whole[some])


def test_fma_rounds_once() -> None:
    a = np.float32(1 + 2**-12)
    assert fused(a, a, np.float32(-1)) == np.float32(2**-11 + 2**-24)
    assert a * a - np.float32(1) == np.float32(2**-11)


def test_powers_of_two() -> None:
    for whole in (-126, -1, 0, 1, 60, 127):
        assert power(whole) == np.float32(2.0**whole)


def test_where_nothing_can_be_written_kernels_are_compiled_each_time(monkeypatch: Any) -> None:
    def no_cache(*, cache: bool = False, parallel: bool) -> Any:
        if cache:
            raise RuntimeError("cannot cache function")
        return njit(parallel=parallel)

    monkeypatch.setattr(kernels, "njit", no_cache)
    assert kernels._compiled(lambda x: x + 1)(2) == 3
