"""JSON read into frozen dataclasses to the letter, and written back.

The dataclass is the schema: every field must be there, no other may be, and each must have the
type that its annotation says. Understood are text, whole numbers, numbers, booleans, `| None`,
`Literal`, `tuple[X, ...]`, `Mapping[str, X]`, UTC datetimes and further dataclasses.
"""

from __future__ import annotations

import json
import math
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar, cast

from vocalino.errors import RequestError

T = TypeVar("T")
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORDS: dict[object, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    datetime: "a UTC time such as 2026-01-31T12:00:00Z",
}


def parse(text: str | bytes, what: str) -> dict[str, object]:
    """The JSON object in `text`; `what` names it in messages.

    Raises:
        RequestError: not UTF-8, not JSON (NaN and Infinity are not), a field given twice, or
            anything but an object.
    """
    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8-sig")
        value: object = json.loads(
            decoded, object_pairs_hook=_once_each, parse_constant=_no_constant
        )
    except UnicodeDecodeError as error:
        raise RequestError(f"{what} is not UTF-8 text: {error}") from None
    except RecursionError:
        raise RequestError(f"{what} is nested too deeply to be one") from None
    except ValueError as error:
        raise RequestError(f"{what} is not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise RequestError(f"{what} must be a JSON object, got {_shown(value)}")
    return cast("dict[str, object]", value)


def read(kind: type[T], value: object, where: str) -> T:
    """A `kind` from parsed JSON; `where` is the path of the field, for messages.

    Raises:
        RequestError: names the field that is missing, unknown, of a wrong type or out of bounds.
    """
    return cast(T, _read(kind, value, where))


def write(value: object) -> Any:
    """What `json.dumps` takes, from a dataclass; numbers that are not finite become None."""
    if is_dataclass(value):
        return {field.name: write(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        items = cast("Mapping[str, object]", value).items()
        return {key: write(item) for key, item in items}
    if isinstance(value, tuple):
        return [write(item) for item in cast("tuple[object, ...]", value)]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value


def dump(value: Mapping[str, object]) -> str:
    """Indented JSON that can always be stored as UTF-8: lone surrogates, which a file name can
    hold and UTF-8 can't, are written as escapes and read back as they were."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the field {twice!r} is given twice")
    return value


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not a JSON number")


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _wrong(where: str, wanted: object, value: object) -> RequestError:
    return RequestError(f"{where} must be {_WORDS.get(wanted, wanted)}, got {_shown(value)}")


def _read(kind: Any, value: object, where: str) -> object:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        if value is None and type(None) in arguments:
            return None
        (only,) = (argument for argument in arguments if argument is not type(None))
        return _read(only, value, where)
    if origin is typing.Literal:
        # type as well as value, or 1 would pass for True
        if not any(type(value) is type(a) and value == a for a in arguments):
            raise _wrong(where, "one of " + ", ".join(json.dumps(a) for a in arguments), value)
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise _wrong(where, "a list", value)
        items = cast("list[object]", value)
        return tuple(_read(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(items))
    if origin is Mapping:
        return {k: _read(arguments[1], v, f"{where}.{k}") for k, v in _object(value, where).items()}
    if is_dataclass(kind):
        return _read_dataclass(cast("type[Any]", kind), _object(value, where), where)
    return _read_scalar(kind, value, where)


def _object(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _wrong(where, "an object", value)
    return cast("dict[str, object]", value)


def _read_scalar(kind: Any, value: object, where: str) -> object:
    if kind is float:
        return _read_number(value, where)
    if kind is datetime:
        return _read_time(value, where)
    if type(value) is not kind:  # not isinstance: true is no whole number
        raise _wrong(where, kind, value)
    if isinstance(value, int) and abs(value) >= 2**63:
        raise RequestError(f"{where} is too large a number")
    return value


def _read_number(value: object, where: str) -> float:
    if type(value) not in (int, float):
        raise _wrong(where, float, value)
    try:
        number = float(cast(float, value))
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):  # 1e999 is valid JSON and reads as infinity
        raise RequestError(f"{where} is too large a number")
    return number


def _read_time(value: object, where: str) -> datetime:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        time = None
    if time is None or time.utcoffset() is None:
        raise _wrong(where, datetime, value)
    return time.astimezone(UTC)


_hints = cache(typing.get_type_hints)


def _read_dataclass(kind: type[Any], value: dict[str, object], where: str) -> object:
    names = [field.name for field in fields(kind) if field.init]
    hints = _hints(kind)
    for name in names:
        if name not in value:
            raise RequestError(f"{where}.{name} is missing")
    for name in value:
        if name not in names:
            raise RequestError(f"{where}.{name} is not a field that is known here")
    arguments = {name: _read(hints[name], value[name], f"{where}.{name}") for name in names}
    try:
        return kind(**arguments)
    except RequestError as error:
        raise RequestError(f"{where}: {error}") from None
