"""Kaldi's filter bank energies, as the reference has them."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file

from vocalino.engines.seed_vc.fbank import BANDS, FRAME, HOP, SAMPLE_RATE_HZ, fbank, frames_in

# How a float32 transform rounds depends on the processor, and shows where a band is far below
# the loudest of its frame: there the recorded numbers are 6e-4 off float64's.
CLOSE, CLOSE_WHERE_QUIET = 1e-4, 1e-3
QUIET = 12.0  # below the loudest band of a frame, in natural logarithms of energy: 52 dB


def test_energies_are_the_references(goldens: Path) -> None:
    theirs = load_file(goldens / "fbank.safetensors")
    wave, expected = theirs["wave16k"], theirs["fbank"]
    ours = fbank(wave)
    assert ours.shape == expected.shape == (frames_in(len(wave)), BANDS)
    error = (ours - expected).abs()
    quiet = expected < expected.amax(dim=1, keepdim=True) - QUIET
    assert error.max() <= CLOSE_WHERE_QUIET
    assert error[~quiet].max() <= CLOSE
    assert not quiet.float().mean() > 0.1


def test_only_whole_frames() -> None:
    assert [frames_in(size) for size in (0, 399, 400, 559, 560, 16000)] == [0, 0, 1, 1, 2, 98]
    for size in (FRAME, FRAME + HOP - 1, FRAME + HOP):
        assert fbank(torch.zeros(size)).shape == (frames_in(size), BANDS)


def test_silence_and_a_constant_are_the_floor() -> None:
    """The mean of a frame is taken off before anything else."""
    floor = torch.tensor(torch.finfo(torch.float32).eps).log()
    for level in (0.0, 0.25):
        assert torch.equal(fbank(torch.full((1000,), level)), floor.expand(4, BANDS))


def test_a_tone_is_loudest_in_its_own_band() -> None:
    time_s = torch.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    for hz, band in ((250.0, 8), (1000.0, 27), (4000.0, 60)):
        # The band whose centre is nearest on the mel scale, of 80 between 20 Hz and 8 kHz.
        assert int(fbank(torch.sin(2 * torch.pi * hz * time_s))[20].argmax()) == band
