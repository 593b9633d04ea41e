"""On a CUDA device: graphs make what the eager path makes. `make test-gpu` runs these."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from vocalino.cancel import CancelToken
from vocalino.engines.qwen3_tts.engine import Qwen3Designer
from vocalino.protocols import RowAudio
from vocalino.request import DesignOptions, Direction, Line

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
]

SEEDS = (1, 2, 3)


@pytest.fixture(autouse=True)
def full_float32() -> Iterator[None]:
    """Convolutions on a GPU round to TF32 unless they are told not to."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32 = before


def sound(
    checkpoint: Path, device: str, *, graphs: bool, dtype: torch.dtype, greedy: bool
) -> list[np.ndarray]:
    """The samples of each take."""
    designer = Qwen3Designer(checkpoint, device=device, dtype=dtype, cuda_graphs=graphs)
    temperature = 0.0 if greedy else None
    options = DesignOptions(
        temperature=temperature, predictor_temperature=temperature, max_new_tokens=40
    )
    line = Line("I will be there at noon.", "english")
    parts: list[list[np.ndarray]] = [[] for _ in SEEDS]
    for _ in range(2):  # the second batch replays the graphs of the first
        parts = [[] for _ in SEEDS]
        for row in designer.design(line, Direction("Calm."), options, SEEDS, CancelToken()):
            assert isinstance(row, RowAudio)
            parts[row.index].append(row.audio.samples)
    designer.close()
    return [np.concatenate(take) for take in parts]


@pytest.mark.parametrize("greedy", [True, False])
def test_graphs_make_what_the_eager_path_makes(checkpoint: Path, greedy: bool) -> None:
    dtype = torch.float32
    eager = sound(checkpoint, "cuda:0", graphs=False, dtype=dtype, greedy=greedy)
    replayed = sound(checkpoint, "cuda:0", graphs=True, dtype=dtype, greedy=greedy)
    for a, b in zip(eager, replayed, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-3)


def test_float32_on_the_device_is_float32_on_the_cpu(checkpoint: Path) -> None:
    dtype = torch.float32
    cpu = sound(checkpoint, "cpu", graphs=False, dtype=dtype, greedy=True)
    gpu = sound(checkpoint, "cuda:0", graphs=True, dtype=dtype, greedy=True)
    for a, b in zip(cpu, gpu, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-3)


def test_bfloat16_runs(checkpoint: Path) -> None:
    for take in sound(checkpoint, "cuda:0", graphs=True, dtype=torch.bfloat16, greedy=False):
        assert np.isfinite(take).all()
