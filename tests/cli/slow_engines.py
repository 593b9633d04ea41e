"""Speech designers that get stuck, limp or break, to be named on the command line."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from fakes import FakeDesigner, Faults

from vocalino.audio import Audio
from vocalino.cancel import CancelToken
from vocalino.errors import GenerationFailed
from vocalino.protocols import Row


class StuckDesigner(FakeDesigner):
    """Makes one row, then works until it is cancelled."""

    def rows(self, sounds: Sequence[Audio], cancel: CancelToken) -> Iterator[Row]:
        yield from super().rows(sounds[:1], cancel)
        while True:
            time.sleep(0.01)
            cancel.check()


class LimpingDesigner(FakeDesigner):
    """Loses the second row."""

    def __init__(self) -> None:
        super().__init__(Faults(fail={1: GenerationFailed("planted: lost my voice")}))


class BrokenDesigner(FakeDesigner):
    """Breaks before the first row."""

    def __init__(self) -> None:
        super().__init__(Faults(explode_at=0))
