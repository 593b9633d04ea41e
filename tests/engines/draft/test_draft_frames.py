"""WORLD analysis and synthesis: shapes, truth on known sounds, the same bytes."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from measures import measure

from vocalino.audio import Audio
from vocalino.engines.draft.frames import BINS, FRAME_S, SAMPLE_RATE_HZ, analyse, synthesise
from vocalino.errors import AudioError


def vowel(f0_hz: float, duration_s: float = 0.8, rate: int = SAMPLE_RATE_HZ) -> Audio:
    """Harmonics under a resonance at 700 Hz, with a little noise."""
    t = np.arange(round(duration_s * rate)) / rate
    dice = np.random.default_rng(7)
    sound = 1e-3 * dice.standard_normal(t.size)
    for k in range(1, int(5000 / f0_hz)):
        sound += (
            0.1 / (1.0 + ((k * f0_hz - 700.0) / 300.0) ** 2) * np.sin(2 * np.pi * k * f0_hz * t)
        )
    return Audio(sound.astype(np.float32), rate)


@pytest.mark.parametrize("method", ["dio", "autocorrelation"])
@pytest.mark.parametrize("f0_hz", [90.0, 180.0, 330.0])
def test_f0_and_resonance_are_found(f0_hz: float, method: str):
    frames = analyse(vowel(f0_hz), method=method)  # type: ignore[arg-type]
    assert frames.median_f0_hz == pytest.approx(f0_hz, rel=0.01)
    spectrum = np.median(frames.envelope[frames.voiced], axis=0)
    top_hz = float(np.argmax(spectrum)) * SAMPLE_RATE_HZ / 2 / (BINS - 1)
    assert top_hz == pytest.approx(700.0, abs=0.6 * f0_hz + 30.0)


def test_shapes_and_duration():
    audio = vowel(120.0, 0.5)
    frames = analyse(audio)
    assert frames.envelope.shape == frames.aperiodicity.shape == (len(frames), BINS)
    assert frames.duration_s == pytest.approx(audio.duration_s, abs=1.01 * FRAME_S)
    assert frames.aperiodicity.min() >= 0.0 and frames.aperiodicity.max() <= 1.0
    assert synthesise(frames).duration_s == pytest.approx(frames.duration_s, abs=1e-3)


def test_sound_survives_analysis_and_synthesis():
    before, after = measure(vowel(150.0)), measure(synthesise(analyse(vowel(150.0))))
    assert after.f0_hz == pytest.approx(before.f0_hz, rel=0.01)
    assert after.level_db == pytest.approx(before.level_db, abs=1.5)


def test_other_rates_are_resampled():
    assert analyse(vowel(150.0, rate=16_000)).median_f0_hz == pytest.approx(150.0, rel=0.01)


def test_the_same_sound_gives_the_same_frames_in_every_thread():
    results: list[str] = []

    def work() -> None:
        results.append(synthesise(analyse(vowel(140.0))).content_hash)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work()
    assert len(set(results)) == 1


def test_what_is_known_of_voicing_wins():
    audio = vowel(150.0)
    count = len(analyse(audio))
    told = np.full(count, 1, np.int8)
    told[: count // 2] = 0
    frames = analyse(audio, voicing=told)
    assert not frames.voiced[: count // 2].any()
    assert frames.voiced[count // 2 :].all()


def test_silence_has_no_voice_and_nothing_is_an_error():
    frames = analyse(Audio.silence(0.3, SAMPLE_RATE_HZ))
    assert not frames.voiced.any() and frames.median_f0_hz == 0.0
    assert synthesise(frames).peak < 1e-3
    with pytest.raises(AudioError, match="0 samples"):
        analyse(Audio(np.zeros(0, np.float32), SAMPLE_RATE_HZ))
