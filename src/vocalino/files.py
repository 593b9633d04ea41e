"""Files that are whole or not there."""

from __future__ import annotations

import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: Path) -> Generator[Path]:
    """A name beside the target to write to; in the end that file is flushed to the disk and takes
    the target's name. An error inside leaves nothing behind, and an older file untouched.

    Raises:
        OSError: it can't be flushed or renamed.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Write `data` so that the target has all of it or is as it was.

    Raises:
        OSError: it can't be written; nothing is left behind, and an older file is untouched.
    """
    with whole(path) as part, part.open("xb") as file:
        file.write(data)
