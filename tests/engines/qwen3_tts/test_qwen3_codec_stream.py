"""The codec's stream: any chunks make the whole, and the state never grows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from qwen3_codecs import TINY, golden_codec, golden_codes, golden_tensors, random_codes, tiny_codec
from torch import Tensor

from vocalino.engines.qwen3_tts.codec import Codec, CodecState

CLOSE = 1e-5
FRAME = TINY.samples_per_frame


def stream(codec: Codec, codes: Tensor, sizes: list[int]) -> Tensor:
    """`codes` in chunks of `sizes`, taken in turn until they end: [B, samples]"""
    state, parts, first = codec.start(codes.shape[0]), [], 0
    for size in cycle(sizes):
        if first >= codes.shape[2]:
            return torch.cat(parts, dim=1)
        samples, state = codec.decode_step(codes[:, :, first : first + size], state)
        parts.append(samples)
        first += size
    raise AssertionError("no sizes")


def whole(codec: Codec, codes: Tensor) -> Tensor:
    return codec.decode_step(codes, codec.start(codes.shape[0]))[0]


def tensors(past: Any) -> Iterator[Tensor]:
    if isinstance(past, Tensor):
        yield past
    else:
        for part in past:
            yield from tensors(part)


def state_bytes(state: CodecState) -> int:
    """The memory that a state keeps alive, not just what it shows."""
    return sum(part.untyped_storage().nbytes() for part in tensors(state.pasts))


@pytest.mark.parametrize("sizes", [[1], [7], [4, 12, 25], [30]])
def test_a_stream_is_the_originals_whole(sizes: list[int]) -> None:
    ours = stream(golden_codec(), golden_codes("a"), sizes)[0]
    assert (ours - golden_tensors()["a.wav"]).abs().max() <= CLOSE


def test_a_long_stream_is_the_originals_whole() -> None:
    codes = golden_codes("c")
    ours = stream(golden_codec(), codes, [13])[0]
    theirs = golden_tensors()["c.wav_whole_298_304"]
    assert (ours[298 * 1920 : 304 * 1920] - theirs).abs().max() <= CLOSE


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 12), min_size=1, max_size=5),
    rows=st.integers(1, 3),
    frames=st.integers(1, 30),
    window=st.sampled_from([1, 2, 5, 40]),
)
def test_any_chunks_make_the_whole(sizes: list[int], rows: int, frames: int, window: int) -> None:
    codec, codes = tiny_codec(window), random_codes(rows, frames)
    ours = stream(codec, codes, sizes)
    assert ours.shape == (rows, frames * FRAME)
    assert (ours - whole(codec, codes)).abs().max() <= CLOSE


def test_the_window_matters() -> None:
    """Or the tests above would pass without one."""
    codes = random_codes(1, 30)
    narrow, wide = whole(tiny_codec(5), codes), whole(tiny_codec(40), codes)
    assert (narrow[:, : 5 * FRAME] - wide[:, : 5 * FRAME]).abs().max() <= CLOSE
    assert (narrow - wide).abs().max() > 1e-3


def test_what_follows_never_changes_what_was_heard() -> None:
    codec, codes = tiny_codec(), random_codes(1, 20)
    beginning = whole(codec, codes[:, :, :8])
    assert (whole(codec, codes)[:, : 8 * FRAME] - beginning).abs().max() <= CLOSE


def test_rows_do_not_touch_each_other() -> None:
    codec, codes = tiny_codec(), random_codes(4, 12)
    together = stream(codec, codes, [3])
    for row in range(4):
        alone = stream(codec, codes[row : row + 1], [3])
        assert (together[row] - alone[0]).abs().max() <= CLOSE


@pytest.mark.parametrize("index", [[2], [3, 0], torch.tensor([0, 2, 3])])
def test_rows_that_are_left_go_on_as_before(index: list[int] | Tensor) -> None:
    codec, codes = tiny_codec(), random_codes(4, 16)
    wanted = whole(codec, codes)[:, 7 * FRAME :]
    _, state = codec.decode_step(codes[:, :, :7], codec.start(4))
    ours, _ = codec.decode_step(codes[index, :, 7:], state.rows(index))
    assert (ours - wanted[index]).abs().max() <= CLOSE


def test_streams_at_the_same_frame_can_be_stacked() -> None:
    codec, codes = tiny_codec(), random_codes(3, 16)
    wanted = whole(codec, codes)[:, 7 * FRAME :]
    states = [codec.decode_step(codes[r : r + 1, :, :7], codec.start(1))[1] for r in range(3)]
    ours, _ = codec.decode_step(codes[:, :, 7:], CodecState.stack(states))
    assert (ours - wanted).abs().max() <= CLOSE


def test_a_step_leaves_the_state_that_it_was_given() -> None:
    codec, codes = tiny_codec(), random_codes(2, 9)
    _, state = codec.decode_step(codes[:, :, :4], codec.start(2))
    first, _ = codec.decode_step(codes[:, :, 4:], state)
    again, _ = codec.decode_step(codes[:, :, 4:], state)
    assert torch.equal(first, again)


def test_a_state_stops_growing_when_the_window_is_full() -> None:
    codec, sizes = tiny_codec(), []
    state = codec.start(2)
    for frames in (1, 3, 1, 40, 1, 2, 300, 1):
        _, state = codec.decode_step(random_codes(2, frames), state)
        sizes.append(state_bytes(state))
    assert sizes[0] < sizes[1]
    assert len(set(sizes[1:])) == 1  # full after the second chunk: a window of five sees four more


def test_positions_go_on_for_hours() -> None:
    """Rotation is relative: far from the start the same codes still make the same sound."""
    codec, codes = tiny_codec(), random_codes(1, 12)
    state = codec.start(1)
    frames, layers = state.pasts[1]
    later = (frames + 100_000, layers)  # two hours on
    state = CodecState((state.pasts[0], later, *state.pasts[2:]))
    ours, state = codec.decode_step(codes, state)
    assert state.pasts[1][0].tolist() == [100_012]
    assert (ours - whole(codec, codes)).abs().max() <= 1e-4
