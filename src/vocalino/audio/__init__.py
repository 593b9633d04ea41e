"""Sound as a value, and what is done to it on the way in and out.

Importing this package loads numpy only; `decode`, `encode`, `resample`, `loudness`, `trim` and
`reference` bring soundfile, soxr and (when loudness in LUFS is asked for) pyloudnorm.
"""

from vocalino.audio.value import Audio, Samples, concatenate

__all__ = ["Audio", "Samples", "concatenate"]
