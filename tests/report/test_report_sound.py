"""From sound to player: copy, level, drawing."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from report_pages import tone

from vocalino import report
from vocalino.audio import Audio
from vocalino.errors import RequestError
from vocalino.report import waveform


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 37_000, 48_000, 96_000])
def test_the_copy_plays_at_any_rate(rate_hz: int) -> None:
    sound = report.sound(tone(0.5, rate_hz=rate_hz))
    samples, copy_hz = soundfile.read(io.BytesIO(sound.data))
    assert samples.size / copy_hz == pytest.approx(0.5, abs=0.1)
    assert np.abs(samples).max() == pytest.approx(0.3, rel=0.1)
    assert sound.duration_s == pytest.approx(0.5)
    assert sound.note == ""


def test_a_sound_beyond_full_scale_is_played_quieter_and_says_so() -> None:
    sound = report.sound(tone(0.5, level=2.0))
    samples, _ = soundfile.read(io.BytesIO(sound.data))
    assert np.abs(samples).max() <= 1.05
    assert sound.note.startswith("Goes 6 dB beyond full scale")


def test_a_sound_without_samples_is_refused_and_silence_is_not() -> None:
    with pytest.raises(RequestError, match="without samples"):
        report.sound(Audio(np.zeros(0, np.float32), 24_000))
    silence = report.sound(Audio.silence(0.5, 24_000))
    assert silence.level_db is None
    assert set(silence.peaks) == {(0.0, 0.0)}


def test_levels_are_measured_so_that_takes_can_be_matched() -> None:
    loud, quiet = report.sound(tone(1.0, level=0.4)), report.sound(tone(1.0, level=0.1))
    assert loud.level_db is not None and quiet.level_db is not None
    assert loud.level_db - quiet.level_db == pytest.approx(12.04, abs=0.2)


def test_a_waveform_is_one_stroke_a_slice_as_high_as_its_peak() -> None:
    d = waveform.path([(0.0, 0.0), (-0.5, 0.25), (-1.0, 1.0), (-3.0, 0.0)])
    strokes = [stroke.split("v") for stroke in d.split("M")[1:]]
    assert [start.split()[0] for start, _ in strokes] == ["0.5", "1.5", "2.5", "3.5"]
    assert [float(height) for _, height in strokes] == [0.8, 30.0, 60.0, 60.0]


def test_waveforms_of_one_group_share_a_scale() -> None:
    assert waveform.shared_scale([[(-0.1, 0.2)], [(-0.5, 0.1)]]) == pytest.approx(2.0)
    assert waveform.shared_scale([[(0.0, 0.0)]]) == 1.0
    assert waveform.shared_scale([]) == 1.0
