"""What the draft cast learns of a voice: register, spectra, breathiness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vocalino.engines.draft.cepstra import cepstra, log_mel
from vocalino.engines.draft.contour import Register, register_of
from vocalino.engines.draft.frames import FRAME_S, SAMPLE_RATE_HZ, Floats, Frames
from vocalino.engines.draft.warp import warped
from vocalino.errors import AudioError

Mask = npt.NDArray[np.bool_]  # [T]

MIN_VOICED_S = 0.3
_MIN_VOICELESS_S = 0.25
_AUDIBLE_DB = 35.0
_KEPT_ENVELOPES = 500


@dataclass(frozen=True, eq=False)
class Portrait:
    """Statistics of one voice over T frames of 5 ms.

    `cepstra` [T, 64] of all frames, `speech` [T] those that are voiced and audible, `voiceless`
    [64] the mean over audible voiceless frames (None when there are too few), `aperiodicity`
    [513] the median over speech as log odds, `envelopes` [N, 513] a sample of speech frames.
    Above `bandwidth_hz` the recording holds nothing.
    """

    register: Register
    cepstra: Floats
    speech: Mask
    voiceless: Floats | None
    aperiodicity: Floats
    envelopes: Floats
    bandwidth_hz: float

    @property
    def voiced_s(self) -> float:
        return float(np.count_nonzero(self.speech)) * FRAME_S


def portray(
    frames: Frames, bandwidth_hz: float = SAMPLE_RATE_HZ / 2.0, formants: float = 1.0
) -> Portrait:
    """The portrait of a voice, with its resonances at `formants` times their frequencies.

    Raises:
        AudioError: less than 0.3 s of it is voiced.
    """
    own = cepstra_of(frames, formants)
    level_db = own[:, 0] * (10.0 / np.log(10.0) / np.sqrt(own.shape[1]))
    voiced = frames.voiced
    voiced_s = float(np.count_nonzero(voiced)) * FRAME_S
    if voiced_s < MIN_VOICED_S:
        raise AudioError(
            f"only {voiced_s:.2f} s of {frames.duration_s:.1f} s are voiced: the draft converter "
            f"needs at least {MIN_VOICED_S:g} s of speech with a voice in it (not whispered)"
        )
    audible = level_db > np.percentile(level_db[voiced], 95.0) - _AUDIBLE_DB
    speech = voiced & audible
    hushed = ~voiced & audible
    enough = np.count_nonzero(hushed) * FRAME_S >= _MIN_VOICELESS_S
    envelopes = frames.envelope[speech]
    return Portrait(
        register=register_of(frames.f0_hz),
        cepstra=own,
        speech=speech,
        voiceless=own[hushed].mean(axis=0) if enough else None,
        aperiodicity=np.median(log_odds(frames.aperiodicity[speech]), axis=0),
        envelopes=envelopes[:: max(1, len(envelopes) // _KEPT_ENVELOPES)].copy(),
        bandwidth_hz=bandwidth_hz,
    )


def cepstra_of(frames: Frames, formants: float = 1.0) -> Floats:
    """Mel-cepstra [T, 64] of frames, with the resonances moved."""
    return cepstra(log_mel(np.exp(warped(log_envelope(frames), formants))))


def log_envelope(frames: Frames) -> Floats:
    return np.log(np.maximum(frames.envelope, 1e-16))


def log_odds(share: Floats) -> Floats:
    inside = np.clip(share, 1e-3, 1.0 - 1e-3)
    return np.log(inside / (1.0 - inside))
