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
    """Of one clip, at the rate of the mel and at that of the content."""
    wave = load_arrays(goldens / "mel.safetensors")["wave"]
    expected = load_arrays(goldens / "content_short.safetensors")["src_wave16k"]
    got = resample(Audio(wave, 22050), 16000, rounding=ceil).samples  # 36959.6, rounded up
    assert np.array_equal(got, expected)


def test_resampling_rounds_a_part_of_a_sample_up() -> None:
    third = Audio(np.ones(1000, np.float32), 48000)
    assert resample(third, 16000, rounding=ceil).samples.size == 334
    assert resample(third, 16000).samples.size == 333
