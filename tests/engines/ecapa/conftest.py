"""The speaker encoder of the goldens, loaded once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from vocalino.engines.ecapa.engine import EcapaSpeaker

GOLDENS = Path(__file__).parents[2] / "goldens" / "qwen3_tts"


@pytest.fixture(scope="session")
def checkpoint() -> Path:
    return GOLDENS / "checkpoint_base"


@pytest.fixture(scope="session")
def recorded() -> dict[str, Tensor]:
    return load_file(GOLDENS / "speaker.safetensors")


@pytest.fixture(scope="session")
def speaker(checkpoint: Path) -> Iterator[EcapaSpeaker]:
    made = EcapaSpeaker(checkpoint)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small gain nothing from more, and lose much on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
