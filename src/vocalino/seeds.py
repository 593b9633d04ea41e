"""Seeds: whole numbers of 32 bits, so that they survive JSON, spreadsheets and every generator."""

from __future__ import annotations

import hashlib
import secrets

import numpy as np

MAX_SEED = 2**32 - 1


def new_seed() -> int:
    """A fresh request seed from the system's randomness."""
    return secrets.randbelow(MAX_SEED + 1)


def take_seed(seed: int, index: int) -> int:
    """The seed of one take: depends on the request seed and the take's index, not on K."""
    digest = hashlib.sha256(f"vocalino take {seed} {index}".encode()).digest()
    return int.from_bytes(digest[:4], "little")


def derived_seed(seed: int, purpose: str) -> int:
    """Another seed for a part of the same take: a later try, a later piece of a long text."""
    digest = hashlib.sha256(f"vocalino {purpose} of {seed}".encode()).digest()
    return int.from_bytes(digest[:4], "little")


def generator(seed: int, purpose: str) -> np.random.Generator:
    """Random numbers of one take for one purpose: drawing more for one never shifts another."""
    digest = hashlib.sha256(f"vocalino {purpose} {seed}".encode()).digest()
    return np.random.Generator(np.random.Philox(int.from_bytes(digest[:16], "little")))
