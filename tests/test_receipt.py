"""Receipts: exact round trip, strictness field by field, and the request again."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vocalino
from vocalino.audio import Audio
from vocalino.errors import RequestError
from vocalino.receipt import DISCLOSURE, SCHEMA, Receipt
from vocalino.recordings import AudioFile, Recording
from vocalino.request import (
    ConvertOptions,
    ConvertRequest,
    DesignOptions,
    Direction,
    Line,
    Reference,
    TakeRequest,
)
from vocalino.seeds import take_seed
from vocalino.take import EngineInfo, Placing, Provenance, Ranking, Take, Verdict


def tone(hz: float, duration_s: float = 0.25) -> Audio:
    times_s = np.arange(round(duration_s * 16000)) / 16000
    return Audio(np.sin(2 * np.pi * hz * times_s).astype(np.float32) * 0.5, 16000)


REFERENCE = Reference(tone(220.0), "Ada")
REQUEST = TakeRequest(
    line=Line("We made it — すごい!", "english"),
    direction=Direction("warm, out of breath"),
    reference=REFERENCE,
    takes=4,
    seed=4_294_967_295,
    design=DesignOptions(temperature=0.9, top_k=50, predictor_temperature=0.0, predictor_top_k=5),
    convert=ConvertOptions(length_adjust=1.25, convert_style=True),
)
RANKING = Ranking((Placing(0, True, "nearest"), Placing(2, True, "second"), Placing(3, False, "")))


def finished(index: int = 2, seed: int = REQUEST.seed) -> Take:
    engines = {"designer": EngineInfo("espeak-ng", "1.52", "cpu", "int16", "GPL-3.0")}
    verdicts = (
        Verdict("identity", "pass", "cosine 0.83", 0.83),
        Verdict("level", "fail", "it clips", None, gate=True),
    )
    return Take(
        index=index,
        seed=take_seed(seed, index),
        audio=tone(330.0),
        provenance=Provenance("draft", engines, {"design": 0.25, "convert": 1.5}),
        performance=tone(110.0),
        verdicts=verdicts,
        finish_reason="eos",
    )


def receipt(take: Take | None = None, **others: Any) -> Receipt:
    take = take or finished()
    data = take.audio.samples.tobytes()
    arguments: dict[str, Any] = {
        "audio": AudioFile.of("take-3.wav", data, take.audio, "wav"),
        "performance": AudioFile.of("take-3.performance.wav", b"acting", tone(110.0), "wav"),
        "ode_steps": 12,
        "ranking": RANKING,
        "reference_file": "../voices/ada.wav",
        "consent": "self",
    }
    return Receipt.of(take, REQUEST, **(arguments | others))


def converted() -> Receipt:
    request = ConvertRequest((tone(100.0), tone(150.0)), REFERENCE, seed=7)
    take = finished(1, seed=7)
    audio = AudioFile.of("b.wav", b"RIFF", take.audio, "wav")
    return Receipt.of(take, request, audio=audio, ode_steps=30, source_name="b.mp3")


def test_it_says_where_the_take_came_from():
    value = json.loads(receipt().to_json())
    assert value["schema"] == SCHEMA == "vocalino/take/2"
    assert value["synthetic"] is True
    assert value["disclosure"] == DISCLOSURE
    assert value["line"] == {"text": "We made it — すごい!", "language": "english"}
    assert value["direction"] == {"text": "warm, out of breath"}
    assert (value["takes"], value["seed"], value["index"]) == (4, 4_294_967_295, 2)
    assert value["take_seed"] == REQUEST.seed_of(2)
    assert value["design"]["temperature"] == 0.9
    assert value["design"]["top_p"] is None
    assert value["design"]["predictor_temperature"] == 0.0
    assert value["finish_reason"] == "eos"
    assert value["convert"]["length_adjust"] == 1.25
    assert value["convert"]["ode_steps"] == 12  # None in the request: the setting that was played
    assert value["reference"] == {
        "name": "Ada",
        "content_hash": REFERENCE.clip.content_hash,
        "duration_s": 0.25,
        "sample_rate_hz": 16000,
        "file": "../voices/ada.wav",
    }
    assert value["consent"] == "self"
    assert value["cast"] == "draft"
    assert value["engines"]["designer"]["licence"] == "GPL-3.0"
    assert value["versions"]["vocalino"] == vocalino.__version__
    assert value["versions"]["numpy"] == np.__version__
    assert {"python", "platform"} <= value["versions"].keys()
    assert [v["scorer"] for v in value["verdicts"]] == ["identity", "level"]
    assert value["placed"] == {"place": 2, "passed": True, "reason": "second"}
    assert value["timings_s"] == {"design": 0.25, "convert": 1.5}
    data = finished().audio.samples.tobytes()
    assert value["audio"]["sha256"] == hashlib.sha256(data).hexdigest()
    assert value["audio"]["content_hash"] == finished().audio.content_hash
    assert datetime.fromisoformat(value["created_at"]).utcoffset() == timedelta(0)
    assert value["created_at"].endswith("Z")


def test_steps_that_were_asked_for_win_over_the_setting():
    request = replace(REQUEST, convert=ConvertOptions(ode_steps=40))
    take = finished()
    audio = AudioFile.of("a.wav", b"", take.audio, "wav")
    assert Receipt.of(take, request, audio=audio, ode_steps=12).convert.ode_steps == 40


@pytest.mark.parametrize("made", [receipt(), receipt(ranking=None, consent=None), converted()])
def test_round_trip_is_exact(made: Receipt):
    text = made.to_json()
    again = Receipt.from_json(text)
    assert again == made
    assert again.to_json() == text
    assert Receipt.from_json(text.encode()) == made
    assert Receipt.from_json(b"\xef\xbb\xbf" + text.encode()) == made  # an editor's byte order mark


# Pairs of surrogates are one character to JSON, so text of single ones at most.
odd = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ["\ud800", "file-\udcff.wav", "\u2028</script>", "\x00", "e\u0301", "🎭\u200d"]
)
numbers = st.none() | st.floats()


@settings(max_examples=200, deadline=None)
@given(name=odd, evidence=odd, reason=odd, value=numbers, seconds=st.floats(), stage=odd)
def test_odd_texts_and_numbers_round_trip(
    name: str, evidence: str, reason: str, value: float | None, seconds: float, stage: str
):
    take = finished()
    provenance = replace(take.provenance, timings_s={stage: seconds})
    verdicts = (Verdict("odd", "inconclusive", evidence, value),)
    take = replace(take, provenance=provenance, verdicts=verdicts)
    audio = AudioFile.of("a.wav", b"", take.audio, "wav")
    request = replace(REQUEST, reference=Reference(REFERENCE.clip, name))
    ranking = Ranking((Placing(take.index, True, reason),))
    made = Receipt.of(take, request, audio=audio, ode_steps=12, ranking=ranking)

    text = made.to_json()
    assert Receipt.from_json(text.encode("utf-8")) == made  # encode: always plain UTF-8
    json.loads(text, parse_constant=pytest.fail)
    assert made.reference is not None and made.reference.name == name
    finite = value is not None and math.isfinite(value)
    assert made.verdicts[0].value == (value if finite else None)
    assert made.timings_s == {stage: seconds if math.isfinite(seconds) else None}


def fields_of(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Paths of all fields of a JSON object, the inner ones too."""
    if isinstance(value, dict):
        paths = [(*path, key) for key in value]
        return paths + [p for key in value for p in fields_of(value[key], (*path, key))]
    if isinstance(value, list):
        return [p for n, item in enumerate(value) for p in fields_of(item, (*path, n))]
    return []


