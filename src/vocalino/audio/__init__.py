"""Sound as a value, and what is done to it on the way in and out.

Importing this package loads numpy only; `decode`, `encode`, `resample`, `loudness` and
`reference` bring soundfile, soxr, pyloudnorm and scipy when they are first used.
"""

from vocalino.audio.value import Audio, Samples, concatenate

__all__ = ["Audio", "Samples", "concatenate"]
