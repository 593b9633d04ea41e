"""The draft speaker encoder: like voices near, unlike ones far, whatever the level."""

from __future__ import annotations

import numpy as np
import pytest

from vocalino.audio import Audio, concatenate
from vocalino.audio.resample import resample
from vocalino.cancel import CancelToken
from vocalino.engines.draft.designer import DraftDesigner
from vocalino.engines.draft.likeness import NAMES, features
from vocalino.engines.draft.speaker import DraftSpeaker
from vocalino.errors import AudioError
from vocalino.protocols import RowAudio, SpeakerEncoder
from vocalino.request import DesignOptions, Direction, Line
from vocalino.samples.audition import AUDITION

VOICES = ("an old man", "a man", "a young woman", "a child")


def spoken(voice: str, text: str) -> Audio:
    rows = DraftDesigner().design(
        Line(text, "english"), Direction(voice), DesignOptions(), [9], CancelToken()
    )
    return concatenate([row.audio for row in rows if isinstance(row, RowAudio)])


@pytest.fixture(scope="module")
def encoder() -> DraftSpeaker:
    return DraftSpeaker()


@pytest.fixture(scope="module")
def clips() -> dict[str, Audio]:
    return {voice: spoken(voice, AUDITION["english"]) for voice in VOICES}


def test_it_is_a_speaker_encoder_of_unit_length(encoder: DraftSpeaker, clips: dict[str, Audio]):
    assert isinstance(encoder, SpeakerEncoder)
    heard = encoder.embed(list(clips.values()))
    assert heard.dtype == np.float32 and heard.shape == (4, encoder.dim)
    assert np.allclose(np.linalg.norm(heard, axis=1), 1.0, atol=1e-6)
    assert encoder.describe().revision and len(NAMES) == 34
    assert encoder.embed([]).shape == (0, encoder.dim)


def test_same_clip_same_bytes_alone_or_in_a_batch(encoder: DraftSpeaker, clips: dict[str, Audio]):
    together = encoder.embed(list(clips.values()))
    for row, clip in enumerate(clips.values()):
        assert np.array_equal(DraftSpeaker().embed([clip])[0], together[row])


def test_halves_of_a_voice_are_nearer_than_other_voices(
    encoder: DraftSpeaker, clips: dict[str, Audio]
):
    halves = [
        part
        for clip in clips.values()
        for part in (clip.span(0.0, clip.duration_s / 2), clip.span(clip.duration_s / 2))
    ]
    heard = encoder.embed(halves)
    cosines = heard @ heard.T
    for row in range(8):
        others = np.delete(cosines[row], [row, row ^ 1])
        assert cosines[row, row ^ 1] > others.max()


@pytest.mark.parametrize("gain", [0.003, 3.0])
def test_level_does_not_count(encoder: DraftSpeaker, clips: dict[str, Audio], gain: float):
    clip = clips["a man"]
    quiet = Audio(clip.samples * np.float32(gain), clip.sample_rate_hz)
    first, second = encoder.embed([clip, quiet])
    assert first @ second > 0.999


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
def test_the_sample_rate_hardly_counts(
    encoder: DraftSpeaker, clips: dict[str, Audio], rate_hz: int
):
    clip = clips["a young woman"]
    first, second = encoder.embed([clip, resample(clip, rate_hz)])
    assert first @ second > 0.95


def test_silence_around_and_a_constant_do_not_count(encoder: DraftSpeaker, clips: dict[str, Audio]):
    clip = clips["a child"]
    still = Audio.silence(2.0, clip.sample_rate_hz)
    padded = concatenate([still, clip, still])
    offset = Audio(clip.samples + np.float32(0.05), clip.sample_rate_hz)
    first, second, third = encoder.embed([clip, padded, offset])
    assert first @ second > 0.99 and first @ third > 0.98


def test_short_clips_are_still_nearest_to_their_own_voice(
    encoder: DraftSpeaker, clips: dict[str, Audio]
):
    whole = encoder.embed(list(clips.values()))
    short = encoder.embed([clip.span(1.0, 2.5) for clip in clips.values()])
    assert (short @ whole.T).argmax(axis=1).tolist() == [0, 1, 2, 3]


def test_a_whisper_has_a_likeness_too(encoder: DraftSpeaker):
    whisper = spoken("a man whispering", "You came back and nobody knows.")
    assert np.isnan(features(whisper)[:2]).all()
    assert np.isfinite(encoder.embed([whisper])).all()


@pytest.mark.parametrize(
    "clip",
    [
        Audio.silence(3.0, 24_000),
        Audio(np.zeros(0, np.float32), 24_000),
        Audio(np.full(48_000, 0.2, np.float32), 24_000),
        Audio(np.sin(np.arange(4800) / 10).astype(np.float32), 24_000),
    ],
    ids=["silence", "nothing", "constant", "0.2 s"],
)
def test_what_holds_no_voice_is_refused(encoder: DraftSpeaker, clip: Audio):
    with pytest.raises(AudioError, match=r"at least 0\.4 s of speech"):
        encoder.embed([clip])
