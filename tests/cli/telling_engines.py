"""A voice converter that tells what it was given, to be named on the command line."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from fakes import RATE_HZ, FakeConverter, FakeVoicePrint

from vocalino.audio import Audio
from vocalino.cancel import CancelToken
from vocalino.protocols import Performance, Row
from vocalino.request import ConvertOptions
from vocalino.settings import Settings
from vocalino.take import EngineInfo


class TellingConverter(FakeConverter):
    """Its level follows from every option, its description from the settings."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(settings)

    def describe(self) -> EngineInfo:
        model, device = self._settings.vc_model, self._settings.vc_device
        return EngineInfo("telling", model or "none", device or "none", "float32", "MIT")

    def convert(
        self,
        performances: Sequence[Performance],
        voice_print: FakeVoicePrint,
        options: ConvertOptions,
        seeds: Sequence[int],
        cancel: CancelToken,
    ) -> Iterator[Row]:
        steps = options.ode_steps or self._settings.default_diff_steps
        told = repr(replace(options, ode_steps=steps)).encode()
        level = np.float32(0.4 + zlib.crc32(told) / 2**32 / 10)
        yield from self.rows(
            [Audio(p.audio.samples * level, RATE_HZ) for p in performances], cancel
        )
