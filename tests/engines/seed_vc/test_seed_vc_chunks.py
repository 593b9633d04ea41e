"""Long performances: chunks, seams and parts."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from recordings import babble
from torch import Tensor

from vocalino.audio import Audio, Samples, concatenate
from vocalino.cancel import CancelToken
from vocalino.engines.seed_vc.content import Window, reduced, windows
from vocalino.engines.seed_vc.draws import NOISE_FRAMES, SeededDraws
from vocalino.engines.seed_vc.engine import SeedVC
from vocalino.engines.seed_vc.pins import Folders
from vocalino.engines.seed_vc.rules import Rules
from vocalino.engines.seed_vc.seams import (
    BRIEF_SAMPLES,
    OVERLAP_FRAMES,
    OVERLAP_SAMPLES,
    Crossfade,
    spans,
)
from vocalino.engines.seed_vc.styling import borders
from vocalino.protocols import Performance, RowAudio
from vocalino.request import ConvertOptions


@pytest.fixture(scope="module")
def short_sighted(goldens: Path, tmp_path_factory: pytest.TempPathFactory) -> SeedVC:
    """With a context of 7 s, a reference of 2 s among them, and parts of 40 tokens."""
    cache = tmp_path_factory.mktemp("converted")
    rules = Rules(context_s=7, part_tokens=40)
    return SeedVC(Folders.under(goldens / "checkpoints"), cache, default_steps=2, rules=rules)


def chunks_of(converter: SeedVC, source: Audio, options: ConvertOptions) -> list[Audio]:
    voice = converter.prepare(babble(2.0, 9))
    rows = converter.convert([Performance(source)], voice, options, [1], CancelToken())
    found: list[Audio] = []
    for row in rows:
        assert isinstance(row, RowAudio)
        found.append(row.audio)
    return found


def spectral_flux(samples: Samples, hop: int = 256) -> np.ndarray:
    """How much louder the bands get from frame to frame: a click is a peak."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, 1024)[::hop]
    spectra = np.abs(np.fft.rfft(frames * np.hanning(1024), axis=1))
    return np.maximum(np.diff(spectra, axis=0), 0).sum(axis=1)


