"""Log-mel front ends: bands where Slaney has them, and rows that do not touch each other."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from vocalino.nn.mel import LogMel, MelConfig, slaney_filters

CPU = torch.device("cpu")
CONFIG = MelConfig(
    sample_rate_hz=24000,
    n_fft=1024,
    hop=256,
    window=1024,
    bands=128,
    fmin_hz=0.0,
    fmax_hz=12000.0,
    padding=384,
    epsilon=1e-9,
    floor=1e-5,
)


def tone(hz: float, samples: int = 12000) -> torch.Tensor:
    """[1, T]"""
    return 0.5 * torch.sin(2 * torch.pi * hz * torch.arange(samples) / 24000).unsqueeze(0)


def test_filters_stand_where_slaneys_scale_has_them() -> None:
    """40 bands of 0 to 6.4 kHz: a mel is 200/3 Hz up to 1 kHz, and 6.4 kHz is 27 mel above it."""
    config = replace(CONFIG, n_fft=8192, bands=41, fmax_hz=6400.0)  # 42 mel: one mel a band
    filters = slaney_filters(config)
    assert filters.shape == (41, 4097)
    peaks_hz = filters.argmax(dim=1) * 24000 / 8192
    linear = [200 / 3 * mel for mel in range(1, 16)]
    above = [1000 * 6.4 ** ((mel - 15) / 27) for mel in range(16, 42)]
    assert peaks_hz.tolist() == pytest.approx(linear + above, abs=24000 / 8192)


def test_filters_have_equal_areas() -> None:
    config = replace(CONFIG, n_fft=65536)
    areas = slaney_filters(config).sum(dim=1) * 24000 / 65536
    assert areas.tolist() == pytest.approx([1.0] * 128, abs=1e-2)


@pytest.mark.parametrize("hz", [200.0, 1000.0, 3000.0, 9000.0])
def test_a_tone_is_loudest_in_its_own_band(hz: float) -> None:
    filters = slaney_filters(CONFIG)
    mel = LogMel(CONFIG, CPU)(tone(hz))[0]
    # A Hann window spreads a tone over three bins, with weights 1/4, 1/2, 1/4.
    position = round(hz * 1024 / 24000)
    seen = filters[:, position - 1 : position + 2] @ torch.tensor([0.5, 1.0, 0.5])
    assert abs(int(mel[:, 20].argmax()) - int(seen.argmax())) <= 1


@pytest.mark.parametrize(
    ("samples", "frames"), [(385, 1), (511, 1), (512, 2), (767, 2), (768, 3), (5000, 19)]
)
def test_a_frame_for_every_whole_hop(samples: int, frames: int) -> None:
    assert LogMel(CONFIG, CPU)(torch.zeros(1, samples)).shape == (1, 128, frames)


def test_silence_is_the_floor_or_what_epsilon_leaves() -> None:
    floor = LogMel(replace(CONFIG, epsilon=0.0), CPU)(torch.zeros(1, 1000))
    assert torch.equal(floor, torch.full_like(floor, torch.tensor(1e-5).log().item()))
    left = LogMel(replace(CONFIG, floor=1e-12), CPU)(torch.zeros(1, 1000))
    expected = (slaney_filters(CONFIG).sum(dim=1) * 1e-9**0.5).log()
    assert torch.allclose(left[0, :, 0], expected, atol=1e-5)


def test_both_ends_are_mirrored() -> None:
    wave = torch.randn(1, 2000, generator=torch.Generator().manual_seed(0))
    mirrored = torch.cat((wave[:, 1:385].flip(1), wave, wave[:, -385:-1].flip(1)), dim=1)
    bare = LogMel(replace(CONFIG, padding=0), CPU)(mirrored)
    assert torch.equal(bare, LogMel(CONFIG, CPU)(wave))


def test_a_row_is_the_same_in_every_batch() -> None:
    wave = torch.randn(5, 30000, generator=torch.Generator().manual_seed(0))
    front_end = LogMel(CONFIG, CPU)
    batch = front_end(wave)
    for row in range(5):
        assert torch.equal(batch[row], front_end(wave[row : row + 1])[0])
