"""The judge: one scorer a file, each with its own evidence in words."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from vocalino.protocols import Scorer
from vocalino.request import ConvertRequest, TakeRequest
from vocalino.take import Take, Verdict

log = logging.getLogger(__name__)


def judge(take: Take, request: TakeRequest | ConvertRequest, scorers: Sequence[Scorer]) -> Take:
    """The take with the verdict of every scorer, in their order.

    A scorer that breaks is inconclusive: it neither sinks a take nor passes one.
    """
    return replace(take, verdicts=tuple(_verdict(scorer, take, request) for scorer in scorers))


def _verdict(scorer: Scorer, take: Take, request: TakeRequest | ConvertRequest) -> Verdict:
    try:
        return scorer.score(take, request)
    except Exception as error:  # the edge to other people's scorers
        log.exception("scorer %s broke on take %d", scorer.name, take.index)
        evidence = f"could not be measured: {type(error).__name__}: {error}"
        return Verdict(scorer.name, "inconclusive", evidence)
