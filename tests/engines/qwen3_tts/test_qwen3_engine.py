"""The designer as the pipeline knows it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from vocalino.cancel import CancelToken
from vocalino.engines.qwen3_tts.engine import Qwen3Designer
from vocalino.errors import Cancelled, EngineUnavailable, GenerationFailed, RequestError
from vocalino.protocols import RowAudio, RowFailed, SpeechDesigner
from vocalino.request import DesignOptions, Direction, Line
from vocalino.rows import RowDone, collect
from vocalino.settings import Settings

LINE = Line("I will be there at noon.", "english")
DIRECTION = Direction("A calm, warm voice.")
SHORT = DesignOptions(max_new_tokens=24)


def takes(
    designer: Qwen3Designer,
    seeds: Sequence[int],
    line: Line = LINE,
    options: DesignOptions = SHORT,
) -> list[RowDone]:
    rows = designer.design(line, DIRECTION, options, seeds, CancelToken())
    done = [row for row in collect(rows, len(seeds)) if isinstance(row, RowDone)]
    return sorted(done, key=lambda row: row.index)


def same(a: RowDone, b: RowDone) -> bool:
    return np.array_equal(a.audio.samples, b.audio.samples)


def test_it_is_a_speech_designer(designer: Qwen3Designer) -> None:
    assert isinstance(designer, SpeechDesigner)
    assert designer.sample_rate_hz == 24000
    info = designer.describe()
    assert (info.device, info.dtype) == ("cpu", "float32")
    assert "Apache-2.0" in info.licence


def test_a_take_is_the_same_samples_in_every_batch(designer: Qwen3Designer) -> None:
    (alone,) = takes(designer, [7])
    four = takes(designer, [1, 2, 7, 3])
    ten = takes(designer, [7, *range(20, 29)])
    assert same(alone, four[2]) and same(alone, ten[0])
    assert not same(four[0], four[1])


def test_chunks_leave_while_the_talker_runs(designer: Qwen3Designer) -> None:
    @dataclass
    class Frames(CancelToken):
        made: int = 0

        def __post_init__(self) -> None:
            super().__init__()

        def check(self) -> None:
            self.made += 1

    frames = Frames()
    made_at_chunk: list[int] = []
    options = DesignOptions(max_new_tokens=60, repetition_penalty=1.5)
    for row in designer.design(LINE, DIRECTION, options, [1, 2], frames):
        assert isinstance(row, RowAudio)
        made_at_chunk.append(frames.made)
    assert len(made_at_chunk) > 2
    assert made_at_chunk[0] < 12 < made_at_chunk[-1]


def test_a_temperature_of_nought_is_greedy(designer: Qwen3Designer) -> None:
    greedy = DesignOptions(temperature=0.0, predictor_temperature=0.0, max_new_tokens=12)
    first, second = takes(designer, [1, 2], options=greedy)
    assert same(first, second)


def test_the_most_tokens_count_as_upstream_counts(designer: Qwen3Designer) -> None:
    """N tokens are N - 1 frames: the frame of the last is never made (spec 8.1)."""
    (made,) = takes(designer, [1], options=DesignOptions(max_new_tokens=3))
    assert made.finish_reason == "budget"
    assert made.audio.samples.size == 2 * 1920


def test_a_long_line_is_made_in_pieces_and_joined(designer: Qwen3Designer) -> None:
    sentence = "She said she would be here by noon, but it is late, and we do not know why."
    long = Line(" ".join([sentence] * 5), "english")
    options = DesignOptions(max_new_tokens=6)
    one, two = takes(designer, [5, 6], long, options)
    pieces = 2
    assert one.audio.samples.size == pieces * 5 * 1920 + round(0.15 * 24000)
    assert not same(one, two)
    assert same(two, takes(designer, [6], long, options)[0])


def test_cancel_ends_it(designer: Qwen3Designer) -> None:
    cancel = CancelToken()
    rows = designer.design(LINE, DIRECTION, DesignOptions(max_new_tokens=200), [1, 2], cancel)
    next(rows)
    cancel.cancel("enough")
    with pytest.raises(Cancelled, match="enough"):
        list(rows)


def test_two_batches_may_be_under_way(designer: Qwen3Designer) -> None:
    expected = takes(designer, [1])[0], takes(designer, [2])[0]
    first = designer.design(LINE, DIRECTION, SHORT, [1], CancelToken())
    head = next(first)
    second = takes(designer, [2])[0]
    assert isinstance(head, RowAudio)
    rest = [row.audio.samples for row in first if isinstance(row, RowAudio)]
    assert same(second, expected[1])
    np.testing.assert_array_equal(
        np.concatenate((head.audio.samples, *rest)), expected[0].audio.samples
    )


def test_nothing_but_silence_fails_the_row_and_no_other(checkpoint: Path) -> None:
    designer = Qwen3Designer(checkpoint)
    last = designer.model.codec.decoder[-1]
    for parameter in last.parameters():
        parameter.data.zero_()
    for module in last.modules():
        for buffer in module.buffers(recurse=False):
            buffer.zero_()
    options = DesignOptions(max_new_tokens=160, repetition_penalty=0.7)  # seldom comes to an end
    rows = collect(designer.design(LINE, DIRECTION, options, [3, 0], CancelToken()), 2)
    done, failed = [row for row in rows if isinstance(row, RowDone | RowFailed)]
    assert isinstance(done, RowDone) and done.index == 0
    assert isinstance(failed, RowFailed) and failed.index == 1
    assert isinstance(failed.error, GenerationFailed)
    assert "silence" in str(failed.error)


@pytest.mark.parametrize(
    ("options", "words"),
    [(DesignOptions(max_new_tokens=2), ""), (DesignOptions(top_p=0.0, max_new_tokens=4), "")],
)
def test_bounds_that_can_be_met(
    designer: Qwen3Designer, options: DesignOptions, words: str
) -> None:
    assert takes(designer, [1], options=options)[0].audio.samples.size


def test_a_language_that_the_checkpoint_lacks(checkpoint: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(checkpoint, tmp_path / "model"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    del config["talker_config"]["codec_language_id"]["german"]
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    designer = Qwen3Designer(folder)
    line = Line("Guten Tag.", "german")
    with pytest.raises(RequestError, match="'german'.*english"):
        list(designer.design(line, DIRECTION, SHORT, [1], CancelToken()))


def test_a_direction_too_long_for_the_model(checkpoint: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(checkpoint, tmp_path / "model"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["talker_config"]["max_position_embeddings"] = 64
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(RequestError, match="64.*shorten"):
        takes_of = Qwen3Designer(folder).design(LINE, DIRECTION, SHORT, [1], CancelToken())
        list(takes_of)


@pytest.mark.parametrize(
    ("device", "words"), [("cuda:63", "TTS_DEVICE=cpu"), ("toaster", "names no device")]
)
def test_a_device_that_is_not_there(checkpoint: Path, device: str, words: str) -> None:
    with pytest.raises(EngineUnavailable, match=words):
        Qwen3Designer(checkpoint, device=device)


def test_graphs_need_a_gpu(checkpoint: Path) -> None:
    with pytest.raises(EngineUnavailable, match="TTS_CUDA_GRAPHS"):
        Qwen3Designer(checkpoint, cuda_graphs=True)


def test_a_closed_designer_says_so(checkpoint: Path) -> None:
    designer = Qwen3Designer(checkpoint)
    designer.close()
    with pytest.raises(EngineUnavailable, match="closed"):
        list(designer.design(LINE, DIRECTION, SHORT, [1], CancelToken()))


@pytest.mark.parametrize(
    ("flags", "dtype"),
    [
        ({"tts_dtype": "bfloat16"}, "bfloat16"),
        ({"tts_quantize": "int8"}, "float32+int8"),
        ({"tts_quantize": "int8", "tts_dtype": "bfloat16"}, "bfloat16+int8"),
    ],
)
def test_settings(checkpoint: Path, flags: dict[str, str], dtype: str) -> None:
    flags = {"tts_model": str(checkpoint), "tts_device": "cpu", **flags}
    designer = Qwen3Designer.from_settings(Settings.load(flags, environ={}))
    assert designer.describe().dtype == dtype
    first, second = takes(designer, [1, 2])
    assert np.isfinite(first.audio.samples).all()
    assert not same(first, second)
    if dtype == "float32+int8":
        assert same(second, takes(designer, [2])[0])
