"""Entries as a file had them, all text, into samples: the columns and their other names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vocalino.errors import RequestError
from vocalino.samples.value import Sample
from vocalino.text import AUTO

MAX_SAMPLES = 10_000

# Our word first, then what line sheets call it: voice-over desks, Unreal's dialogue script
# (SpokenDialogue, VoiceActorDirection, AudioFileName) and Vocalino V0.1 (style_prompt).
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "filename", "file", "id", "audiofilename"),
    "line": ("line", "text", "dialogue", "spokendialogue"),
    "direction": (
        "direction",
        "style",
        "notes",
        "styleprompt",
        "inflection",
        "voiceactordirection",
    ),
    "language": ("language", "lang"),
    "takes": ("takes", "k"),
    "seed": ("seed",),
}
_FILE_COLUMNS = ("filename", "file", "audiofilename")
_OURS = {alias: ours for ours, aliases in COLUMNS.items() for alias in aliases}
_AUDIO_EXTENSION = re.compile(r"\.(wav|flac|ogg|opus|mp3)$", re.IGNORECASE)
_WHOLE = re.compile(r"[+-]?[0-9]{1,12}", re.ASCII)
_SHOWN_CHARACTERS = 60


@dataclass(frozen=True)
class Entry:
    """One sample as it stood in the file: `place` says where ("row 4"), keys are as written."""

    place: str
    cells: Mapping[str, str]


def known(key: str) -> bool:
    """True when `key` names a column, in any case and with or without separators."""
    return _plain(key) in _OURS


def shown(value: object) -> str:
    """A value for an error message, cut to a readable length."""
    text = str(value)
    return repr(text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…")


def columns(keys: Iterable[str], place: str) -> dict[str, str]:
    """Key as written -> our column.

    Raises:
        RequestError: keys that are unknown (with the nearest known ones), or two for one column.
    """
    ours: dict[str, str] = {}
    unknown: list[str] = []
    for key in keys:
        column = _OURS.get(_plain(key))
        if column is None:
            unknown.append(key)
            continue
        twin = next((k for k, c in ours.items() if c == column), None)
        if twin is not None:
            raise RequestError(
                f"{place}: {shown(twin)} and {shown(key)} both mean the {column}: keep one of them"
            )
        ours[key] = column
    if unknown:
        raise RequestError(
            f"{place}: unknown {'column' if len(unknown) == 1 else 'columns'} "
            f"{', '.join(_with_hint(key) for key in unknown[:10])}; "
            f"known are {', '.join(COLUMNS)} (name and line are needed)"
        )
    for column in ("name", "line"):
        if column not in ours.values():
            others = ", ".join(COLUMNS[column][1:])
            raise RequestError(f"{place}: there is no {column} (it may also be called {others})")
    return ours


def samples(entries: Iterable[Entry]) -> tuple[Sample, ...]:
    """Entries as samples, in order.

    Raises:
        RequestError: none or too many, a bad entry (with its place), or a name used twice.
    """
    result: list[Sample] = []
    places: dict[str, str] = {}
    for entry in entries:
        if len(result) == MAX_SAMPLES:
            raise RequestError(f"more than {MAX_SAMPLES} samples: split the file")
        sample = _sample(entry)
        twin = places.setdefault(sample.name.casefold(), entry.place)
        if twin != entry.place:
            raise RequestError(
                f"{entry.place}: the name {shown(sample.name)} is already used in {twin}: "
                "names must differ, also apart from capitals"
            )
        result.append(sample)
    if not result:
        raise RequestError("there is no sample in it: give at least one with a name and a line")
    return tuple(result)


def _sample(entry: Entry) -> Sample:
    values: dict[str, str] = {}
    for key, column in columns(entry.cells, entry.place).items():
        value = entry.cells[key]
        if _plain(key) in _FILE_COLUMNS:
            value = _AUDIO_EXTENSION.sub("", value.strip())
        values[column] = value
    try:
        return Sample(
            name=values["name"],
            line=values["line"],
            direction=values.get("direction", ""),
            language=values.get("language", "").strip() or AUTO,
            takes=_whole("takes", values.get("takes", "")),
            seed=_whole("seed", values.get("seed", "")),
        )
    except RequestError as error:
        raise RequestError(f"{entry.place}: {error}") from error


def _whole(column: str, text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not _WHOLE.fullmatch(text):
        raise RequestError(f"{column} must be a whole number, got {shown(text)}")
    return int(text)


def _plain(key: str) -> str:
    return re.sub(r"[\s_-]+", "", key.casefold())


def _with_hint(key: str) -> str:
    near = difflib.get_close_matches(_plain(key)[:40], _OURS, n=1, cutoff=0.6)
    return f"{shown(key)} (did you mean {near[0]}?)" if near else shown(key)
