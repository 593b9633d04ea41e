"""The pipeline over fake engines: order of events, isolation, cancel, seeds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fakes import RATE_HZ, FakeConverter, FakeDesigner, FakeEncoder, Faults, clip, tone

from vocalino.audio import Audio
from vocalino.build import scorers
from vocalino.cancel import CancelToken
from vocalino.errors import (
    AudioError,
    Cancelled,
    EngineUnavailable,
    GenerationFailed,
    RequestError,
)
from vocalino.events import (
    AudioChunk,
    Event,
    Finished,
    Ranked,
    StageProgress,
    Started,
    TakeFailed,
    TakeReady,
)
from vocalino.pipeline import Engines, run
from vocalino.protocols import Row
from vocalino.request import ConvertRequest, Direction, Line, Reference, TakeRequest
from vocalino.settings import Settings
from vocalino.take import Take, Verdict

LINE = Line("The tide comes in at nine.")


def cast(
    designer: FakeDesigner | None = None,
    converter: FakeConverter | None = None,
) -> Engines:
    encoder = FakeEncoder()
    return Engines(
        "fake",
        designer or FakeDesigner(),
        converter or FakeConverter(),
        encoder,
        scorers(encoder, Settings()),
    )


def request(takes: int = 3, seed: int = 7, voiced: bool = True) -> TakeRequest:
    reference = Reference(clip()) if voiced else None
    return TakeRequest(LINE, Direction("softly"), reference, takes, seed)


def takes_of(events: list[Event]) -> dict[int, Take]:
    return {e.take.index: e.take for e in events if isinstance(e, TakeReady)}


def only(events: list[Event], kind: type[Any]) -> list[Any]:
    return [e for e in events if isinstance(e, kind)]


def test_events_come_in_order() -> None:
    events = list(run(request(), cast()))
    assert isinstance(events[0], Started)
    assert events[0].warnings[-1] == "a fake voice"
    assert set(events[0].engines) == {"designer", "converter", "encoder"}
    assert isinstance(events[-2], Ranked)
    assert isinstance(events[-1], Finished)
    assert events[-1].outcome == "complete"
    assert len(only(events, Started)) == len(only(events, Ranked)) == 1
    assert sorted(takes_of(events)) == [0, 1, 2]
    for index in range(3):
        ready = next(
            i for i, e in enumerate(events) if isinstance(e, TakeReady) and e.take.index == index
        )
        chunks = [i for i, e in enumerate(events) if isinstance(e, AudioChunk) and e.index == index]
        assert chunks and max(chunks) < ready
    progress = [(e.stage, e.done) for e in only(events, StageProgress)]
    assert [d for s, d in progress if s == "design"] == [1, 2, 3]
    assert [d for s, d in progress if s == "convert"] == [1, 2, 3]


def test_chunks_add_up_to_the_take() -> None:
    events = list(run(request(), cast()))
    for index, take in takes_of(events).items():
        parts = [e.audio.samples for e in only(events, AudioChunk) if e.index == index]
        assert np.array_equal(np.concatenate(parts), take.audio.samples)


def test_take_is_the_same_whatever_k_is() -> None:
    few = takes_of(list(run(request(takes=2), cast())))
    many = takes_of(list(run(request(takes=8), cast())))
    alone = takes_of(list(run(request(takes=8), cast(), only=[1])))
    assert many[1].seed == few[1].seed == alone[1].seed
    assert many[1].audio.content_hash == few[1].audio.content_hash == alone[1].audio.content_hash
    assert len({take.seed for take in many.values()}) == 8


def test_another_seed_makes_another_take() -> None:
    first = takes_of(list(run(request(seed=1), cast())))
    second = takes_of(list(run(request(seed=2), cast())))
    assert first[0].audio.content_hash != second[0].audio.content_hash


def test_one_batch_of_seeds_goes_to_the_designer() -> None:
    designer = FakeDesigner()
    asked = request(takes=4)
    list(run(asked, cast(designer)))
    assert designer.calls == [[asked.seed_of(i) for i in range(4)]]


@pytest.mark.parametrize(("batch_rows", "sizes"), [(1, [1] * 5), (2, [2, 2, 1]), (8, [5])])
def test_converter_gets_the_batches_it_likes(batch_rows: int, sizes: list[int]) -> None:
    converter = FakeConverter(batch_rows=batch_rows)
    events = list(run(request(takes=5), cast(converter=converter)))
    assert [len(call) for call in converter.calls] == sizes
    assert converter.prepared == 1
    assert [p.notes for batch in converter.heard for p in batch] == [f"row {i}" for i in range(5)]
    assert len(takes_of(events)) == 5


def test_first_take_is_out_before_the_last_is_designed() -> None:
    """With a converter that gains nothing from a batch, takes leave one by one."""
    events = list(run(request(takes=3), cast(converter=FakeConverter(batch_rows=1))))
    designed = [i for i, e in enumerate(events) if e == StageProgress("design", 3, 3)]
    ready = [i for i, e in enumerate(events) if isinstance(e, TakeReady)]
    assert ready[0] < designed[0]


def test_without_a_reference_the_performance_is_the_take() -> None:
    converter = FakeConverter()
    events = list(run(request(voiced=False), cast(converter=converter)))
    assert set(events[0].engines) == {"designer"}  # type: ignore[union-attr]
    assert converter.prepared == 0 and not converter.calls
    for take in takes_of(events).values():
        assert take.performance is None
        assert take.verdict("identity") == Verdict(
            "identity", "inconclusive", "no reference clip to compare with"
        )


def test_a_cast_without_a_converter_plays_what_needs_no_voice() -> None:
    designer = FakeDesigner()
    engines = Engines("half", designer, None, None, scorers(None, Settings()))
    events = list(run(request(voiced=False), engines))
    assert set(events[0].engines) == {"designer"}  # type: ignore[union-attr]
    for take in takes_of(events).values():
        assert [v.scorer for v in take.verdicts] == ["clipping", "silence", "cut_off", "length"]
    (ranked,) = only(events, Ranked)
    assert ranked.ranking.best == 0
    assert "no likeness to compare" in ranked.ranking.placings[0].reason
    engines.close()
    assert designer.closed


@pytest.mark.parametrize(
    "asked", [request(), ConvertRequest((tone(1, 2.0),), Reference(clip()))], ids=["act", "convert"]
)
def test_a_voice_asked_of_a_cast_without_a_converter_is_an_error(
    asked: TakeRequest | ConvertRequest,
) -> None:
    designer = FakeDesigner()
    engines = Engines("half", designer, None, None, scorers(None, Settings()))
    with pytest.raises(EngineUnavailable, match="the half cast has no voice converter") as caught:
        next(run(asked, engines))
    assert "--cast draft" in str(caught.value) and "VOCALINO_CONVERTER" in str(caught.value)
    assert not designer.calls


def test_a_converter_does_without_an_encoder() -> None:
    engines = Engines("deaf", FakeDesigner(), FakeConverter(), None, scorers(None, Settings()))
    events = list(run(request(), engines))
    assert set(events[0].engines) == {"designer", "converter"}  # type: ignore[union-attr]
    assert events[-1].outcome == "complete"  # type: ignore[union-attr]
    assert all(take.verdict("identity") is None for take in takes_of(events).values())


@pytest.mark.parametrize("voiced", [True, False])
def test_takes_say_how_the_acting_ended(voiced: bool) -> None:
    faults = Faults(finish={0: "eos", 1: "budget", 2: "loop"})
    events = list(run(request(takes=4, voiced=voiced), cast(FakeDesigner(faults))))
    ended = {index: take.finish_reason for index, take in takes_of(events).items()}
    assert ended == {0: "eos", 1: "budget", 2: "loop", 3: None}
    placings = {p.index: p for p in only(events, Ranked)[0].ranking.placings}
    assert [placings[index].passed for index in range(4)] == [True, False, False, True]
    assert "the talker did not come to an end: cut after 1.9 s" in placings[1].reason


@pytest.mark.parametrize("stage", ["design", "convert"])
def test_one_failed_row_never_sinks_the_others(stage: str) -> None:
    faults = Faults(fail={1: GenerationFailed("planted: no sound")})
    engines = (
        cast(FakeDesigner(faults)) if stage == "design" else cast(converter=FakeConverter(faults))
    )
    events = list(run(request(takes=3), engines))
    assert sorted(takes_of(events)) == [0, 2]
    (failed,) = only(events, TakeFailed)
    assert (failed.index, failed.stage, failed.error) == (1, stage, "planted: no sound")
    assert failed.seed == request().seed_of(1)
    assert events[-1].outcome == "partial"  # type: ignore[union-attr]


@pytest.mark.parametrize("stage", ["design", "convert"])
def test_an_engine_that_breaks_keeps_what_was_finished(
    stage: str, caplog: pytest.LogCaptureFixture
) -> None:
    faults = Faults(explode_at=1)
    engines = (
        cast(FakeDesigner(faults)) if stage == "design" else cast(converter=FakeConverter(faults))
    )
    events = list(run(request(takes=3), engines))
    assert sorted(takes_of(events)) == [0]
    assert [(e.index, e.stage) for e in only(events, TakeFailed)] == [(1, stage), (2, stage)]
    assert "ZeroDivisionError: planted" in only(events, TakeFailed)[0].error
    assert "unexpected error" in caplog.text


def test_rows_that_never_end_or_are_empty_are_failures() -> None:
    empty = Audio(np.zeros(0, np.float32), RATE_HZ)
    faults = Faults(never_end=frozenset([0]), sound={1: empty})
    events = list(run(request(takes=3), cast(FakeDesigner(faults))))
    errors = {e.index: e.error for e in only(events, TakeFailed)}
    assert errors == {
        0: "the engine ended without finishing this row",
        1: "the engine gave no sound for this row",
    }


def test_nothing_made_is_never_a_success() -> None:
    faults = Faults(explode_at=0)
    events = list(run(request(takes=2), cast(FakeDesigner(faults))))
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.outcome == "failed"
    assert finished.rtf is None and finished.ttfa_s is None
    assert only(events, Ranked)[0].ranking.best is None


def test_cancel_in_the_middle_ranks_what_is_there() -> None:
    events = list(run(request(takes=4), cast(converter=FakeConverter(Faults(cancel_at=2)))))
    assert sorted(takes_of(events)) == [0, 1]
    assert not only(events, TakeFailed)
    assert sorted(only(events, Ranked)[0].ranking.order) == [0, 1]
    assert events[-1].outcome == "cancelled"  # type: ignore[union-attr]
    assert events[-1].reason == "the test said so"  # type: ignore[union-attr]


def test_cancel_before_the_start_raises() -> None:
    token = CancelToken()
    token.cancel("not today")
    with pytest.raises(Cancelled, match="not today"):
        next(run(request(), cast(), token))


def test_deadline_cancels() -> None:
    with pytest.raises(Cancelled, match="time limit of 0 s"):
        next(run(request(), cast(), CancelToken(timeout_s=0)))


def test_leaving_early_closes_the_engines_iterator() -> None:
    closed: list[bool] = []

    class Watched(FakeDesigner):
        def design(self, *args: object, **kwargs: object) -> Iterator[Row]:
            try:
                yield from super().design(*args, **kwargs)  # type: ignore[arg-type]
            finally:
                closed.append(True)

    events = run(request(), cast(Watched()))
    next(e for e in events if isinstance(e, StageProgress))
    events.close()
    assert closed == [True]


def test_unusable_reference_is_raised_before_the_first_event() -> None:
    silent = Reference(Audio.silence(3.0, RATE_HZ))
    with pytest.raises(AudioError, match="silent"):
        next(run(TakeRequest(LINE, reference=silent), cast()))


@pytest.mark.parametrize("wrong", [[3], [-1], [], [1, 1]])
def test_takes_outside_the_request_are_refused(wrong: list[int]) -> None:
    with pytest.raises(RequestError, match="0 to 2"):
        next(run(request(takes=3), cast(), only=wrong))


def test_recordings_are_converted() -> None:
    converter = FakeConverter()
    asked = ConvertRequest((tone(1, 2.0), tone(2, 1.0)), Reference(clip()))
    events = list(run(asked, cast(converter=converter)))
    made = takes_of(events)
    assert set(events[0].engines) == {"converter", "encoder"}  # type: ignore[union-attr]
    assert made[0].performance is asked.performances[0]
    assert made[1].audio.duration_s == pytest.approx(1.0)
    assert made[0].verdict("length").outcome == "pass"  # type: ignore[union-attr]


def test_timings_are_those_of_the_stages_only() -> None:
    events = list(run(request(), cast()))
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert set(finished.timings_s) == {"prepare", "design", "convert", "judge"}
    assert finished.ttfa_s is not None and finished.ttfa_s > 0
    audio_s = sum(take.audio.duration_s for take in takes_of(events).values())
    assert finished.rtf == pytest.approx(sum(finished.timings_s.values()) / audio_s)


def test_a_scorer_that_breaks_is_inconclusive(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        name = "broken"

        def score(self, take: Take, request: object) -> Verdict:
            raise KeyError("planted")

    engines = cast()
    engines = Engines("fake", engines.designer, engines.converter, engines.encoder, (Broken(),))
    (take,) = takes_of(list(run(request(takes=1), engines))).values()
    verdict = take.verdicts[0]
    assert verdict.outcome == "inconclusive"
    assert "KeyError" in verdict.evidence


def test_engines_close() -> None:
    engines = cast()
    engines.close()
    assert engines.designer.closed and engines.converter.closed  # type: ignore[attr-defined]
