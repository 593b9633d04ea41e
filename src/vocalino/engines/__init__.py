"""The registry: which engines make up a cast. Nothing is imported until it is asked for.

An engine is named as `module:Class`, or as `path/to/file.py:Class` where it is not installed. The
class is made with `Class.from_settings(settings)` if it has such a method, else without arguments.
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from vocalino.errors import EngineUnavailable
from vocalino.hub import INSTALL
from vocalino.settings import Settings


@dataclass(frozen=True)
class Cast:
    """The engines that play together, each as `module:Class`; None where a cast has none yet."""

    name: str
    designer: str
    converter: str | None = None
    encoder: str | None = None


CASTS = {
    "draft": Cast(
        "draft",
        designer="vocalino.engines.draft.designer:DraftDesigner",
        converter="vocalino.engines.draft.converter:DraftConverter",
        encoder="vocalino.engines.draft.speaker:DraftSpeaker",
    ),
    "studio": Cast(
        "studio",
        designer="vocalino.engines.qwen3_tts.engine:Qwen3Designer",
        converter="vocalino.engines.seed_vc.engine:SeedVC",
    ),
}
_STUDIO_EXTRA = {"huggingface_hub", "safetensors", "tokenizers", "torch", "transformers"}
"""What only the extra brings."""


def load(spec: str, settings: Settings) -> object:
    """Import and make the engine that `spec` names.

    Raises:
        EngineUnavailable: there is no such module or class, or something it needs is missing.
    """
    module_name, colon, class_name = spec.rpartition(":")
    if not (module_name and colon and class_name):
        raise EngineUnavailable(f"an engine is named as module:Class, got {spec!r}")
    try:
        found = getattr(_module(module_name), class_name)
    except (ImportError, OSError) as error:
        missing = str(getattr(error, "name", "")).partition(".")[0]
        fix = f". It comes with the studio extra: {INSTALL}" if missing in _STUDIO_EXTRA else ""
        raise EngineUnavailable(f"can't import the engine {spec}: {error}{fix}") from error
    except AttributeError:
        raise EngineUnavailable(f"{module_name} has no class {class_name}") from None
    make = getattr(found, "from_settings", None)
    return make(settings) if make else found()


def _module(name: str) -> ModuleType:
    if not name.endswith(".py"):
        return importlib.import_module(name)
    path = Path(name)
    found = spec_from_file_location(path.stem, path)
    assert found is not None and found.loader is not None  # the name ends in .py
    module = module_from_spec(found)
    sys.modules[path.stem] = module  # dataclasses look their module up
    found.loader.exec_module(module)
    return module
