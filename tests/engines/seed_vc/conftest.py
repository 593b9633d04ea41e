"""Numbers that were recorded from the reference, with random weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from vocalino.engines.seed_vc.engine import SeedVC
from vocalino.engines.seed_vc.pins import Folders

GOLDENS = Path(__file__).parents[2] / "goldens" / "seed_vc"


@pytest.fixture(scope="session")
def goldens() -> Path:
    return GOLDENS


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small gain nothing from more, and lose much on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def converter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeedVC]:
    """The engine on the small checkpoints; two ODE steps, since nobody listens."""
    cache = tmp_path_factory.mktemp("converted")
    made = SeedVC(Folders.under(GOLDENS / "checkpoints"), cache, default_steps=2)
    yield made
    made.close()