def spelt(path: tuple[str | int, ...]) -> str:
    return "receipt" + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)


def inside(value: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        value = value[part]
    return value


FREE = {"engines", "versions", "timings_s"}  # mappings: any name may be there or not
TEXT = receipt().to_json()
PATHS = fields_of(json.loads(TEXT))


def test_each_missing_field_is_named():
    for path in PATHS:
        if path[0] in FREE and len(path) == 2:
            continue
        value = json.loads(TEXT)
        del inside(value, path[:-1])[path[-1]]
        with pytest.raises(RequestError, match="is missing") as caught:
            Receipt.from_json(json.dumps(value))
        assert spelt(path) in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [["?"], {"?": 1}, 10**400, 1e300, -1, True, "\x01?"],
    ids=["list", "object", "huge", "large", "negative", "boolean", "text"],
)
def test_each_field_is_refused_by_name_or_read_as_it_stands(wrong: object):
    refused = 0
    for path in PATHS:
        value = json.loads(TEXT)
        inside(value, path[:-1])[path[-1]] = wrong
        try:
            read = Receipt.from_json(json.dumps(value))
        except RequestError as error:
            refused += 1
            # a rule of the object that holds the field is reported at that object
            assert spelt(path) in str(error) or f"{spelt(path[:-1])}: " in str(error)
        else:
            kept = inside(json.loads(read.to_json()), path)
            assert kept == wrong, spelt(path)
            assert type(kept) is type(wrong) or (type(kept), type(wrong)) == (float, int)
    assert refused > len(PATHS) / 2


