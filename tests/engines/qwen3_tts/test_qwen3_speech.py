"""Sound is released when it can't be cut any more."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vocalino.engines.qwen3_tts.generate import Update
from vocalino.engines.qwen3_tts.model import Qwen3Model
from vocalino.engines.qwen3_tts.speech import RowSpeech, Samples, decode_due
from vocalino.take import FinishReason

RATE_HZ, FRAME = 24000, 1920
FADE = 480  # 20 ms


def codes(model: Qwen3Model, frames: int, seed: int = 0) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    config = model.config.codec
    return torch.randint(config.codebook_size, (frames, config.num_quantizers), generator=random)


def fresh(model: Qwen3Model) -> RowSpeech:
    return RowSpeech(model.codec.start(1), RATE_HZ, FRAME)


def tone(frames: int) -> Samples:
    return np.full(frames * FRAME, 0.5, np.float32)


def silence(frames: int) -> Samples:
    return np.zeros(frames * FRAME, np.float32)


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("steps", [(1,) * 40, (40,), (3, 20, 1, 16)])
def test_rows_sound_as_the_whole_whatever_the_steps(
    model: Qwen3Model, together: bool, steps: tuple[int, ...]
) -> None:
    said = [codes(model, sum(steps), seed) for seed in range(3)]
    rows = [fresh(model) for _ in said]
    heard: list[list[Samples]] = [[] for _ in said]
    first = 0
    for size in steps:
        last: FinishReason | None = "eos" if first + size == sum(steps) else None
        for row, all_codes in zip(rows, said, strict=True):
            row.add(Update(0, all_codes[first : first + size], last))
        list(decode_due(model.codec, rows, together=together))
        for row, parts in zip(rows, heard, strict=True):
            parts.append(row.release())
        first += size
    for row, all_codes, parts in zip(rows, said, heard, strict=True):
        assert row.over
        whole = model.codec.decode(all_codes.T.unsqueeze(0))[0].numpy()
        np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-5)


def test_chunks_grow(model: Qwen3Model) -> None:
    row = fresh(model)
    row.add(Update(0, codes(model, 40), None))
    sizes: list[int] = []
    while row.due:
        sizes.append(row.due)
        row.take()
    assert sizes == [4, 8, 13]
    row.add(Update(0, codes(model, 3), "eos"))
    assert row.due == 18  # what is left, though no border is reached


class TestRelease:
    def test_the_last_moment_is_held_back_until_the_end(self, model: Qwen3Model) -> None:
        row = fresh(model)
        row.hear(tone(4))
        assert row.release().size == 4 * FRAME - FADE
        row.finish_reason = "eos"
        assert row.release().size == FADE
        assert row.over

    def test_a_silence_is_held_back_until_something_follows(self, model: Qwen3Model) -> None:
        row = fresh(model)
        row.hear(np.concatenate((tone(2), silence(6))))
        assert row.release().size == 2 * FRAME
        row.hear(silence(4))
        assert row.release().size == 0
        row.hear(tone(1))
        assert row.release().size == 11 * FRAME - FADE

    def test_an_endless_silence_is_cut(self, model: Qwen3Model) -> None:
        row = fresh(model)
        row.hear(np.concatenate((tone(2), silence(37))))
        assert not row.endless_silence
        row.hear(silence(1))
        assert row.endless_silence and row.spoken
        row.cut()
        assert row.release().size == 2 * FRAME + round(0.3 * RATE_HZ)
        assert row.finish_reason == "loop" and row.over

    def test_an_end_that_is_no_end_fades(self, model: Qwen3Model) -> None:
        row = fresh(model)
        row.hear(tone(4))
        row.finish_reason = "budget"
        sound = row.release()
        assert sound.size == 4 * FRAME
        assert sound[-1] == 0.0
        np.testing.assert_array_equal(sound[:-FADE], tone(4)[:-FADE])
        assert np.all(np.diff(sound[-FADE:]) < 0)

    def test_nothing_said_can_be_begun_again(self, model: Qwen3Model) -> None:
        row = fresh(model)
        row.hear(silence(38))
        assert row.endless_silence and not row.spoken
        assert row.release().size == 0
        row.begin_again()
        assert not row.endless_silence
        row.hear(tone(1))
        assert row.release().size == FRAME - FADE
