"""Is a clip fit to take a voice from? Measured and said in words; the clip is never changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vocalino.audio.activity import SILENCE_DB, activity, runs
from vocalino.audio.loudness import active_level_db
from vocalino.audio.spectrum import BandLevels, band_levels, bandwidth_hz, periodicity, spectrogram
from vocalino.audio.trim import speech_span
from vocalino.audio.value import Audio
from vocalino.errors import AudioError

MIN_SPEECH_S = 1.0
GOOD_SPEECH_S = 3.0
USED_S = 25.0  # converters condition on at most this much of a clip
LONG_S = 30.0

_QUIET_DB = -42.0
_NOISY_SNR_DB = 15.0
_CLIPPED = 1e-4
_DC = 0.01
_GATED_DB = -96.0
_QUIET_TENTH = 10**0.2  # the quiet tenth of steady noise lies some 2 dB under its mean
_NARROW_HZ = 5_000
# How far the liveliest bands move: human speech 33 dB and more (46 clips of 23 voices), speech in
# white noise of 10, 5 and 0 dB 17, 12 and 9, coloured noise 5, a sung vowel with vibrato 8.
_STEADY_DB = 7.0
_HELD_DB = 12.0
_PERIODIC = 0.5
_TONE = 0.95
_HELD = (
    "the clip holds one steady sound: a few spoken sentences tell far more of a voice "
    "than a held vowel"
)


@dataclass(frozen=True)
class Findings:
    """What `check` heard. Levels in dBFS; `snr_db` None when nothing lies under the speech.

    `clipped_fraction` is the share of samples in flat tops or beyond full scale; `bandwidth_hz`
    the highest frequency with speech in it. `warnings` are sentences for whoever sent the clip.
    """

    duration_s: float
    speech_s: float
    level_db: float
    snr_db: float | None
    clipped_fraction: float
    bandwidth_hz: float
    warnings: tuple[str, ...]


def check(clip: Audio) -> Findings:
    """Findings about a reference clip, with warnings in words. Nothing in it is repaired.

    It tells speech from silence and from steady sound (noise, hum, a tone); music, crowds or a
    second speaker it can't tell: that takes a model.

    Raises:
        AudioError: silent, steady sound without a voice, or less than 1 s of speech.
    """
    if clip.duration_s < MIN_SPEECH_S:
        raise AudioError(
            f"the reference clip lasts {clip.duration_s:.2f} s: give at least "
            f"{MIN_SPEECH_S:g} s of speech, better 10 s"
        )
    level_db, span = active_level_db(clip), speech_span(clip)
    if level_db is None or span is None:
        raise AudioError(
            f"the reference clip is silent (no part of it stays over {SILENCE_DB:.0f} dB): "
            f"check the microphone or the export, and give a clip with speech"
        )
    spoken = clip.span(*span)
    spectrum = spectrogram(spoken)
    bands = band_levels(spectrum)
    held = _held_sound(spoken, bands)
    speech_s = activity(clip).active_s
    if speech_s < MIN_SPEECH_S:
        raise AudioError(
            f"the reference clip holds {speech_s:.2f} s of speech in {clip.duration_s:.1f} s: "
            f"give at least {MIN_SPEECH_S:g} s, better 10 s"
        )
    findings = Findings(
        duration_s=clip.duration_s,
        speech_s=speech_s,
        level_db=level_db,
        snr_db=None if held else _snr_db(bands),
        clipped_fraction=clipped_fraction(clip),
        bandwidth_hz=bandwidth_hz(spectrum),
        warnings=(_HELD,) if held else (),
    )
    return replace(findings, warnings=findings.warnings + _warnings(clip, findings))


def clipped_fraction(clip: Audio) -> float:
    """Share of samples that are beyond full scale or lie in flat tops.

    A flat top is three samples or more within 0.01 % of the clip's own peak, so that clips
    attenuated after they were clipped are found as well. Fewer than four short tops are chance.
    """
    size = np.abs(clip.samples)
    starts, stops = runs((size >= clip.peak * 0.9999) & (clip.peak > 0))
    tops = (stops - starts)[stops - starts >= 3]
    count = int(tops.sum()) if tops.size >= 4 or tops.sum() > 0.01 * size.size else 0
    return max(count, int(np.count_nonzero(size > 1.0))) / size.size


def _held_sound(spoken: Audio, bands: BandLevels) -> bool:
    """True for one sound held throughout that may be a voice; AudioError where it can't be."""
    heard = bands[bands.max(axis=1) > bands.max() - 50.0]
    moves_db = np.percentile(heard, 90, axis=1) - np.percentile(heard, 10, axis=1)
    moved_db = float(np.percentile(moves_db, 75))
    if moved_db >= _HELD_DB:
        return False
    periodic = periodicity(spoken)
    if moved_db < _STEADY_DB:
        power = np.power(10, bands / 10).mean(axis=1)  # [M]
        loudest = int(power.argmax())
        tone = power[max(0, loudest - 1) : loudest + 2].sum() > _TONE * power.sum()
        if tone or periodic < _PERIODIC:
            raise AudioError(
                f"the reference clip holds {'a steady tone' if tone else 'steady noise'} and no "
                f"voice (its bands move by {moved_db:.0f} dB, those of speech by 15 and more): "
                f"give a clip of speech"
            )
    return periodic >= _PERIODIC


