"""Order takes by what the judge said, and say why: pure functions.

Takes that pass every gate come before those that fail one; within each group the one nearest
to the reference comes first; takes that can't be told apart keep the order they were made in.
"""

from __future__ import annotations

from collections.abc import Sequence

from vocalino.take import Placing, Ranking, Take

IDENTITY = "identity"


def rank(takes: Sequence[Take]) -> Ranking:
    """Best first; every placing has its reason in one sentence."""
    ordered = sorted(takes, key=_key)
    placings: list[Placing] = []
    for place, take in enumerate(ordered):
        following = ordered[place + 1] if place + 1 < len(ordered) else None
        placings.append(Placing(take.index, not take.failed_gates, _reason(take, place, following)))
    return Ranking(tuple(placings))


def _key(take: Take) -> tuple[int, float, int]:
    value = _identity(take)
    return (len(take.failed_gates), -(value if value is not None else -1.0), take.index)


def _identity(take: Take) -> float | None:
    verdict = take.verdict(IDENTITY)
    return verdict.value if verdict else None


def _reason(take: Take, place: int, following: Take | None) -> str:
    failed = take.failed_gates
    if failed:
        return "; ".join(verdict.evidence for verdict in failed)
    value = _identity(take)
    if value is None:
        return "passes every check; there is no likeness to compare, so the order is that of making"
    text = f"passes every check; likeness to the voice {value:.3f}"
    if following is None or following.failed_gates:
        return text + (", the only one that passes" if place == 0 and following else "")
    other = _identity(following)
    if other is None:
        return text
    if other == value:
        return f"{text}, the same as the next: the one made first goes first"
    return f"{text}, the next has {other:.3f}"
