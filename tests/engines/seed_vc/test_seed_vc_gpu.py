"""On a CUDA device: what the CPU makes, exactly or nearly so. `make test-gpu` runs it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from recordings import babble

from vocalino.audio import Audio, concatenate
from vocalino.cancel import CancelToken
from vocalino.engines.seed_vc.engine import SeedVC
from vocalino.engines.seed_vc.pins import Folders
from vocalino.protocols import Performance, RowAudio
from vocalino.request import ConvertOptions

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
]
SOURCES = [babble(1.3, 1), babble(1.3, 2), babble(1.7, 3)]


@pytest.fixture(autouse=True)
def full_float32() -> Iterator[None]:
    """Convolutions on a GPU round to TF32 unless they are told not to."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32 = before


def convert(converter: SeedVC, sources: list[Audio], options: ConvertOptions) -> list[Audio]:
    voice = converter.prepare(babble(2.0, 9))
    parts: list[list[Audio]] = [[] for _ in sources]
    performances = [Performance(source) for source in sources]
    rows = converter.convert(performances, voice, options, range(len(sources)), CancelToken())
    for row in rows:
        assert isinstance(row, RowAudio), row
        parts[row.index].append(row.audio)
    return [concatenate(part) for part in parts]


def engine(goldens: Path, cache: Path, device: str, dtype: torch.dtype) -> SeedVC:
    folders = Folders.under(goldens / "checkpoints")
    return SeedVC(folders, cache, device=device, dtype=dtype, default_steps=4)


@pytest.mark.parametrize("style", [False, True])
def test_a_gpu_makes_what_a_cpu_makes(
    converter: SeedVC, goldens: Path, tmp_path: Path, style: bool
) -> None:
    options = ConvertOptions(convert_style=style, ode_steps=4)
    on_gpu = engine(goldens, tmp_path, "cuda:0", torch.float32)
    for ours, theirs in zip(
        convert(on_gpu, SOURCES, options), convert(converter, SOURCES, options), strict=True
    ):
        assert ours.samples.size == theirs.samples.size
        assert np.abs(ours.samples - theirs.samples).max() < 1e-2


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_plays(goldens: Path, tmp_path: Path, dtype: torch.dtype) -> None:
    """Tokens may differ, so that nothing but length and finiteness is comparable."""
    made = convert(engine(goldens, tmp_path, "cuda:0", dtype), SOURCES, ConvertOptions())
    for ours, source in zip(made, SOURCES, strict=True):
        assert abs(ours.duration_s - source.duration_s) < 1e-3
        assert 0 < ours.peak <= 1
