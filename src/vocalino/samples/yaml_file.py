"""Samples in YAML, read as plain text values.

PyYAML's SafeLoader with three changes. Nothing is guessed from looks: `name: no` is the text
"no", not false. A key given twice is an error, not the last one's. Aliases may stand for text
only: nested ones can stand for more than memory holds ("billion laughs"), and nobody needs them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import yaml

from vocalino.errors import RequestError
from vocalino.samples.sheet import Entry, shown

_EXPECTED = "expected a list of samples, or the key samples with such a list"


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = cast(Any, self).peek_event()  # untyped in PyYAML's stubs
        if isinstance(event, yaml.AliasEvent):
            alias: Any = event
            target: object = self.anchors.get(alias.anchor)
            if target is not None and not isinstance(target, yaml.ScalarNode):
                line = int(alias.start_mark.line) + 1
                raise RequestError(
                    f"line {line}: an alias (*name) can stand for text only: write it out"
                )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode) and key.value in seen:
                    raise RequestError(
                        f"line {key.start_mark.line + 1}: the key {shown(key.value)} is given twice"
                    )
                seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def entries(text: str) -> Iterator[Entry]:
    """The entries of a YAML text.

    Raises:
        RequestError: not YAML, not a list of mappings of text, tags or aliases that are refused.
    """
    try:
        document: object = yaml.load(text, _Loader)  # a SafeLoader
    except yaml.YAMLError as error:
        raise RequestError(_said(error)) from error
    except RecursionError as error:
        raise RequestError(f"it is nested too deeply: {_EXPECTED}") from error
    except ValueError as error:  # an explicit tag such as !!int before something else
        raise RequestError(f"it can't be read as YAML: {error}") from error
    return _listed(document)


def _listed(document: object) -> Iterator[Entry]:
    if isinstance(document, dict):
        mapping = cast("dict[object, object]", document)
        others = [key for key in mapping if key != "samples"]
        if others or "samples" not in mapping:
            names = ", ".join(shown(key) for key in others[:10])
            raise RequestError(f"{_EXPECTED}; got the keys {names or 'none'}")
        document = mapping["samples"]
    if not isinstance(document, list):
        raise RequestError(f"{_EXPECTED}; got {_kind(document)}")
    for number, item in enumerate(cast("list[object]", document), start=1):
        yield _entry(f"entry {number}", item)


def _entry(place: str, item: object) -> Entry:
    if not isinstance(item, dict):
        raise RequestError(
            f"{place}: expected a mapping such as 'name: …' and 'line: …', got {_kind(item)}"
        )
    cells: dict[str, str] = {}
    for key, value in cast("dict[object, object]", item).items():
        if not isinstance(key, str):
            raise RequestError(f"{place}: a key must be text, got {_kind(key)}")
        if not isinstance(value, str):
            raise RequestError(f"{place}: {shown(key)} must be text, got {_kind(value)}")
        cells[key] = value
    return Entry(place, cells)


def _kind(value: object) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, str):
        return f"the text {shown(value)}"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else f"a value of type {type(value).__name__}"


def _said(error: yaml.YAMLError) -> str:
    """PyYAML's message on one line, with the place but without its excerpt of the file."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        return f"{where}it can't be read as YAML: {error.problem or error.context}"
    return f"it can't be read as YAML: {' '.join(str(error).split())}"