@pytest.mark.parametrize(
    ("path", "wrong", "said"),
    [
        (("seed",), "7", "receipt.seed must be a whole number"),
        (("seed",), 7.0, "receipt.seed must be a whole number"),
        (("seed",), True, "receipt.seed must be a whole number"),
        (("synthetic",), False, "receipt.synthetic must be one of true"),
        (("synthetic",), 1, "receipt.synthetic must be one of true"),
        (("consent",), "sure", "receipt.consent must be one of"),
        (("created_at",), "2026-01-31", "receipt.created_at must be a UTC time"),
        (("created_at",), 5, "receipt.created_at must be a UTC time"),
        (("take_seed",), 1, "does not follow from seed"),
        (("index",), 4, "index must be from 0"),
        (("line",), None, "line, direction and design"),
        (("line", "text"), "", "receipt.line: the line is empty"),
        (("line", "language"), "klingon", "receipt.line: unknown language"),
        (("convert", "length_adjust"), 9, "receipt.convert: length_adjust"),
        (("convert", "length_adjust"), None, "receipt.convert.length_adjust must be a number"),
        (("reference", "file"), "/etc/passwd", "receipt.reference: file must be a path relative"),
        (("reference", "file"), "C:\\clip.wav", "receipt.reference: file must be a path relative"),
        (("reference", "content_hash"), "ab", "receipt.reference: content_hash must be a SHA-256"),
        (("audio", "name"), "../../.bashrc", "receipt.audio: name must be the name of a file"),
        (("audio", "sha256"), "A" * 64, "receipt.audio: sha256 must be a SHA-256"),
        (("audio", "duration_s"), 10**400, "receipt.audio.duration_s is too large"),
        (("finish_reason",), "length", "receipt.finish_reason must be one of"),
        (("design", "predictor_top_p"), 2, "receipt.design: predictor_top_p must be from 0 to 1"),
        (("verdicts", 0, "outcome"), "maybe", "receipt.verdicts[0].outcome must be one of"),
        (("placed", "place"), 0, "receipt.placed: place must be 1 or more"),
        (("engines", "designer"), "espeak", "receipt.engines.designer must be an object"),
    ],
)
def test_messages_name_field_and_value(path: tuple[str | int, ...], wrong: object, said: str):
    value = json.loads(TEXT)
    inside(value, path[:-1])[path[-1]] = wrong
    with pytest.raises(RequestError) as caught:
        Receipt.from_json(json.dumps(value))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not valid JSON"),
        ("{", "not valid JSON"),
        ("[]", "must be a JSON object"),
        ("null", "must be a JSON object"),
        ("{}", "receipt.schema is missing"),
        (b"\xff\xfe{}", "not UTF-8"),
        ('{"a": NaN}', "NaN is not a JSON number"),
        ('{"a": 1, "a": 2}', "'a' is given twice"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "not valid JSON"),
        ('{"schema": "vocalino/take/1"}', "receipt.synthetic is missing"),
        ('{"schema": "vocalino/take/2"}', "receipt.synthetic is missing"),
        ('{"schema": "vocalino/take/3"}', "newer Vocalino"),
        ('{"schema": "vocalino/take/0"}', "must be 'vocalino/take/2'"),
        ('{"schema": "vocalino/voice/1"}', "must be 'vocalino/take/2'"),
        ('{"schema": 1}', "must be 'vocalino/take/2'"),
    ],
)
def test_what_is_no_receipt_is_refused(text: str | bytes, said: str):
    with pytest.raises(RequestError) as caught:
        Receipt.from_json(text)
    assert said in str(caught.value)


