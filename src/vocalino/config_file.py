"""A checkpoint's JSON file: keys read by name and type, with errors that say where they stand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, cast, get_type_hints

from vocalino import strict_json
from vocalino.errors import CheckpointError, RequestError

T = TypeVar("T")


@dataclass(frozen=True)
class Keys:
    """An object of a JSON file. Keys that nobody asks for are none of our business."""

    file: Path
    values: Mapping[str, object]
    path: str = ""  # of this object in the file, with a point behind it

    def read(self, kind: type[T], key: str) -> T:
        """The value of `key`.

        Raises:
            CheckpointError: it is missing or no `kind`.
        """
        if key not in self.values:
            raise self.error(key, "is missing")
        try:
            return strict_json.read(kind, self.values[key], f"{self.path}{key}")
        except RequestError as error:
            raise CheckpointError(f"{self.file}: {error}") from None

    def section(self, key: str) -> Keys:
        """The object under `key`."""
        value = self.values.get(key)
        if not isinstance(value, dict):
            raise self.error(key, "is missing" if value is None else "must be an object")
        return Keys(self.file, cast("dict[str, object]", value), f"{self.path}{key}.")

    def fill(self, kind: type[T], given: Mapping[str, object] | None = None) -> T:
        """A dataclass from the keys that are named as its fields, and from `given` values.

        Raises:
            CheckpointError: a key is missing or of a wrong type, or the dataclass refuses it.
        """
        hints = get_type_hints(kind)
        values = dict(given or {})
        for field in fields(cast(Any, kind)):
            if field.name not in values:
                values[field.name] = self.read(hints[field.name], field.name)
        try:
            return kind(**values)
        except CheckpointError as error:
            raise CheckpointError(f"{self.file}: {self.path}{error}") from None

    def only(self, key: str, *supported: object) -> None:
        """Refuse every other value of `key`; a None among them means that it may be missing."""
        value = self.values.get(key)
        if value in supported:
            return
        if key not in self.values:
            raise self.error(key, "is missing")
        known = " or ".join(json.dumps(each) for each in supported)
        raise self.error(key, f"is {json.dumps(value)}; this engine plays only {known}")

    def error(self, key: str, what: str) -> CheckpointError:
        return CheckpointError(f"{self.file}: {self.path}{key} {what}")


def open_keys(file: Path) -> Keys:
    """The keys of a JSON file.

    Raises:
        CheckpointError: there is no such file, or it holds no JSON object.
    """
    try:
        return Keys(file, strict_json.parse(file.read_bytes(), file.name))
    except FileNotFoundError:
        raise CheckpointError(f"the checkpoint has no file {file}") from None
    except (OSError, RequestError) as error:
        raise CheckpointError(f"{file} can't be read: {error}") from None
