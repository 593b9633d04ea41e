"""The draft converter as the pipeline meets it: the voice moves, the acting stays."""

from __future__ import annotations

import functools
import subprocess
import sys
import threading
from collections.abc import Sequence

import numpy as np
import pytest
from measures import Measures, clicks_per_s, measure

from vocalino.audio import Audio, concatenate
from vocalino.audio.resample import resample
from vocalino.cancel import CancelToken
from vocalino.engines.draft.contour import register_of
from vocalino.engines.draft.converter import DraftConverter
from vocalino.engines.draft.designer import DraftDesigner
from vocalino.engines.draft.exemplars import Exemplars
from vocalino.engines.draft.pitch import track
from vocalino.engines.draft.recording import pieces
from vocalino.engines.draft.speaker import DraftSpeaker
from vocalino.engines.draft.warp import best_factor, warped
from vocalino.errors import AudioError, Cancelled, RequestError
from vocalino.protocols import Performance, RowAudio, RowFailed, VoiceConverter
from vocalino.request import ConvertOptions, DesignOptions, Direction, Line
from vocalino.samples.audition import AUDITION

TEXT = "You came back. I can't believe it!"
LONG_TEXT = TEXT + " Where have you been all these years?"
SEEDS = [11, 22, 33]
VOICES = ("a deep man", "a high young woman", "a child")
FAR_FROM = {
    "a deep man": "a young woman",
    "a high young woman": "a deep man",
    "a child": "a deep man",
}


def acted(direction: str, seeds: Sequence[int], text: str = TEXT) -> list[Performance]:
    return list(_acted(direction, tuple(seeds), text))


@functools.cache
def _acted(direction: str, seeds: tuple[int, ...], text: str) -> tuple[Performance, ...]:
    rows = DraftDesigner().design(
        Line(text, "english"), Direction(direction), DesignOptions(), seeds, CancelToken()
    )
    parts: dict[int, list[RowAudio]] = {index: [] for index in range(len(seeds))}
    for row in rows:
        assert isinstance(row, RowAudio)
        parts[row.index].append(row)
    return tuple(
        Performance(concatenate([r.audio for r in p]), p[-1].notes) for p in parts.values()
    )


def sounds(
    converter: DraftConverter,
    performances: Sequence[Performance],
    reference: Audio,
    options: ConvertOptions | None = None,
) -> list[Audio]:
    rows = converter.convert(
        performances,
        converter.prepare(reference),
        options or ConvertOptions(),
        [0] * len(performances),
        CancelToken(),
    )
    made: dict[int, list[Audio]] = {}
    for row in rows:
        assert isinstance(row, RowAudio)
        made.setdefault(row.index, []).append(row.audio)
    return [concatenate(made[index]) for index in range(len(performances))]


def spectrum_db(audio: Audio) -> np.ndarray:
    """Long-term spectrum of the loud half, in 24 third-octaves, level taken out."""
    samples = resample(audio, 16_000).samples.astype(float)
    frames = np.lib.stride_tricks.sliding_window_view(samples, 512)[::160] * np.hanning(512)
    power = np.abs(np.fft.rfft(frames)) ** 2
    loud = power.sum(1) >= np.median(power.sum(1)[power.sum(1) > power.sum(1).max() * 1e-4])
    mean, hz = power[loud].mean(0), np.fft.rfftfreq(512, 1 / 16_000)
    edges = 150.0 * 2.0 ** (np.arange(17) / 3.0)
    bands = [mean[(hz >= a) & (hz < b)].mean() for a, b in zip(edges, edges[1:], strict=False)]
    level = 10 * np.log10(np.array(bands) + 1e-12)
    return level - level.mean()


@pytest.fixture(scope="module")
def converter() -> DraftConverter:
    return DraftConverter()


@pytest.fixture(scope="module")
def references() -> dict[str, Audio]:
    return {v: acted(v, [5], AUDITION["english"])[0].audio for v in VOICES}


@pytest.fixture(scope="module")
def trio(converter: DraftConverter, references: dict[str, Audio]) -> list[Audio]:
    performances = acted("a young woman", SEEDS)
    return sounds(converter, performances, references["a deep man"])


def test_it_is_a_voice_converter_and_says_what_plays(converter: DraftConverter):
    assert isinstance(converter, VoiceConverter)
    info = converter.describe()
    assert info.name == "draft-converter" and info.revision.startswith("pyworld ")
    assert converter.sample_rate_hz == 24_000 and converter.batch_rows == 1


