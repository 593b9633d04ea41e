"""Names as file names: lower-case ASCII letters, digits and hyphens, safe on every system."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

MAX_SLUG_CHARACTERS = 60

_UNSAFE = re.compile(r"[^a-z0-9]+")
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file: reserved with any extension too.
_RESERVED = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9])", re.ASCII)


def slug(name: str) -> str:
    """`name` as a file name without extension: never empty, never a path, never reserved.

    Accents are dropped ("Élan" -> "elan"). A name with no ASCII letter or digit at all (a
    Chinese title) becomes "sample-" and the start of its hash: the same name, the same file.
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = _UNSAFE.sub("-", plain).strip("-")[:MAX_SLUG_CHARACTERS].rstrip("-")
    if not plain:
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        return f"sample-{digest[:8]}"
    return f"{plain}-sample" if _RESERVED.fullmatch(plain) else plain


def slugs(names: Iterable[str]) -> tuple[str, ...]:
    """One slug a name, all different: twins get -2, -3 … in the order they come."""
    given: set[str] = set()
    result: list[str] = []
    for name in names:
        base = slug(name)
        candidate, number = base, 1
        while candidate in given:
            number += 1
            candidate = f"{base}-{number}"
        given.add(candidate)
        result.append(candidate)
    return tuple(result)