@pytest.mark.parametrize("style", [False, True])
def test_sound_leaves_in_chunks_without_clicks(short_sighted: SeedVC, style: bool) -> None:
    """The flux at the seams is within the range of the rest. In style mode a part begins anew,
    which is as much as an onset."""
    chunks = chunks_of(short_sighted, babble(14.0, 5), ConvertOptions(convert_style=style))
    assert len(chunks) >= 3
    whole = concatenate(chunks).samples
    flux = spectral_flux(whole)
    seams = np.cumsum([chunk.samples.size for chunk in chunks])[:-1]
    near = np.zeros(flux.size, bool)
    for seam in seams:
        near[max(0, (seam - 2048) // 256) : (seam + 2048 + OVERLAP_SAMPLES) // 256] = True
    assert near.any() and not near.all()
    assert flux[near].max() <= flux[~near].max() * (1.5 if style else 1.0)
    steps = np.abs(np.diff(whole))
    assert steps[seams - 1].max() <= steps.max()


def test_a_seam_without_a_fade_would_be_found(short_sighted: SeedVC) -> None:
    """So that the test above can fail."""
    chunks = chunks_of(short_sighted, babble(14.0, 5), ConvertOptions())
    whole = concatenate(chunks).samples.copy()
    seam = chunks[0].samples.size
    whole[seam : seam + 3] = (1, -1, 1)
    flux = spectral_flux(whole)
    at = slice((seam - 1024) // 256, seam // 256 + 1)
    assert flux[at].max() > np.delete(flux, np.r_[at]).max()


# Spans and seams


def test_spans_cover_all_and_overlap() -> None:
    assert spans(1, 50) == [(0, 1)]
    assert spans(50, 50) == [(0, 50)]
    for frames in (51, 66, 67, 84, 85, 999):
        found = spans(frames, 50)
        assert found[0][0] == 0 and found[-1][1] == frames
        assert all(b[0] == a[1] - OVERLAP_FRAMES for a, b in pairwise(found))
        assert all(end - first == 50 for first, end in found[:-1])
        assert found[-1][1] - found[-1][0] > OVERLAP_FRAMES


def test_a_crossfade_of_one_sound_is_that_sound() -> None:
    sound = np.random.default_rng(0).standard_normal(30_000).astype(np.float32)
    joint = Crossfade()
    parts = [
        joint.add(sound[:12_000], last=False),
        joint.add(sound[12_000 - OVERLAP_SAMPLES : 21_000], last=False),
        joint.add(sound[21_000 - OVERLAP_SAMPLES :], last=True),
    ]
    assert [part.size for part in parts] == [12_000 - 4096, 9_000, 9_000 + 4096]
    assert np.abs(np.concatenate(parts) - sound).max() < 1e-6


def test_a_crossfade_mixes_old_and_new() -> None:
    joint = Crossfade()
    joint.add(np.zeros(5_000, np.float32), last=False)
    risen = joint.add(np.ones(9_000, np.float32), last=True)
    assert risen[0] < 1e-9 and risen[OVERLAP_SAMPLES - 1] == 1
    assert abs(risen[OVERLAP_SAMPLES // 2] - 0.5) < 1e-3
    assert (np.diff(risen) >= 0).all()


def test_parts_that_share_no_moment_lose_ten_milliseconds() -> None:
    joint, part = Crossfade(BRIEF_SAMPLES), np.ones(1_000, np.float32)
    parts = [joint.add(part, last=last) for last in (False, False, True)]
    assert [each.size for each in parts] == [780, 780, 1_000]
    assert np.abs(np.concatenate(parts) - 1).max() < 1e-6
    tiny = Crossfade(BRIEF_SAMPLES)
    assert tiny.add(part[:100], last=False).size == 0
    assert tiny.add(part[:50], last=True).size == 50


# Content windows


def test_windows_of_content_are_the_references() -> None:
    assert windows(480_000) == [Window(0, 480_000, 0)]
    assert windows(480_001)[1:] == [Window(400_000, 480_001, 250)]
    assert windows(996_800) == [
        Window(0, 480_000, 0),
        Window(400_000, 880_000, 250),
        Window(800_000, 996_800, 250),
    ]


def test_equal_neighbours_become_one() -> None:
    assert reduced(torch.tensor([5, 5, 5, 2, 2, 5])).tolist() == [5, 2, 5]


# Parts of style mode


def test_parts_end_where_it_is_quiet() -> None:
    starts = list(range(0, 303, 3))  # 100 tokens of three frames
    loudness = [1.0] * 301
    loudness[starts[55]] = loudness[starts[35]] = 0.1
    assert borders(starts, loudness, 60, 99.0) == [0, 55, 100]
    assert borders(starts, loudness, 100, 99.0) == [0, 100]
    assert borders(starts, loudness, 100, 2.4) == [0, 35, 61, 100]  # 40 tokens at most


def test_parts_are_never_too_long_nor_empty() -> None:
    random = np.random.default_rng(0)
    for _ in range(50):
        counts = random.integers(1, 30, random.integers(1, 200))
        starts = [0, *np.cumsum(counts).tolist()]
        loudness = random.random(starts[-1] + 1).tolist()
        most = int(random.integers(1, 60))
        edges = borders(starts, loudness, most, 4.0)
        assert edges[0] == 0 and edges[-1] == len(counts)
        for first, end in pairwise(edges):
            assert 1 <= end - first <= most
            assert starts[end] - starts[first] <= 200 or end - first == 1


# Noise


def test_noise_belongs_to_a_frame_and_not_to_a_chunk() -> None:
    draws = SeededDraws(7)
    whole = draws.noise(0, 3 * NOISE_FRAMES)
    assert torch.equal(draws.noise(NOISE_FRAMES - 5, 700), whole[NOISE_FRAMES - 5 :][:700])
    assert abs(float(whole.mean())) < 0.01 and abs(float(whole.std()) - 1) < 0.01
    assert not torch.equal(SeededDraws(8).noise(0, 10), whole[:10])


def test_exponentials_are_keyed_by_part_attempt_and_token() -> None:
    draws = SeededDraws(7, vocabulary=65)

    def block(part: int, attempt: int, first: int) -> Tensor:
        return draws.exponentials(part, attempt)(first, 32)

    first = block(0, 0, 0)
    assert first.shape == (32, 65) and torch.equal(first, block(0, 0, 0))
    for other in (block(1, 0, 0), block(0, 1, 0), block(0, 0, 32)):
        assert not torch.equal(first, other)
    assert abs(float(first.mean()) - 1) < 0.1
