from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from vocalino.library import Library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path) as library:
        yield library
        assert library.problems() == []
