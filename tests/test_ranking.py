"""Ranking: gates first, then likeness, ties stable, a reason for every place."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vocalino.audio import Audio
from vocalino.ranking import rank
from vocalino.take import Provenance, Take, Verdict

SOUND = Audio(np.zeros(1, np.float32), 8000)


def take(index: int, likeness: float | None, *failed: str) -> Take:
    outcome = "pass" if likeness is not None else "inconclusive"
    verdicts = [Verdict("identity", outcome, "likeness", likeness)]
    verdicts += [Verdict(name, "fail", f"{name}: planted", gate=True) for name in failed]
    return Take(index, index, SOUND, Provenance("fake", {}), None, tuple(verdicts))


def test_nearest_to_the_reference_is_best() -> None:
    ranking = rank([take(0, 0.5), take(1, 0.9), take(2, 0.7)])
    assert ranking.order == (1, 2, 0)
    assert ranking.best == 1
    assert ranking.placings[0].reason == (
        "passes every check; likeness to the voice 0.900, the next has 0.700"
    )


def test_a_failed_gate_outweighs_any_likeness() -> None:
    ranking = rank([take(0, 0.99, "clipping"), take(1, 0.1), take(2, 0.5, "silence", "length")])
    assert ranking.order == (1, 0, 2)
    assert [p.passed for p in ranking.placings] == [True, False, False]
    assert ranking.placings[0].reason.endswith("the only one that passes")
    assert ranking.placings[2].reason == "silence: planted; length: planted"


def test_nothing_passes_nothing_is_best() -> None:
    ranking = rank([take(0, 0.9, "silence")])
    assert ranking.best is None
    assert ranking.order == (0,)
    assert rank([]).placings == ()


def test_ties_keep_the_order_of_making() -> None:
    ranking = rank([take(2, 0.5), take(0, 0.5), take(1, 0.5)])
    assert ranking.order == (0, 1, 2)
    assert "the same as the next" in ranking.placings[0].reason


def test_unknown_likeness_comes_after_a_known_one() -> None:
    ranking = rank([take(0, None), take(1, -0.5)])
    assert ranking.order == (1, 0)
    assert "no likeness to compare" in ranking.placings[1].reason


scores = st.one_of(st.none(), st.floats(-1, 1))


@given(st.lists(st.tuples(scores, st.booleans()), max_size=5))
def test_order_does_not_depend_on_the_order_of_arrival(
    items: list[tuple[float | None, bool]],
) -> None:
    takes = [take(i, s, *(["length"] if bad else [])) for i, (s, bad) in enumerate(items)]
    orders = {rank(p).order for p in itertools.permutations(takes)}
    assert len(orders) == 1
    passed = [p.passed for p in rank(takes).placings]
    assert passed == sorted(passed, reverse=True)