@pytest.mark.parametrize(
    ("voice", "notes"),
    [(VOICES[0], True), (VOICES[1], True), (VOICES[2], True), (VOICES[1], False)],
    ids=["acted man", "acted woman", "acted child", "recording woman"],
)
def test_the_voice_moves_to_the_reference(
    converter: DraftConverter, references: dict[str, Audio], voice: str, notes: bool
):
    reference = references[voice]
    performance = acted(FAR_FROM[voice], [3], LONG_TEXT)[0]
    if not notes:
        performance = Performance(performance.audio)
    take = sounds(converter, [performance], reference)[0]
    before, after, goal = measure(performance.audio), measure(take), measure(reference)
    off_before, off_after = (abs(12 * np.log2(m.f0_hz / goal.f0_hz)) for m in (before, after))
    assert off_before > 4.0 and off_after < 2.0
    far, near = (
        float(np.sqrt(np.mean((spectrum_db(a) - spectrum_db(reference)) ** 2)))
        for a in (performance.audio, take)
    )
    assert near < 0.8 * far
    heard = DraftSpeaker().embed([performance.audio, take, reference])
    assert heard[1] @ heard[2] > heard[0] @ heard[2] + 0.2


def in_voice(converter: DraftConverter, reference: Audio, direction: str) -> Measures:
    return measure(sounds(converter, acted(direction, [4]), reference)[0])


def test_the_acting_survives(converter: DraftConverter, references: dict[str, Audio]):
    reference = references["a high young woman"]
    plain, whisper, shout, fast, high = (
        in_voice(converter, reference, direction)
        for direction in ("", "whispering", "shouting", "very fast", "in a high pitch")
    )
    assert whisper.voiced < 0.35 < 0.6 < plain.voiced
    assert whisper.level_db < plain.level_db - 4.0
    assert shout.level_db > plain.level_db + 2.0 and shout.tilt_db > plain.tilt_db + 2.0
    assert fast.duration_s < 0.8 * plain.duration_s
    assert 12 * np.log2(high.f0_hz / plain.f0_hz) > 1.5


def test_takes_differ_and_come_back_by_seed(trio: list[Audio], references: dict[str, Audio]):
    assert len({take.content_hash for take in trio}) == 3
    fresh = DraftConverter()
    again = sounds(fresh, acted("a young woman", [SEEDS[2]]), references["a deep man"])[0]
    assert again.content_hash == trio[2].content_hash  # alone, in another batch, nothing cached


def test_a_new_process_makes_the_same_take(references: dict[str, Audio]):
    script = (
        "import sys, numpy as np\n"
        "from vocalino.audio import Audio\n"
        "from vocalino.cancel import CancelToken\n"
        "from vocalino.engines.draft.converter import DraftConverter\n"
        "from vocalino.protocols import Performance\n"
        "from vocalino.request import ConvertOptions\n"
        "sound = Audio(np.frombuffer(sys.stdin.buffer.read(), np.float32), 24000)\n"
        "c = DraftConverter()\n"
        "voice = c.prepare(sound)\n"
        "rows = c.convert([Performance(sound)], voice, ConvertOptions(), [0], CancelToken())\n"
        "print([row.audio.content_hash for row in rows], 'torch' in sys.modules)\n"
    )
    reference = references["a child"].span(0.0, 4.0)
    out = subprocess.run(
        [sys.executable, "-c", script], input=reference.samples.tobytes(), capture_output=True
    )
    here = sounds(DraftConverter(), [Performance(reference)], reference)[0].content_hash
    assert out.stdout.decode().strip() == f"{[here]} False", out.stderr.decode()


def test_sentences_leave_one_by_one(converter: DraftConverter, references: dict[str, Audio]):
    voice = converter.prepare(references["a child"])
    rows = converter.convert(acted("", [1]), voice, ConvertOptions(), [1], CancelToken())
    assert [(row.index, getattr(row, "last", None)) for row in rows] == [(0, False), (0, True)]


def test_cancelling_stops_within_a_batch(converter: DraftConverter, references: dict[str, Audio]):
    token = CancelToken()
    voice = converter.prepare(references["a child"])
    rows = converter.convert(acted("", SEEDS), voice, ConvertOptions(), SEEDS, token)
    assert isinstance(next(rows), RowAudio)
    token.cancel("enough")
    with pytest.raises(Cancelled, match="enough"):
        list(rows)


