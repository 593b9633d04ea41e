"""A file of samples, by its extension: .yaml, .yml, .csv or .tsv."""

from __future__ import annotations

import codecs
from pathlib import Path

from vocalino.errors import RequestError
from vocalino.samples import csv_file, yaml_file
from vocalino.samples.sheet import samples
from vocalino.samples.value import Sample

MAX_FILE_BYTES = 4 * 1024 * 1024


def read(path: Path) -> tuple[Sample, ...]:
    """The samples of a file, in the file's order.

    YAML: a list of mappings, or a mapping with the key `samples`. CSV and TSV: a header row,
    then one row a sample. Text is UTF-8, with or without BOM. Columns and keys: `sheet.COLUMNS`.

    Raises:
        RequestError: the file can't be read as samples; the message names the file and the
            row or entry, and says what was expected.
    """
    suffix = path.suffix.lower()
    if suffix not in (".yaml", ".yml", ".csv", ".tsv"):
        raise RequestError(
            f"{path}: samples come from .yaml, .yml, .csv or .tsv files, not {suffix!r}"
        )
    try:
        text = _text(path)
        if suffix in (".yaml", ".yml"):
            return samples(yaml_file.entries(text))
        return samples(csv_file.entries(text, "\t" if suffix == ".tsv" else None))
    except RequestError as error:
        raise RequestError(f"{path}: {error}") from error


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise RequestError(f"can't be read: {error.strerror or error}") from error
    if len(data) > MAX_FILE_BYTES:
        raise RequestError(f"larger than {MAX_FILE_BYTES // 2**20} MiB: split it")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise RequestError("the text is UTF-16: save it as UTF-8 (in a spreadsheet: CSV UTF-8)")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RequestError(
            f"the text is not UTF-8 (byte 0x{data[error.start]:02X} in line {line}): "
            "save it as UTF-8 (in a spreadsheet: CSV UTF-8)"
        ) from error
