"""Resampling, loudness, trimming and drawing, against sounds whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from audio_sounds import at, mixed, noise, padded, snr_db, speech, tone, whisper
from hypothesis import given, settings
from hypothesis import strategies as st

from vocalino.audio import Audio
from vocalino.audio.loudness import active_level_db, gain, loudness_lufs, soft_limit
from vocalino.audio.peaks import peaks
from vocalino.audio.reference import check
from vocalino.audio.resample import resample
from vocalino.audio.trim import speech_span, trim
from vocalino.errors import AudioError

RATES_HZ = st.sampled_from([8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 20_000), RATES_HZ, RATES_HZ)
def test_resampling_gives_the_length_it_promises(size: int, old_hz: int, new_hz: int) -> None:
    got = resample(Audio(np.ones(size, np.float32), old_hz), new_hz)
    assert got.sample_rate_hz == new_hz
    assert got.samples.size == round(size * new_hz / old_hz)


def test_resampling_keeps_a_tone_and_drops_what_no_longer_fits() -> None:
    low, high = tone(1.0, 48_000, 1_000, 0.3), tone(1.0, 48_000, 15_000, 0.3)
    got = resample(mixed(low, high), 24_000)
    inner = slice(1000, -1000)  # away from the edges, where the sound starts at once
    error = got.samples[inner] - tone(1.0, 24_000, 1_000, 0.3).samples[inner]
    assert np.abs(error).max() < 1e-3


def test_resampling_to_the_same_rate_is_the_same_value() -> None:
    assert resample(speech(), speech().sample_rate_hz) is speech()
    with pytest.raises(AudioError, match="must be positive"):
        resample(speech(), 0)


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("duration_s", [0.4, 0.55, 1.0, 5.0])
def test_loudness_of_the_tone_of_the_standard(rate_hz: int, duration_s: float) -> None:
    """A 997 Hz sine at full scale reads -3.01 LUFS (ITU-R BS.1770-4, annex 1)."""
    lufs = loudness_lufs(tone(duration_s, rate_hz, 997.0, 1.0))
    assert lufs == pytest.approx(-3.01, abs=0.1)
    assert loudness_lufs(tone(duration_s, rate_hz, 997.0, 0.1)) == pytest.approx(-23.01, abs=0.1)


@pytest.mark.parametrize("duration_s", [0.02, 0.1, 0.39])
def test_loudness_of_clips_under_one_gating_block(duration_s: float) -> None:
    assert loudness_lufs(tone(duration_s, 24_000, 997.0, 1.0)) == pytest.approx(-3.0, abs=0.6)


def test_silence_has_no_loudness_and_no_level() -> None:
    for sound in (Audio.silence(2, 24_000), Audio.silence(0.1, 24_000), Audio.silence(0, 24_000)):
        assert loudness_lufs(sound) is None
        assert active_level_db(sound) is None
        assert speech_span(sound) is None
    assert active_level_db(noise(2, 24_000, -80)) is None


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 12_000), RATES_HZ, st.sampled_from([1e-6, 0.01, 1.0, 3.0]), st.integers(0, 9))
def test_clips_of_any_length_can_be_measured(
    size: int, rate_hz: int, peak: float, seed: int
) -> None:
    samples = peak * np.random.default_rng(seed).uniform(-1, 1, size)
    sound = Audio(samples.astype(np.float32), rate_hz)
    for level in (loudness_lufs(sound), active_level_db(sound)):
        assert level is None or -120 < level < 20
    span = speech_span(sound)
    assert span is None or 0 <= span[0] < span[1] <= sound.duration_s
    assert trim(sound).samples.size <= size
    with pytest.raises(AudioError):  # too short, silent or steady: never anything else
        check(sound)


def test_pauses_do_not_count_in_the_active_level() -> None:
    level = active_level_db(speech())
    assert level is not None
    with_pause = active_level_db(padded(speech(), 5.0, 5.0))
    assert with_pause == pytest.approx(level, abs=0.3)
    assert active_level_db(tone(3.0, peak=0.1)) == pytest.approx(-23.0, abs=0.1)


def test_dc_and_rumble_do_not_count_in_the_active_level() -> None:
    off_centre = Audio(speech().samples * 0.5 + np.float32(0.4), speech().sample_rate_hz)
    half = active_level_db(gain(speech(), -6.0206))
    assert active_level_db(off_centre) == pytest.approx(half, abs=0.5)


def test_gain_is_in_decibels() -> None:
    assert gain(tone(peak=0.1), 20.0).peak == pytest.approx(1.0, rel=1e-3)
    assert gain(tone(peak=0.5), 12.0).peak > 1.9  # and nothing is clipped on the way


@settings(max_examples=40, deadline=None)
@given(st.floats(0.01, 8.0), st.floats(0.1, 0.9))
def test_the_limiter_bends_what_is_loud_and_nothing_else(peak: float, knee: float) -> None:
    sound = tone(0.1, peak=peak)
    got = soft_limit(sound, knee, 0.98)
    assert got.peak <= np.float32(0.98)
    quiet = np.abs(sound.samples) <= knee
    np.testing.assert_array_equal(got.samples[quiet], sound.samples[quiet])
    order = np.argsort(sound.samples)
    assert (np.diff(got.samples[order]) >= -1e-6).all()


def test_a_limiter_that_makes_no_sense() -> None:
    with pytest.raises(AudioError, match="0 < knee < ceiling <= 1, got 0.9 and 0.8"):
        soft_limit(tone(), 0.9, 0.8)


@pytest.mark.parametrize("floor_db", [-120, -75, -60, -45])
def test_trim_finds_speech_in_noise(floor_db: float) -> None:
    rate_hz = speech().sample_rate_hz
    spoken = trim(speech(), handle_s=0.0)
    clip = padded(spoken, 1.5, 2.0)
    clip = mixed(clip, noise(clip.duration_s, rate_hz, floor_db))
    span = speech_span(clip)
    assert span is not None
    # quiet edges drown in the loudest of these floors; noise never counts as speech
    lost_s = 0.12 if floor_db > -50 else 0.06
    assert span[0] == pytest.approx(1.5, abs=lost_s)
    assert span[1] == pytest.approx(1.5 + spoken.duration_s, abs=lost_s)


def test_trim_keeps_handles_as_far_as_there_is_sound() -> None:
    clip = padded(tone(1.0), 1.0, 0.05)
    assert trim(clip, handle_s=0.2).duration_s == pytest.approx(0.2 + 1.0 + 0.05, abs=0.03)
    assert trim(clip, handle_s=0.0).duration_s == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("edge_db", [-30, -40, -50])
def test_trim_keeps_quiet_fricatives(edge_db: float) -> None:
    """A fricative far under the vowel, joined to it or parted by the closure of a stop."""
    rate_hz = 24_000
    hiss = noise(0.15, rate_hz, edge_db)
    closure = Audio.silence(0.08, rate_hz)
    parts = [hiss.samples, tone(0.5, rate_hz, 150).samples, closure.samples, hiss.samples]
    word = Audio(np.concatenate(parts), rate_hz)
    clip = padded(word, 0.5, 0.5)
    clip = mixed(clip, noise(clip.duration_s, rate_hz, -75))
    span = speech_span(clip)
    assert span is not None
    assert span[0] <= 0.53
    assert span[1] >= 0.5 + word.duration_s - 0.03


def test_a_click_is_no_speech() -> None:
    samples = np.zeros(48_000, np.float32)
    samples[5_000:5_010] = 0.9
    samples[24_000:36_000] = tone(0.5).samples
    span = speech_span(Audio(samples, 24_000))
    assert span is not None
    assert span[0] == pytest.approx(1.0, abs=0.03)
    lonely = samples.copy()
    lonely[24_000:] = 0
    assert speech_span(Audio(lonely, 24_000)) is None


def test_whispered_speech_is_speech() -> None:
    clip = padded(whisper(), 1.0, 1.0)
    span = speech_span(clip)
    assert span is not None
    assert span[1] - span[0] == pytest.approx(whisper().duration_s, abs=0.5)


def test_trim_leaves_silence_and_steady_sound_alone() -> None:
    for sound in (Audio.silence(1, 24_000), tone(2.0), noise(2.0, 24_000, -30)):
        assert trim(sound).samples.size == sound.samples.size
    assert trim(Audio.silence(0, 24_000)).samples.size == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3_000), st.integers(1, 800), st.integers(0, 2**32 - 1))
def test_peaks_hold_every_extreme(size: int, count: int, seed: int) -> None:
    samples = np.random.default_rng(seed).uniform(-1, 1, size).astype(np.float32)
    got = peaks(Audio(samples, 24_000), count)
    assert got.shape == (count, 2)
    assert got.dtype == np.float32
    assert (got[:, 0] <= got[:, 1]).all()
    if size >= count:
        assert got[:, 0].min() == samples.min()
        assert got[:, 1].max() == samples.max()


def test_peaks_stand_where_the_sound_is() -> None:
    got = peaks(padded(tone(1.0, peak=0.5), 1.0, 2.0), 40)
    loud = np.flatnonzero(got[:, 1] > 0.4)
    assert loud.tolist() == list(range(10, 20))
    np.testing.assert_array_equal(peaks(Audio.silence(0, 24_000), 3), np.zeros((3, 2)))
    with pytest.raises(AudioError, match="at least one column, got 0"):
        peaks(tone(), 0)


def test_resampling_there_and_back_keeps_speech() -> None:
    there = at(at(speech(), 48_000), speech().sample_rate_hz)
    assert snr_db(there, speech()) > 40
