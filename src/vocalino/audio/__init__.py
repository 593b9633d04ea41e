"""Sound as a value, and what is done to it on the way in and out.

Importing this package loads numpy only; `decode`, `encode`, `resample`, `loudness`, `trim` and
`reference` bring soundfile, soxr, pyloudnorm and scipy when they are first imported.
"""

from vocalino.audio.value import Audio, Samples, concatenate

__all__ = ["Audio", "Samples", "concatenate"]