def _snr_db(bands: BandLevels) -> float | None:
    """Level of speech over the noise under it.

    Noise is the quiet tenth of each band: even speech without pauses leaves every band alone now
    and then (vowels the high ones, s the low ones).
    """
    heard = bands[:, bands.max(axis=0) > _GATED_DB]  # gated pauses tell nothing
    if heard.shape[1] < 10:
        return None
    power = np.power(10, heard / 10)
    noise = float(np.percentile(power, 10, axis=1).sum()) * _QUIET_TENTH
    total = power.sum(axis=0)
    speech = float(total[total >= np.percentile(total, 50)].mean()) - noise
    return float(10 * np.log10(max(speech, 1e-3 * noise) / noise)) if noise > 0 else None


def _warnings(clip: Audio, found: Findings) -> tuple[str, ...]:
    words: list[str] = []
    if found.speech_s < GOOD_SPEECH_S:
        words.append(
            f"only {found.speech_s:.1f} s of speech: the voice will be matched roughly; "
            f"10 s and more do better"
        )
    if clip.duration_s > LONG_S:
        words.append(f"the clip lasts {clip.duration_s:.0f} s: only its first {USED_S:.0f} s count")
    if found.clipped_fraction > _CLIPPED:
        words.append(
            f"{100 * found.clipped_fraction:.2g} % of the clip is clipped: "
            f"record it again with less gain"
        )
    if found.level_db < _QUIET_DB:
        words.append(f"speech is very quiet ({found.level_db:.0f} dB): record it closer or louder")
    if found.snr_db is not None and found.snr_db < _NOISY_SNR_DB:
        words.append(
            f"the clip is noisy (speech about {found.snr_db:.0f} dB over the noise): "
            f"the noise may be taken for the voice"
        )
    if clip.sample_rate_hz < 16_000:
        words.append(
            f"a sample rate of {clip.sample_rate_hz} Hz ends at {clip.sample_rate_hz // 2} Hz: "
            f"the voice will sound dull; 24 000 Hz and more do better"
        )
    elif found.bandwidth_hz < _NARROW_HZ:
        words.append(
            f"there is nothing over {found.bandwidth_hz:.0f} Hz, as over a telephone: "
            f"the voice will sound dull"
        )
    offset = float(clip.samples.mean(dtype=np.float64))
    if abs(offset) > _DC:
        words.append(f"the samples are off centre by {offset:+.3f} (DC): check the sound card")
    return tuple(words)
