"""Identity: is the take in the cast voice? Cosine of speaker embeddings, take against reference."""

from __future__ import annotations

from vocalino.audio import Audio
from vocalino.errors import AudioError
from vocalino.protocols import Embeddings, SpeakerEncoder
from vocalino.ranking import IDENTITY
from vocalino.recent import Recent
from vocalino.request import ConvertRequest, TakeRequest
from vocalino.take import Outcome, Take, Verdict


class Similarity:
    """Cosine of the take's embedding to the reference's, and whether conversion brought it nearer.

    The value is only comparable between takes heard by the same encoder. It never fails a take:
    what counts as near enough differs from voice to voice, and from a whisper to a shout.
    """

    name = IDENTITY

    def __init__(self, encoder: SpeakerEncoder, cache_size: int) -> None:
        self._encoder = encoder
        self._references: Recent[str, Embeddings] = Recent(cache_size)

    def score(self, take: Take, request: TakeRequest | ConvertRequest) -> Verdict:
        if request.reference is None:
            return Verdict(self.name, "inconclusive", "no reference clip to compare with")
        clip = request.reference.clip
        reference = self._references.get(clip.content_hash, lambda: self._embedded(clip))
        heard = [take.audio] if take.performance is None else [take.audio, take.performance]
        try:
            cosines = self._encoder.embed(heard) @ reference
        except AudioError as error:
            return Verdict(self.name, "inconclusive", f"too little speech to tell: {error}")
        value = float(cosines[0])
        outcome: Outcome = "pass"
        evidence = f"likeness to the reference {value:.3f}"
        if take.performance is not None:
            before = float(cosines[1])
            nearer = value > before
            outcome = "pass" if nearer else "inconclusive"
            evidence += f", {'up' if nearer else 'not up'} from {before:.3f} before conversion"
        return Verdict(self.name, outcome, evidence, value)

    def _embedded(self, clip: Audio) -> Embeddings:
        """[dim]"""
        return self._encoder.embed([clip])[0]
