"""Every switch of Vocalino in one frozen object; nothing else reads the environment.

A value comes from the first of: a flag, the environment, the TOML file, the default.
The TOML file is `VOCALINO_CONFIG` if set, else `config.toml` in the home folder if it exists.
The six variables of Vocalino V0.1 (`TTS_DEVICE` ... `EMB_CACHE_SIZE`) keep their names.
"""

from __future__ import annotations

import difflib
import functools
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

import platformdirs

from vocalino.errors import ConfigError

CONFIG_VARIABLE = "VOCALINO_CONFIG"
_TRUTH = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("", "0", "false", "no", "off"), False),
}


@dataclass(frozen=True)
class Switch:
    """What the annotation of a field says of it: its variable, its meaning, its lowest value."""

    variable: str
    meaning: str
    low: int = 0


@dataclass(frozen=True)
class Settings:
    """One field a switch.

    Raises:
        ConfigError: a value that is none of the choices, or too low.
    """

    home: Annotated[
        Path,
        Switch("VOCALINO_HOME", "Folder of the library, caches and `config.toml`."),
    ] = Path(platformdirs.user_data_dir("vocalino"))
    cast: Annotated[
        Literal["auto", "draft", "studio"],
        Switch(
            "VOCALINO_CAST",
            "Which engines play; `auto` is studio where there is a GPU and the extra, else draft.",
        ),
    ] = "auto"
    designer: Annotated[
        str, Switch("VOCALINO_DESIGNER", "Another speech designer, as `module:Class`.")
    ] = ""
    converter: Annotated[
        str, Switch("VOCALINO_CONVERTER", "Another voice converter, as `module:Class`.")
    ] = ""
    encoder: Annotated[
        str, Switch("VOCALINO_ENCODER", "Another speaker encoder, as `module:Class`.")
    ] = ""
    tts_device: Annotated[
        str, Switch("TTS_DEVICE", "Device of the studio cast's speech designer.")
    ] = "cuda:0"
    vc_device: Annotated[
        str, Switch("VC_DEVICE", "Device of its voice converter; empty means that of the designer.")
    ] = ""
    se_device: Annotated[
        str, Switch("SE_DEVICE", "Device of its speaker encoder; empty means that of the designer.")
    ] = ""
    tts_quantize: Annotated[
        Literal["none", "int8"],
        Switch("TTS_QUANTIZE", "How the weights of its speech designer are kept."),
    ] = "none"
    tts_dtype: Annotated[
        Literal["auto", "bfloat16", "float32"],
        Switch(
            "TTS_DTYPE",
            "What its speech designer computes in; `auto` is bfloat16 on a GPU, float32 on a CPU.",
        ),
    ] = "auto"
    tts_cuda_graphs: Annotated[
        Literal["auto", "on", "off"],
        Switch(
            "TTS_CUDA_GRAPHS",
            "Whether it replays its steps as CUDA graphs; `auto` does on a CUDA device.",
        ),
    ] = "auto"
    tts_model: Annotated[
        str,
        Switch(
            "TTS_MODEL",
            "Folder of its checkpoint; empty means the pinned one (`vocalino models list`).",
        ),
    ] = ""
    vc_dtype: Annotated[
        Literal["auto", "float32", "bfloat16", "float16"],
        Switch(
            "VC_DTYPE",
            "What its voice converter computes in; `auto` is float16 on a GPU, float32 on a CPU. "
            "What is sensitive stays in float32.",
        ),
    ] = "auto"
    vc_model: Annotated[
        str,
        Switch(
            "VC_MODEL",
            "Folder of its checkpoints, one subfolder each (docs/models.md); empty means the "
            "pinned ones.",
        ),
    ] = ""
    se_model: Annotated[
        str,
        Switch(
            "SE_MODEL", "Folder of the speaker encoder's checkpoint; empty means the pinned one."
        ),
    ] = ""
    offline: Annotated[
        bool,
        Switch("VOCALINO_OFFLINE", "Never fetch weights: use only what is on the disk."),
    ] = False
    default_diff_steps: Annotated[
        int,
        Switch("DEFAULT_DIFF_STEPS", "ODE steps of a conversion that doesn't say how many.", low=1),
    ] = 12
    emb_cache_size: Annotated[
        int, Switch("EMB_CACHE_SIZE", "How many prepared voices are kept in memory.", low=1)
    ] = 32
    espeak_library: Annotated[
        str,
        Switch(
            "VOCALINO_ESPEAK_LIBRARY",
            "Path of another libespeak-ng; empty means the one in the espeakng-loader wheel.",
        ),
    ] = ""
    espeak_data: Annotated[
        str, Switch("VOCALINO_ESPEAK_DATA", "Path of that library's `espeak-ng-data` folder.")
    ] = ""
    sources: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)
    """Where each value that is not the default came from; not a switch."""

    def __post_init__(self) -> None:
        for name, switch in switches().items():
            value = getattr(self, name)
            origin = f" (from {self.sources[name]})" if name in self.sources else ""
            allowed = choices(name)
            if allowed and value not in allowed:
                listed = ", ".join(allowed)
                raise ConfigError(f"{name} must be one of {listed}, got {value!r}{origin}")
            if isinstance(value, int) and value < switch.low:
                raise ConfigError(f"{name} must be at least {switch.low}, got {value}{origin}")

    @classmethod
    def load(
        cls,
        flags: Mapping[str, object] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Settings:
        """Read flags (a None counts as not given), the environment and the TOML file.

        Raises:
            ConfigError: an unknown name, a value out of bounds, a TOML file that can't be read.
        """
        environ = os.environ if environ is None else environ
        from_flags = {name: value for name, value in (flags or {}).items() if value is not None}
        from_environment = _from_environment(environ)
        home = Path(str(from_flags.get("home") or from_environment.get("home") or cls.home))
        from_file, path = _from_file(environ.get(CONFIG_VARIABLE), home.expanduser())

        values: dict[str, Any] = {}
        sources: dict[str, str] = {}
        for layer, origin in (
            (from_file, f"{path}"),
            (from_environment, "the environment variable"),
            (from_flags, "the command line"),
        ):
            for name, value in layer.items():
                named = f"{origin} {switches()[name].variable}" if layer is from_environment else ""
                sources[name] = named or origin
                values[name] = _typed(name, value, sources[name])
        return cls(**values, sources=sources)


@functools.cache
def _hints() -> dict[str, Any]:
    return get_type_hints(Settings, include_extras=True)


@functools.cache
def switches() -> Mapping[str, Switch]:
    """Field name -> Switch, in the order of the fields."""
    found: dict[str, Switch] = {}
    for name, hint in _hints().items():
        for annotation in getattr(hint, "__metadata__", ()):
            if isinstance(annotation, Switch):
                found[name] = annotation
    return found


def choices(name: str) -> tuple[str, ...]:
    """The values that a field of choices allows, empty for a free one."""
    kind = get_args(_hints()[name])[0]
    return get_args(kind)


def _from_environment(environ: Mapping[str, str]) -> dict[str, object]:
    names = {switch.variable: name for name, switch in switches().items()}
    for variable in environ:
        known = variable in names or variable == CONFIG_VARIABLE
        if variable.startswith("VOCALINO_") and not known:
            nearest = _nearest(variable, tuple(names))
            raise ConfigError(f"unknown environment variable {variable}{nearest}")
    return {names[variable]: value for variable, value in environ.items() if variable in names}


def _from_file(configured: str | None, home: Path) -> tuple[dict[str, object], Path]:
    path = Path(configured).expanduser() if configured else home / "config.toml"
    if not configured and not path.exists():
        return {}, path
    try:
        with path.open("rb") as file:
            values: dict[str, object] = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"can't read the settings file {path}: {error}") from error
    for name in values:
        if name not in switches():
            raise ConfigError(
                f"unknown setting {name!r} in {path}{_nearest(name, tuple(switches()))}"
            )
    return values, path


def _typed(name: str, value: object, source: str) -> object:
    """The value in the field's own type; the environment has only text to offer."""
    default = getattr(Settings, name)
    if isinstance(default, Path):
        return Path(str(value)).expanduser()
    if isinstance(default, bool):  # before int, of which bool is a kind
        said = str(value).strip().lower()
        if isinstance(value, bool | str) and said in _TRUTH:
            return _TRUTH[said]
        raise ConfigError(f"{name} must be true or false, got {value!r} (from {source})")
    if isinstance(default, int):
        text = isinstance(value, str) and value.strip().lstrip("-").isdecimal()
        if text or (isinstance(value, int) and not isinstance(value, bool)):
            return int(str(value))
        raise ConfigError(f"{name} must be a whole number, got {value!r} (from {source})")
    if not isinstance(value, str):
        raise ConfigError(f"{name} must be text, got {value!r} (from {source})")
    return value


def _nearest(name: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f": did you mean {close[0]}?" if close else f": the known ones are {', '.join(known)}"
