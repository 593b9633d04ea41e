"""Samples in CSV or TSV: a header row, then one row a sample.

The separator is the one under which most of the header is known (`csv.Sniffer` guesses from
the texts, and commas in lines of dialogue lead it astray).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from vocalino.errors import RequestError
from vocalino.samples.sheet import Entry, columns, known, shown

_SEPARATORS = (",", ";", "\t")


def entries(text: str, separator: str | None = None) -> Iterator[Entry]:
    """The rows of a CSV text; `place` counts them as a spreadsheet does, the header being row 1.

    Raises:
        RequestError: malformed quoting, a header that can't be understood, a row whose length
            differs from the header's.
    """
    skipped = 0
    if text[:4].casefold() == "sep=":  # a line of Excel's own that names the separator
        first, _, text = text.partition("\n")
        separator, skipped = first[4:5], 1
        if separator not in _SEPARATORS:
            raise RequestError(f"row 1: the separator must be , ; or a tab, got {shown(separator)}")
    rows = _rows(text, separator or _separator(text), skipped)
    header: list[str] = []
    for number, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if not header:
            header = _header(row, f"row {number}")
        else:
            yield Entry(f"row {number}", _cells(header, row, f"row {number}"))
    if not header:
        raise RequestError("it is empty: expected a header row such as name,line,direction")


def _separator(text: str) -> str:
    first = next((line for line in io.StringIO(text) if line.strip()), "")

    def understood(separator: str) -> int:
        try:
            return sum(known(cell) for cell in next(csv.reader([first], delimiter=separator)))
        except (csv.Error, StopIteration):
            return 0

    return max(_SEPARATORS, key=understood)


def _rows(text: str, separator: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    # newline="": a line break inside quotes belongs to the cell.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = skipped
    while True:
        number += 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise RequestError(
                f"row {number}: {error}; is a quotation mark missing, or not doubled?"
            ) from error
        yield number, row


def _header(row: list[str], place: str) -> list[str]:
    while row and not row[-1].strip():  # spreadsheets leave empty columns at the end
        row = row[:-1]
    names = [cell.strip() for cell in row]
    if "" in names:
        raise RequestError(f"{place}: column {names.index('') + 1} has no name in the header")
    twin = next((name for name in names if names.count(name) > 1), None)
    if twin is not None:
        raise RequestError(f"{place}: the column {shown(twin)} is there twice")
    columns(names, place)  # say so once here, not at every row
    return names


def _cells(header: list[str], row: list[str], place: str) -> dict[str, str]:
    spare = row[len(header) :]
    if len(row) < len(header) or any(cell.strip() for cell in spare):
        raise RequestError(
            f"{place}: {len(row)} cells where the header has {len(header)}: a text that holds "
            "the separator must stand in quotation marks"
        )
    return dict(zip(header, row, strict=False))