def test_a_bad_row_fails_alone(converter: DraftConverter, references: dict[str, Audio]):
    good = acted("", [1])[0]
    noise = np.random.default_rng(0).normal(0.0, 0.05, 48_000).astype(np.float32)
    bad = [Audio.silence(2.0, 24_000), Audio(noise, 24_000), good.audio.span(0.0, 0.1)]
    batch = [Performance(bad[0]), good, Performance(bad[1]), Performance(bad[2])]
    voice = converter.prepare(references["a child"])
    rows = list(converter.convert(batch, voice, ConvertOptions(), [0] * 4, CancelToken()))
    failed = {row.index: str(row.error) for row in rows if isinstance(row, RowFailed)}
    assert set(failed) == {0, 2, 3}
    assert "rms 0" in failed[0] and "voiced" in failed[2] and "0.10 s" in failed[3]
    assert {row.index for row in rows if isinstance(row, RowAudio)} == {1}


def test_anonymising_is_refused_and_not_ignored(
    converter: DraftConverter, references: dict[str, Audio]
):
    options = ConvertOptions(anonymization_only=True)
    voice = converter.prepare(references["a child"])
    (row,) = converter.convert(acted("", [1]), voice, options, [1], CancelToken())
    assert isinstance(row, RowFailed) and isinstance(row.error, RequestError)
    assert "anonymization_only" in str(row.error)


@pytest.mark.parametrize(
    ("factor", "notes"),
    [(0.5, True), (2.0, True), (1.4, False)],
    ids=["half", "double", "recording"],
)
def test_length_is_adjusted(
    converter: DraftConverter, references: dict[str, Audio], factor: float, notes: bool
):
    performance = acted("", [1])[0]
    performance = performance if notes else Performance(performance.audio)
    reference = references["a child"]
    plain, longer = (
        sounds(converter, [performance], reference, ConvertOptions(length_adjust=f))[0]
        for f in (1.0, factor)
    )
    assert longer.duration_s == pytest.approx(factor * plain.duration_s, rel=0.02)
    assert abs(12 * np.log2(measure(longer).f0_hz / measure(plain).f0_hz)) < 0.7


def test_a_recording_keeps_its_timing_and_level(
    converter: DraftConverter, references: dict[str, Audio]
):
    loud = acted("a deep man, happy", [1])[0].audio
    quiet = Audio(loud.samples * np.float32(0.25), 24_000)
    first, second = sounds(
        converter, [Performance(loud), Performance(quiet)], references["a high young woman"]
    )
    assert abs(first.duration_s - loud.duration_s) < 0.01
    gap_db = measure(first).level_db - measure(second).level_db
    assert gap_db == pytest.approx(12.0, abs=0.5)
    assert measure(first).level_db == pytest.approx(measure(loud).level_db, abs=2.0)


def test_a_recording_of_another_rate_is_taken(
    converter: DraftConverter, references: dict[str, Audio]
):
    recording = resample(acted("a deep man", [1])[0].audio, 44_100)
    take = sounds(converter, [Performance(recording)], references["a child"])[0]
    assert take.sample_rate_hz == 24_000
    assert take.duration_s == pytest.approx(recording.duration_s, abs=0.01)


def test_long_recordings_are_cut_where_it_is_quiet():
    rng = np.random.default_rng(1)
    samples = rng.normal(0.0, 0.1, 24_000 * 40).astype(np.float32)
    samples[24_000 * 12 : 24_000 * 12 + 2400] = 0.0
    cut = list(pieces(samples))
    assert np.array_equal(np.concatenate(cut), samples)
    assert all(part.size <= 15 * 24_000 for part in cut)
    assert 12.0 <= cut[0].size / 24_000 <= 12.1


def test_short_references_are_moved_to_by_averages_and_say_so(
    converter: DraftConverter, references: dict[str, Audio]
):
    whole = references["a high young woman"]
    assert converter.prepare(whole).warnings == ()
    short = whole.span(0.0, 2.0)
    (warning,) = converter.prepare(short).warnings
    assert "averages alone" in warning and "voiced" in warning
    performance = acted("a deep man", [3], LONG_TEXT)[0]
    take = sounds(converter, [performance], short)[0]
    assert abs(12 * np.log2(measure(take).f0_hz / measure(short).f0_hz)) < 2.0
    heard = DraftSpeaker().embed([performance.audio, take, whole])
    assert heard[1] @ heard[2] > heard[0] @ heard[2]


