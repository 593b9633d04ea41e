"""A reference clip as the draft converter knows it."""

from __future__ import annotations

from dataclasses import dataclass

from vocalino.audio import Audio
from vocalino.audio.reference import USED_S
from vocalino.audio.spectrum import bandwidth_hz, spectrogram
from vocalino.engines.draft.frames import analyse
from vocalino.engines.draft.mapping import ENOUGH_S, SPARSE_S
from vocalino.engines.draft.portrait import Portrait, portray
from vocalino.errors import AudioError

_RMS = 0.1
_SILENT_RMS = 1e-5


@dataclass(frozen=True, eq=False)
class DraftVoicePrint:
    """The portrait of a reference; `key` is the clip's content hash."""

    key: str
    portrait: Portrait
    warnings: tuple[str, ...]


def take_print(reference: Audio) -> DraftVoicePrint:
    """Analyse the first 25 s of a clip.

    Raises:
        AudioError: the clip is silent, or less than 0.3 s of it is voiced.
    """
    used = reference.span(0.0, USED_S)
    if used.rms < _SILENT_RMS:
        raise AudioError(
            f"the reference clip is silent (rms {used.rms:.1g}): give a clip with speech"
        )
    levelled = Audio(used.samples * (_RMS / used.rms), used.sample_rate_hz)
    frames = analyse(levelled, method="autocorrelation")
    portrait = portray(frames, bandwidth_hz(spectrogram(used)))
    return DraftVoicePrint(reference.content_hash, portrait, _warnings(portrait.voiced_s))


def _warnings(voiced_s: float) -> tuple[str, ...]:
    if voiced_s < SPARSE_S:
        return (
            f"only {voiced_s:.1f} s of the clip are voiced: the draft converter moves the voice by "
            f"averages alone (register, colour); from {ENOUGH_S:g} s on it learns more",
        )
    if voiced_s < ENOUGH_S:
        return (
            f"only {voiced_s:.1f} s of the clip are voiced: the draft converter trusts its finer "
            f"statistics in part; from {ENOUGH_S:g} s on it uses them in full",
        )
    return ()
