"""The tiny checkpoint of the goldens, loaded once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from vocalino.engines.qwen3_tts.engine import Qwen3Designer
from vocalino.engines.qwen3_tts.model import Qwen3Model
from vocalino.nn import linear

GOLDENS = Path(__file__).parents[2] / "goldens" / "qwen3_tts"


@pytest.fixture(scope="session")
def goldens() -> Path:
    return GOLDENS


@pytest.fixture(scope="session")
def checkpoint() -> Path:
    return GOLDENS / "checkpoint"


@pytest.fixture(scope="session")
def designer(checkpoint: Path) -> Iterator[Qwen3Designer]:
    made = Qwen3Designer(checkpoint)
    yield made
    made.close()


@pytest.fixture(scope="session")
def model(designer: Qwen3Designer) -> Qwen3Model:
    return designer.model


@pytest.fixture(scope="session")
def model_without_kernels(checkpoint: Path) -> Iterator[Qwen3Model]:
    """As where there is no numba."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear, "has_kernels", lambda: False)
        made = Qwen3Designer(checkpoint)
    yield made.model
    made.close()


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small gain nothing from more, and lose much on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
