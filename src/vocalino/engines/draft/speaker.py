"""The draft cast's speaker encoder: light statistics, good enough to rank drafts. No torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files

import numpy as np

from vocalino.audio import Audio
from vocalino.engines.draft.frames import Floats
from vocalino.engines.draft.likeness import NAMES, features
from vocalino.protocols import Embeddings
from vocalino.take import EngineInfo

SPACE = "speaker_space.json"


class DraftSpeaker:
    """Register, long-term spectrum and its play, centred and whitened into a speaker embedding.

    The space (mean and projection) comes from recordings of people; `bench/speaker_space.py`
    derives it and `bench/README.md` says how well it tells voices apart. Values are comparable
    with each other only, not with those of other encoders.
    """

    def __init__(self) -> None:
        space = json.loads(
            files("vocalino.engines.draft").joinpath(SPACE).read_text(encoding="utf-8")
        )
        assert tuple(space["features"]) == NAMES, f"derive {SPACE} anew: the features changed"
        self._revision: str = space["revision"]
        self._mean: Floats = np.array(space["mean"], np.float64)  # [34]
        self._projection: Floats = np.array(space["projection"], np.float64)  # [34, dim]

    @property
    def dim(self) -> int:
        return self._projection.shape[1]

    def embed(self, clips: Sequence[Audio]) -> Embeddings:
        """[N, dim], rows of unit length; each depends on its own clip alone.

        Raises:
            AudioError: a clip is silent, or less than 0.4 s of it is audible.
        """
        embeddings = np.zeros((len(clips), self.dim), np.float32)
        for row, clip in enumerate(clips):
            centred = features(clip) - self._mean
            centred[np.isnan(centred)] = 0.0  # not measured: neither like nor unlike
            projected = centred @ self._projection
            embeddings[row] = projected / max(float(np.linalg.norm(projected)), 1e-12)
        return embeddings

    def describe(self) -> EngineInfo:
        return EngineInfo(
            name="draft-speaker",
            revision=self._revision,
            device="cpu",
            dtype="float64",
            licence="MIT",
        )

    def close(self) -> None:
        """Nothing to give back."""