@pytest.mark.parametrize("gain", [0.01])
def test_the_level_of_a_reference_does_not_count(
    converter: DraftConverter, references: dict[str, Audio], gain: float
):
    whole, performance = references["a child"], acted("", [1])[:1]
    other = Audio(whole.samples * np.float32(gain), 24_000)
    first, second = (sounds(converter, performance, r)[0] for r in (whole, other))
    assert np.abs(first.samples - second.samples).max() < 0.02


def test_a_reference_of_narrow_band_leaves_the_treble(
    converter: DraftConverter, references: dict[str, Audio]
):
    whole, performance = references["a deep man"], acted("a young woman", [1])
    narrow = resample(whole, 8_000)
    wide_take, take = (sounds(converter, performance, r)[0] for r in (whole, narrow))

    def treble_db(audio: Audio) -> float:
        power = np.abs(np.fft.rfft(audio.samples.astype(float))) ** 2
        hz = np.fft.rfftfreq(audio.samples.size, 1 / 24_000)
        return float(10 * np.log10(power[hz > 5000].sum() / power[hz < 3500].sum()))

    assert abs(treble_db(take) - treble_db(wide_take)) < 15.0  # the clip itself has none at all


@pytest.mark.parametrize(
    ("clip", "words"),
    [
        (Audio.silence(3.0, 24_000), "silent"),
        (
            Audio(np.random.default_rng(0).normal(0, 0.1, 72_000).astype(np.float32), 24_000),
            "voiced",
        ),
    ],
    ids=["silence", "noise"],
)
def test_clips_without_a_voice_are_refused(converter: DraftConverter, clip: Audio, words: str):
    with pytest.raises(AudioError, match=words):
        converter.prepare(clip)


def test_a_print_is_kept_and_shared_by_threads(references: dict[str, Audio]):
    converter, reference = DraftConverter(), references["a child"]
    same = Audio(reference.samples.copy(), 24_000)
    made: list[object] = []
    threads = [
        threading.Thread(target=lambda c=c: made.append(converter.prepare(c)))
        for c in (reference, same, reference)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(voice) for voice in made}) == 1
    assert converter.prepare(same) is made[0]
    converter.close()
    assert converter.prepare(same) is not made[0]


def test_conversion_adds_few_clicks(trio: list[Audio]):
    unconverted = acted("a young woman", SEEDS)
    before = np.mean([clicks_per_s(p.audio) for p in unconverted])
    assert np.mean([clicks_per_s(take) for take in trio]) < before + 1.0


def test_warping_is_found_again():
    rng = np.random.default_rng(3)
    bins = np.arange(513)[None, :]
    formants = rng.uniform([25, 60, 110], [40, 90, 140], (300, 3))
    log_envelope = np.repeat(-0.01 * bins, 300, axis=0)
    for k in range(3):
        log_envelope += 2.0 * np.exp(-((bins - formants[:, [k]]) ** 2) / 200.0)
    for factor in (0.9, 1.0, 1.2):
        moved = warped(np.asarray(log_envelope, np.float64), factor)
        found = best_factor(np.asarray(np.exp(log_envelope), np.float64), np.exp(moved))
        assert found == pytest.approx(factor, abs=0.04)


def test_f0_is_found_in_noise_and_octaves_are_kept_apart():
    time_s = np.arange(16_000 * 2) / 16_000
    for f0_hz in (75.0, 140.0, 300.0):
        sound = sum(np.sin(2 * np.pi * f0_hz * k * time_s) / k for k in range(1, 9))
        noisy = sound + np.random.default_rng(0).normal(0.0, 0.2, time_s.size)
        found = track(noisy, 0.005)
        assert np.mean(found > 0) > 0.9
        assert np.percentile(np.abs(12 * np.log2(found[found > 0] / f0_hz)), 95) < 0.3
    register = register_of(np.array([100.0] * 50 + [0.0] * 20))
    assert register.median_st == pytest.approx(0.0) and register.spread_st > 0.0


def test_exemplars_return_what_was_asked_for():
    rng = np.random.default_rng(5)
    walk = np.cumsum(rng.normal(0.0, 1.0, (400, 64)), axis=0)
    kept = Exemplars(walk, np.ones(400, bool), walk[:200])
    path = kept.path(walk[100:200])
    inside = slice(12, -12)
    assert np.abs(path - walk[100:200])[inside].mean() < 0.5 * walk.std(axis=0).mean()
