"""How conversions are cut and joined: as we do it, or as the published converter does (spec 17)."""

from __future__ import annotations

from dataclasses import dataclass

from vocalino.engines.seed_vc.config import HOP, SAMPLE_RATE_HZ

REFERENCE_RESERVE_S = 5  # of the context is never given to the reference


@dataclass(frozen=True)
class Rules:
    """What a conversion may do.

    `as_published` repeats what the published converter does where it is wrong or odd, so that its
    numbers can be compared: `docs/engines/seed-vc.md` lists what that is.
    """

    as_published: bool = False
    context_s: int = 30  # reference and chunk together: what the network was trained on
    ar_content_limit: int = 1500  # reduced narrow tokens of reference and part together
    part_tokens: int = 400  # reduced narrow tokens of a part, and
    part_s: float = 15.0  # seconds of it: longer parts slur

    @property
    def reference_samples(self) -> int:
        """Of the output's rate; what is behind them of a reference does not count."""
        return (self.context_s - REFERENCE_RESERVE_S) * SAMPLE_RATE_HZ

    def window(self, prompt_frames: int) -> int:
        """Mel frames of a chunk beside a prompt."""
        return SAMPLE_RATE_HZ // HOP * self.context_s - prompt_frames
