"""What the converter hears: the mel of a recording, and the recording at its rates."""

from __future__ import annotations

from math import ceil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file as load_arrays
from safetensors.torch import load_file

from vocalino.audio import Audio
from vocalino.audio.resample import resample
from vocalino.engines.seed_vc.mel import MEL
from vocalino.nn.mel import LogMel


@pytest.mark.parametrize("ending", ["", "_short"])
def test_the_mel_is_the_references(goldens: Path, ending: str) -> None:
    theirs = load_file(goldens / "mel.safetensors")
    mel = LogMel(MEL, torch.device("cpu"))(theirs[f"wave{ending}"].unsqueeze(0))[0]
    expected = theirs[f"mel{ending}"]
    assert mel.shape == expected.shape
    assert (mel - expected).abs().max() <= 2e-4


def test_resampling_is_the_references_to_the_bit(goldens: Path) -> None:
    short = load_arrays(goldens / "resample_short.safetensors")
    mel, style = (load_arrays(goldens / f"{name}.safetensors") for name in ("mel", "style"))
    mono = short["stereo48k"].mean(axis=0)
    for samples, old_hz, new_hz, expected in (
        (short["x24k"], 24000, 22050, short["x22k"]),
        (short["x22k"], 22050, 16000, short["x16k"]),
        (mono, 48000, 22050, short["stereo48k_to_22k"]),
        (mel["wave"], 22050, 16000, style["src_wave16k"]),  # 36959.6 samples, rounded up
    ):
        got = resample(Audio(samples, old_hz), new_hz, rounding=ceil).samples
        assert np.array_equal(got, expected)


def test_resampling_rounds_a_part_of_a_sample_up() -> None:
    third = Audio(np.ones(1000, np.float32), 48000)
    assert resample(third, 16000, rounding=ceil).samples.size == 334
    assert resample(third, 16000).samples.size == 333
