"""A take out of the library, as it was delivered or at a loudness and format asked for."""

from __future__ import annotations

import math
from pathlib import Path

from vocalino.audio import Audio
from vocalino.audio.decode import decode
from vocalino.audio.encode import encode
from vocalino.audio.loudness import gain, loudness_lufs
from vocalino.audio.trim import trim
from vocalino.cli.delivery import make_folder, receipt_name, write
from vocalino.errors import RequestError
from vocalino.library import Library, StoredTake

MAX_PEAK_DB = -1.0
"""Sample peak that a delivery may reach (EBU R 128 asks for -1 dBTP)."""


def export(
    library: Library,
    take: StoredTake,
    folder: Path,
    format: str | None = None,
    lufs: float | None = None,
    handle_s: float | None = None,
) -> list[Path]:
    """Write the sound, its receipt and the performance before conversion; the paths written.

    `handle_s` trims the silence at both ends down to that many seconds. The receipt is that of the
    take as it was made: once anything is changed, the sound beside it is another file than the
    one whose SHA-256 it states.

    Raises:
        RequestError: a file is there already, or the loudness can't be had without clipping.
    """
    receipt = take.receipt
    files: dict[str, bytes] = {}
    data = library.takes.audio(take)
    if format is None and lufs is None and handle_s is None:
        files[receipt.audio.name] = data
    else:
        audio = decode(data, what=receipt.audio.name)
        audio = audio if handle_s is None else trim(audio, handle_s)
        audio = audio if lufs is None else _at_loudness(audio, lufs)
        format = format or receipt.audio.format
        stem = receipt.audio.name.removesuffix(f".{receipt.audio.format}")
        files[f"{stem}.{format}"] = encode(audio, format)
    performance = library.takes.performance(take)
    if receipt.performance is not None and performance is not None:
        files[receipt.performance.name] = performance
    files[receipt_name(receipt)] = receipt.to_json().encode()
    make_folder(folder, list(files), overwrite=False)
    for name, content in files.items():
        write(folder / name, content)
    return [folder / name for name in files]


def _at_loudness(audio: Audio, lufs: float) -> Audio:
    now = loudness_lufs(audio)
    if now is None:
        raise RequestError("the take is silent: it has no loudness to bring anywhere")
    louder = gain(audio, lufs - now)
    if louder.peak > 10 ** (MAX_PEAK_DB / 20):
        reachable = math.floor(10 * (now + MAX_PEAK_DB - 20 * math.log10(audio.peak))) / 10
        raise RequestError(
            f"at {lufs:g} LUFS the take would peak over {MAX_PEAK_DB:g} dBFS: "
            f"ask for {reachable:.1f} LUFS or less"
        )
    return louder
