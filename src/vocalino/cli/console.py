"""What the command line says: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vocalino.errors import (
    Cancelled,
    CapacityError,
    ConfigError,
    EngineError,
    LibraryError,
    RequestError,
    VocalinoError,
)

PIPED_WIDTH = 200
"""Columns of a table that goes into a file or another program: no terminal to fit into."""

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPED_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)

EXIT_CODES: dict[type[VocalinoError], int] = {
    RequestError: 2,
    ConfigError: 2,
    EngineError: 3,
    CapacityError: 4,
    LibraryError: 5,
    Cancelled: 130,
}


def exit_code(error: VocalinoError) -> int:
    """The code of the nearest class in the table."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)


def say(text: str) -> None:
    """A line for people, on standard error; markup in it is text."""
    err.print(escape(text))


def warn(text: str) -> None:
    err.print(f"[yellow]warning:[/] {escape(text)}")


def print_json(document: Mapping[str, Any] | Sequence[Any]) -> None:
    """One JSON document on standard output; NaN is not JSON and would be a mistake here."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def print_error(error: VocalinoError, as_json: bool) -> None:
    if as_json:
        print_json({"error": {"type": type(error).__name__, "message": str(error)}})
    else:
        err.print(f"[bold red]error:[/] {escape(str(error))}")


def print_line(text: str) -> None:
    """A line of the result, on standard output."""
    out.print(escape(text))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading)
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    out.print(table)
