"""When a row should end though the talker does not say so (spec section 15, "no EOS").

Rarely, the talker falls into a state that it can't leave: the same few codes again and again, or
endless near-silence. What such a row says from then on must not be heard. Frames are therefore
only *cleared* for hearing while nothing speaks against them; a row that is stuck goes back to the
last cleared frame and on from there with other random numbers, once, and is cut there after that.
All of this depends on the row's own codes alone, never on when somebody looks.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from typing import Literal

FEW_CODES = 3  # different first codes that count as a standstill
HELD_FRAMES = 8  # 0.64 s: standstills up to this long are ordinary pauses and held sounds
STUCK_FRAMES = 38  # 3 s


@dataclass(frozen=True)
class Budget:
    """How many frames a row may have: `soft` are enough as a rule, `hard` are the most.

    An unguarded row goes on to `hard` whatever it says: to compare with upstream, to time.
    """

    soft: int
    hard: int
    guarded: bool = True


class Watch:
    """Follows the first codes of one row."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.frames = 0
        self._still: deque[int] = deque()  # the longest ending of few different codes
        self._counts: Counter[int] = Counter()

    def see(self, code: int) -> None:
        """One more frame."""
        self.frames += 1
        self._still.append(code)
        self._counts[code] += 1
        while len(self._counts) > FEW_CODES:
            gone = self._still.popleft()
            self._counts[gone] -= 1
            if not self._counts[gone]:
                del self._counts[gone]

    @property
    def cleared(self) -> int:
        """So many frames may be heard while the row goes on."""
        budget = self.budget
        if not budget.guarded:
            return min(self.frames, budget.hard)
        standstill = self.frames - len(self._still)
        return min(self.frames, standstill + HELD_FRAMES, budget.soft, budget.hard)

    @property
    def runaway(self) -> Literal["loop", "budget"] | None:
        """Why the row should not go on, if it should not."""
        if self.budget.guarded and len(self._still) >= STUCK_FRAMES:
            return "loop"
        return "budget" if self.frames > self.budget.hard else None