def test_an_unknown_field_is_refused():
    value = json.loads(TEXT)
    value["audio"]["volume"] = 11
    with pytest.raises(RequestError, match=r"receipt\.audio\.volume is not a field"):
        Receipt.from_json(json.dumps(value))


def test_a_number_that_reads_as_infinity_is_refused():
    text = receipt().to_json().replace('"length_adjust": 1.25', '"length_adjust": 1e999')
    with pytest.raises(RequestError, match="receipt.convert.length_adjust is too large"):
        Receipt.from_json(text)


def test_times_are_kept_in_utc():
    east = timezone(timedelta(hours=5, minutes=30))
    made = receipt(created_at=datetime(2026, 1, 31, 12, tzinfo=east))
    again = Receipt.from_json(made.to_json())
    assert again == made
    assert again.created_at.tzinfo is UTC
    assert '"created_at": "2026-01-31T06:30:00Z"' in made.to_json()
    with pytest.raises(RequestError, match="needs its time zone"):
        receipt(created_at=datetime(2026, 1, 31, 12))


@pytest.mark.parametrize("made", [receipt(), converted()], ids=["acted", "converted"])
def test_a_receipt_of_schema_1_is_read(made: Receipt):
    value = json.loads(made.to_json())
    value["schema"] = "vocalino/take/1"
    del value["finish_reason"]
    if value["design"] is not None:
        for name in ("predictor_temperature", "predictor_top_p", "predictor_top_k"):
            del value["design"][name]
    known = made.design and DesignOptions(temperature=0.9, top_k=50)
    again = Receipt.from_json(json.dumps(value))
    assert again == replace(made, design=known, finish_reason=None)
    assert json.loads(again.to_json())["schema"] == SCHEMA
    del value["convert"]
    with pytest.raises(RequestError, match="receipt.convert is missing"):
        Receipt.from_json(json.dumps(value))


def test_the_request_again():
    again = Receipt.from_json(receipt().to_json()).request(tone(220.0))
    expected = replace(REQUEST, convert=replace(REQUEST.convert, ode_steps=12))
    assert replace(again, reference=None) == replace(expected, reference=None)
    assert again.reference is not None
    assert again.reference.name == "Ada"
    assert again.reference.clip.content_hash == REFERENCE.clip.content_hash
    assert again.seed_of(2) == receipt().take_seed


def test_the_request_needs_the_very_clip():
    with pytest.raises(RequestError, match="not the reference clip of the take"):
        receipt().request(tone(221.0))
    with pytest.raises(RequestError, match="'Ada' is needed"):
        receipt().request()
    with pytest.raises(RequestError, match="has no source recording"):
        receipt().conversion(tone(150.0), REFERENCE.clip)


def test_a_take_without_reference():
    take = finished()
    audio = AudioFile.of("a.wav", b"", take.audio, "wav")
    made = Receipt.of(take, replace(REQUEST, reference=None), audio=audio, ode_steps=12)
    again = Receipt.from_json(made.to_json())
    assert again == made
    assert again.request().reference is None
    with pytest.raises(RequestError, match="without a reference"):
        again.request(tone(220.0))


def test_the_conversion_again():
    made = Receipt.from_json(converted().to_json())
    assert made.line is None and made.direction is None and made.design is None
    assert made.source == Recording.of(tone(150.0), "b.mp3")
    again = made.conversion(tone(150.0), tone(220.0))
    assert again.performances[1].content_hash == tone(150.0).content_hash
    assert len(again.performances) == 2
    assert again.seed_of(1) == made.take_seed
    assert again.convert.ode_steps == 30
    with pytest.raises(RequestError, match="not the source recording"):
        made.conversion(tone(100.0), tone(220.0))
    with pytest.raises(RequestError, match="no line to act"):
        made.request(tone(220.0))


def test_it_is_placed_when_the_run_is_ranked():
    made = receipt(ranking=None)
    assert made.placed is None
    assert made.placed_in(RANKING) == receipt(ranking=RANKING, created_at=made.created_at)
    assert receipt().placed_in(Ranking(())).placed is None


def test_a_seed_that_is_not_the_takes_is_refused():
    with pytest.raises(RequestError, match="take_seed 5 does not follow"):
        receipt(replace(finished(), seed=5))
