"""Clips that a voice may be taken from, and clips that it may not."""

from __future__ import annotations

import numpy as np
import pytest
from audio_sounds import at, mixed, noise, padded, speech, tone, whisper
from scipy import signal

from vocalino.audio import Audio, concatenate
from vocalino.audio.loudness import gain
from vocalino.audio.reference import Findings, check
from vocalino.engines.draft.espeak import Espeak
from vocalino.errors import AudioError

SPEECH = at(speech(), 24_000)


def _said(findings: Findings, words: str) -> bool:
    return any(words in warning for warning in findings.warnings)


def test_a_clean_clip_passes_without_a_word() -> None:
    found = check(SPEECH)
    assert found.warnings == ()
    assert found.duration_s == SPEECH.duration_s
    assert 0.6 * found.duration_s < found.speech_s <= found.duration_s
    assert found.clipped_fraction == 0
    assert found.snr_db is not None and found.snr_db > 25
    assert found.bandwidth_hz > 8_000


@pytest.mark.parametrize(
    ("voice", "text"),
    [
        *((f"en-us{variant}", "Good day to you all") for variant in ("", "+f3", "+whisper")),
        ("en-us+croak", "Good day to you all"),
        ("de", "guten Tag"),
        ("ja", "こんにちは"),
    ],
)
def test_voices_of_every_kind_pass(voice: str, text: str) -> None:
    found = check(Espeak().speak(f"{text}. " * 4, voice, 150).audio)
    assert not _said(found, "steady") and not _said(found, "noisy")


def test_whispered_and_breathy_clips_pass() -> None:
    assert not _said(check(whisper()), "steady")
    breathy = mixed(gain(speech(), -6.0), gain(whisper(), -3.0))
    assert not _said(check(breathy), "steady")


@pytest.mark.parametrize(
    ("clip", "words"),
    [
        (SPEECH.span(0, 0.9), "lasts 0.90 s: give at least 1 s"),
        (padded(SPEECH.span(0.3, 0.8), 2.0, 2.0), "s of speech in 4.5 s"),
        (Audio.silence(0, 24_000), "lasts 0.00 s"),
        (Audio.silence(5, 24_000), "is silent"),
        (noise(5, 24_000, -75), "is silent"),
        (Audio(np.full(120_000, 0.5, np.float32), 24_000), "is silent"),
        (noise(5, 24_000, -30), "steady noise and no voice"),
        (noise(5, 8_000, -20), "steady noise and no voice"),
        (noise(1.2, 48_000, -20), "steady noise and no voice"),
        (tone(5.0), "a steady tone and no voice"),
        (tone(5.0, frequency_hz=50), "a steady tone and no voice"),
    ],
)
def test_clips_without_a_voice_are_refused(clip: Audio, words: str) -> None:
    with pytest.raises(AudioError, match=words) as refused:
        check(clip)
    assert "give" in str(refused.value)


@pytest.mark.parametrize("slope", [1, 2])
def test_coloured_noise_is_no_voice(slope: int) -> None:
    white = np.random.default_rng(slope).standard_normal(120_000)
    spectrum = np.fft.rfft(white)
    spectrum /= np.maximum(np.arange(spectrum.size), 50) ** (slope / 2)  # pink, brown
    samples = np.fft.irfft(spectrum)
    with pytest.raises(AudioError, match="and no voice"):
        check(Audio((0.1 * samples / samples.std()).astype(np.float32), 24_000))


def test_a_full_scale_square_is_spoken_of() -> None:
    found = check(Audio(np.sign(tone(5.0).samples), 24_000))
    assert _said(found, "clipped")
    assert _said(found, "one steady sound")


def test_a_held_vowel_is_taken_with_a_warning() -> None:
    time_s = np.arange(120_000) / 24_000
    phase = 2 * np.pi * (150 * time_s + 0.6 * np.sin(2 * np.pi * 5 * time_s))
    samples = np.sum([np.sin(k * phase) / k for k in range(1, 40)], axis=0)
    found = check(Audio((0.2 * samples).astype(np.float32), 24_000))
    assert _said(found, "one steady sound")
    assert not _said(found, "noisy")


@pytest.mark.parametrize("snr_db", [30, 20, 10, 5])
def test_noise_is_measured_and_spoken_of(snr_db: float) -> None:
    level_db = check(SPEECH).level_db
    hiss = noise(SPEECH.duration_s, 24_000, level_db - snr_db)
    found = check(mixed(SPEECH, hiss))
    assert found.snr_db == pytest.approx(snr_db + 1.8, abs=4)  # a third of it lies over 8 kHz
    assert _said(found, "noisy") == (snr_db <= 10)


def test_clipping_is_heard_also_when_it_was_turned_down_later() -> None:
    clipped = Audio(np.clip(gain(SPEECH, 14.0).samples, -1, 1), 24_000)
    for clip in (clipped, gain(clipped, -12.0)):
        found = check(clip)
        assert found.clipped_fraction > 1e-3
        assert _said(found, "clipped")
    over = check(gain(SPEECH, 14.0))  # not clipped yet, but it would be
    assert _said(over, "clipped")


def test_other_warnings_are_in_words() -> None:
    assert _said(check(SPEECH.span(0.2, 2.4)), "s of speech: the voice will be matched roughly")
    assert _said(check(gain(SPEECH, -32.0)), "very quiet")
    assert _said(check(concatenate([SPEECH] * 6)), "only its first 25 s count")
    assert _said(check(at(SPEECH, 8_000)), "ends at 4000 Hz")
    assert _said(check(at(at(SPEECH, 8_000), 24_000)), "as over a telephone")
    off_centre = check(Audio(SPEECH.samples * np.float32(0.5) + np.float32(0.1), 24_000))
    assert _said(off_centre, "off centre by +0.1")


def test_the_clip_itself_is_never_changed() -> None:
    before = SPEECH.content_hash
    check(SPEECH)
    assert Audio(SPEECH.samples.copy(), 24_000).content_hash == before


def test_rumble_alone_is_no_reason_to_complain() -> None:
    """Wind and handling noise under the voice: heard by no voice converter."""
    low = signal.butter(2, 25, "lowpass", fs=24_000, output="sos")
    wind = np.asarray(signal.sosfilt(low, noise(SPEECH.duration_s, 24_000, 0).samples))
    rumble = Audio((0.05 * wind / wind.std()).astype(np.float32), 24_000)
    assert not _said(check(mixed(SPEECH, rumble)), "noisy")
