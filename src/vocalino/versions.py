"""Which code made a sound: versions of Vocalino, Python and the libraries that are at work."""

from __future__ import annotations

import platform
import sys
from functools import cache
from importlib import metadata

from vocalino import __version__

_DISTRIBUTIONS = {  # module -> distribution; only what has a hand in the samples
    "numpy": "numpy",
    "scipy": "scipy",
    "soxr": "soxr",
    "soundfile": "soundfile",
    "pyloudnorm": "pyloudnorm",
    "pyworld": "pyworld-prebuilt",
    "espeakng_loader": "espeakng-loader",
    "janome": "janome",
    "safetensors": "safetensors",
    "tokenizers": "tokenizers",
    "torch": "torch",
    "transformers": "transformers",
}


def versions() -> dict[str, str]:
    """Name -> version. Of the libraries only those that are loaded: what is not had no part."""
    found = {
        "vocalino": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
    }
    for module, distribution in _DISTRIBUTIONS.items():
        if module in sys.modules:
            found[distribution] = _version(module, distribution)
    sndfile = getattr(sys.modules.get("soundfile"), "__libsndfile_version__", None)
    if sndfile is not None:
        found["libsndfile"] = str(sndfile)
    return found


@cache  # reads a file, and a loaded library does not change any more
def _version(module: str, distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:  # built from source under another name
        return str(getattr(sys.modules[module], "__version__", "unknown"))
