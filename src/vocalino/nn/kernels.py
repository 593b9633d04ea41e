"""A decoder's layer on a CPU, compiled by numba when it is first called and kept on disk then.

One step of a few rows is thousands of small operations for torch, each of which costs more than
what it computes. Here a layer is one call. All is float32 with no freedom to reorder, and a row's
sums are added up in an order of their own: it is the same bits whatever the number of rows, its
place, its neighbours and the number of threads.

Python's lock is kept meanwhile, so that numba's threads never serve two callers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from llvmlite.ir import FloatType
from numba import get_num_threads, njit, prange, set_num_threads, types
from numba.extending import intrinsic
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]

LANES = 64  # outputs that are added up together: whole vectors, and enough of them in flight
MOST_THREADS = get_num_threads()
ZERO, ONE = np.float32(0.0), np.float32(1.0)
TO_WHOLE = np.float32(1.5 * 2**23)  # what is added to it has no room for fractions


def _compiled(function: Callable[..., Any], parallel: bool = False) -> Any:
    try:
        return njit(cache=True, parallel=parallel)(function)
    except RuntimeError:  # there is no folder that could be written to
        return njit(parallel=parallel)(function)


def threads() -> int:
    """As many as torch uses, as far as numba has them. To be called before every kernel."""
    count = min(torch.get_num_threads(), MOST_THREADS)
    set_num_threads(count)
    return count


def _fma(_typing: Any, a: Any, b: Any, c: Any) -> Any:
    """a * b + c, rounded once."""
    signature = types.float32(types.float32, types.float32, types.float32)
    return signature, lambda _context, builder, _signature, values: builder.fma(*values)


def _power_of_two(_typing: Any, exponent: Any) -> Any:
    """2 to a whole int32 from -126 to 127, by its bits."""

    def generate(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        (whole,) = values
        bits = builder.shl(builder.add(whole, whole.type(127)), whole.type(23))
        return builder.bitcast(bits, FloatType())

    return types.float32(types.int32), generate


fma: Any = intrinsic(_fma)
power_of_two: Any = intrinsic(_power_of_two)


def _exp(x: Any) -> Any:
    """e to the x, of float32 from -87 to 88, in steps that a vector can take, too."""
    x = min(max(x, np.float32(-87.0)), np.float32(88.0))
    whole = fma(x, np.float32(1.44269504), TO_WHOLE) - TO_WHOLE  # of the power of two
    rest = fma(whole, np.float32(-0.693359375), x)  # ln 2 in two parts
    rest = fma(whole, np.float32(2.12194440e-4), rest)
    series = fma(np.float32(1.9875691500e-4), rest, np.float32(1.3981999507e-3))  # Cephes, expf
    series = fma(series, rest, np.float32(8.3334519073e-3))
    series = fma(series, rest, np.float32(4.1665795894e-2))
    series = fma(series, rest, np.float32(1.6666665459e-1))
    series = fma(series, rest, np.float32(5.0000001201e-1))
    return (fma(series, rest * rest, rest) + ONE) * power_of_two(np.int32(whole))


def _four_rows(weights: Floats, x: Floats, row: int, sums: Floats) -> None:
    """Products of a block of weights [I, LANES] with four rows of x from `row` on.

    They go to sums [4 LANES]; where x has no four rows left its last stands in.
    """
    last = len(x) - 1
    a, b = x[row], x[min(row + 1, last)]
    c, d = x[min(row + 2, last)], x[min(row + 3, last)]
    sums[:] = ZERO
    inputs = len(weights)
    for i in range(0, inputs - 1, 2):  # two at a time: as many values as there are registers for
        a0, b0, c0, d0 = a[i], b[i], c[i], d[i]
        a1, b1, c1, d1 = a[i + 1], b[i + 1], c[i + 1], d[i + 1]
        for lane in range(LANES):
            w0, w1 = weights[i, lane], weights[i + 1, lane]
            second, third, fourth = LANES + lane, 2 * LANES + lane, 3 * LANES + lane
            sums[lane] = fma(a1, w1, fma(a0, w0, sums[lane]))
            sums[second] = fma(b1, w1, fma(b0, w0, sums[second]))
            sums[third] = fma(c1, w1, fma(c0, w0, sums[third]))
            sums[fourth] = fma(d1, w1, fma(d0, w0, sums[fourth]))
    if inputs % 2:
        i = inputs - 1
        for lane in range(LANES):
            sums[lane] = fma(a[i], weights[i, lane], sums[lane])
            sums[LANES + lane] = fma(b[i], weights[i, lane], sums[LANES + lane])
            sums[2 * LANES + lane] = fma(c[i], weights[i, lane], sums[2 * LANES + lane])
            sums[3 * LANES + lane] = fma(d[i], weights[i, lane], sums[3 * LANES + lane])


def _one_row(weights: Floats, x: Floats, sums: Floats) -> None:
    """The same of one row x [I], in the same order, so that it is the same bits."""
    sums[:LANES] = ZERO
    inputs = len(weights)
    whole = inputs - inputs % 4
    for i in range(0, whole, 4):
        a, b, c, d = x[i], x[i + 1], x[i + 2], x[i + 3]
        for lane in range(LANES):
            first = fma(b, weights[i + 1, lane], fma(a, weights[i, lane], sums[lane]))
            sums[lane] = fma(d, weights[i + 3, lane], fma(c, weights[i + 2, lane], first))
    for i in range(whole, inputs):
        for lane in range(LANES):
            sums[lane] = fma(x[i], weights[i, lane], sums[lane])


def _multiply(weights: Floats, x: Floats, out: Floats, add: bool, threads: int) -> None:
    """A linear layer: weights [blocks, I, LANES], x [N, I] -> `out` [N, O], set or added to."""
    blocks, rows = len(weights), len(x)
    for thread in prange(threads):
        sums = np.empty(4 * LANES, np.float32)
        for block in range(blocks * thread // threads, blocks * (thread + 1) // threads):
            first = block * LANES
            width = min(LANES, out.shape[1] - first)
            for row in range(0, rows, 4):
                together = min(4, rows - row)
                if together == 1:
                    one_row(weights[block], x[row], sums)
                else:
                    four_rows(weights[block], x, row, sums)
                for one in range(together):
                    for lane in range(width):
                        value = sums[one * LANES + lane]
                        if add:
                            value += out[row + one, first + lane]
                        out[row + one, first + lane] = value


def _dot(a: Floats, b: Floats, sums: Floats) -> Any:
    """The sum of products of two vectors, in 16 sums that are then added up."""
    sums[:] = ZERO
    whole = len(a) - len(a) % 16
    for i in range(0, whole, 16):
        for lane in range(16):
            sums[lane] = fma(a[i + lane], b[i + lane], sums[lane])
    for i in range(whole, len(a)):
        sums[i - whole] = fma(a[i], b[i], sums[i - whole])
    for lane in range(8):
        sums[lane] += sums[lane + 8]
    for lane in range(4):
        sums[lane] += sums[lane + 4]
    return (sums[0] + sums[2]) + (sums[1] + sums[3])


def _norm(x: Floats, weight: Floats, eps: Any, sums: Floats, out: Floats) -> None:
    """RMSNorm of one row; `out` may be `x`."""
    scale = ONE / math.sqrt(dot(x, x, sums) / np.float32(len(x)) + eps)
    for i in range(len(x)):
        out[i] = x[i] * scale * weight[i]


def _norm_rows(x: Floats, weight: Floats, eps: Any, out: Floats) -> None:
    """RMSNorm of each row of x [N, W]; `out` may be `x`."""
    sums = np.empty(16, np.float32)
    for row in range(len(x)):
        norm(x[row], weight, eps, sums, out[row])


def _turn(head: Floats, cos: Floats, sin: Floats) -> None:
    """Rotate one head in place; see nn/rope.py."""
    half = len(head) // 2
    for i in range(half):
        a, b = head[i], head[half + i]
        head[i] = a * cos[i] + b * sin[i]
        head[half + i] = b * cos[half + i] + a * sin[half + i]


def _attend(
    heads: Floats,
    places: Indices,
    positions: Indices,
    keys: Floats,
    values: Floats,
    out: Floats,
    threads: int,
) -> None:
    """Queries are the first of heads [N, H, D]; keys and values are [B, Hkv, P, D]."""
    kv_heads, length, dim = keys.shape[1:]
    group = out.shape[1] // dim // kv_heads
    scale = ONE / math.sqrt(np.float32(dim))
    work = len(places) * kv_heads
    for thread in prange(threads):
        weights, sums = np.empty(length, np.float32), np.empty(16, np.float32)
        for unit in range(work * thread // threads, work * (thread + 1) // threads):
            row, kv = unit // kv_heads, unit % kv_heads
            past_keys, past_values = keys[places[row], kv], values[places[row], kv]
            seen = positions[row] + 1
            for head in range(kv * group, (kv + 1) * group):
                largest = np.float32(-np.inf)
                for at in range(seen):
                    weights[at] = dot(heads[row, head], past_keys[at], sums) * scale
                    largest = max(largest, weights[at])
                total = ZERO
                for at in range(seen):
                    weights[at] = exp(weights[at] - largest)
                for at in range(seen):
                    total += weights[at]
                mixed = out[row, head * dim : (head + 1) * dim]
                mixed[:] = ZERO
                for at in range(seen):
                    weight = weights[at] / total
                    for i in range(dim):
                        mixed[i] = fma(weight, past_values[at, i], mixed[i])


def _decoder_layer(
    x: Floats,
    places: Indices,
    positions: Indices,
    cos: Floats,
    sin: Floats,
    keys: Floats,
    values: Floats,
    input_norm: Floats,
    qkv: Floats,
    q_norm: Floats,
    k_norm: Floats,
    output: Floats,
    post_norm: Floats,
    gate_up: Floats,
    down: Floats,
    hidden: int,
    eps: Any,
    threads: int,
) -> None:
    """One layer in place: row n of x [N, W] stands at positions[n] of the cache's row places[n].

    It sees all positions up to its own. cos and sin [P, D] are of all positions, keys and values
    [B, Hkv, P, D] the layer's own; weights are packed as `multiply` wants them.
    """
    rows, width = x.shape
    kv_heads, dim = keys.shape[1], keys.shape[3]
    heads = output.shape[1] // dim  # what it reads is all heads, side by side
    normed = np.empty((rows, width), np.float32)
    projected = np.empty((rows, (heads + 2 * kv_heads) * dim), np.float32)
    mixed = np.empty((rows, heads * dim), np.float32)
    both = np.empty((rows, 2 * hidden), np.float32)
    gated = np.empty((rows, hidden), np.float32)

    norm_rows(x, input_norm, eps, normed)
    multiply(qkv, normed, projected, False, threads)
    by_head = projected.reshape(rows, heads + 2 * kv_heads, dim)
    sums = np.empty(16, np.float32)
    for row in range(rows):
        place, at = places[row], positions[row]
        for head in range(heads + kv_heads):
            vector = by_head[row, head]
            norm(vector, q_norm if head < heads else k_norm, eps, sums, vector)
            turn(vector, cos[at], sin[at])
        keys[place, :, at] = by_head[row, heads : heads + kv_heads]
        values[place, :, at] = by_head[row, heads + kv_heads :]
    attend(by_head, places, positions, keys, values, mixed, threads)
    multiply(output, mixed, x, True, threads)

    norm_rows(x, post_norm, eps, normed)
    multiply(gate_up, normed, both, False, threads)
    for row in range(rows):
        for i in range(hidden):
            gate = both[row, i]
            gated[row, i] = gate / (ONE + exp(-gate)) * both[row, hidden + i]
    multiply(down, gated, x, True, threads)


four_rows, one_row = _compiled(_four_rows), _compiled(_one_row)
multiply = _compiled(_multiply, parallel=True)
exp, dot, norm, norm_rows, turn = map(_compiled, (_exp, _dot, _norm, _norm_rows, _turn))
attend = _compiled(_attend, parallel=True)
decoder_layer = _compiled(_decoder_layer)
