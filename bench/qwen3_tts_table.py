"""The page of a run of bench/qwen3_tts.py: tables out of its samples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

FRAME_S = 0.08
Result = dict[str, Any]
Runs = list[dict[str, Any]]


def page(result: Result) -> str:
    """The whole result in Markdown."""
    ours, *peers = result["samples"]
    quantized = f", {result['quantize']}" if result["quantize"] else ""
    lines = [
        f"# Qwen3-TTS, {result['size']} size, {result['device'].partition(':')[0]}, "
        f"{result['date']}",
        "",
        f"`{result['command']}` at {result['commit']}, random weights, {result['frames']} frames a "
        f"take, {result['dtype']}{quantized}.",
        f"Machine: {result['machine']} (shared), {result['threads']} threads.",
        "Medians of the rounds.",
        "",
        *_ours(result, result["samples"][ours]),
    ]
    for peer in peers:
        lines += ["", *_beside(peer, result["samples"][peer], result["samples"][ours], result)]
    if "int8" in result:
        lines += ["", *_int8(result["int8"])]
    limits = result["limits"]
    lines += [
        "",
        f"The device reads {limits['bytes_per_s'] / 1e9:.1f} GB/s and multiplies "
        f"{limits['flops_per_s'] / 1e9:.0f} GFLOP/s in this dtype, measured in the same run.",
        *_versions(result["versions"]),
        "",
    ]
    return "\n".join(lines)


def _ours(result: Result, samples: dict[int, Runs]) -> list[str]:
    once = {rows: _codes_s(runs) for rows, runs in samples.items()}
    frames = result["frames"]

    def row(rows: int, runs: Runs) -> tuple[str, ...]:
        floor_s = _floor_s(result["floors"][rows], result["limits"])
        audio_s = rows * frames * FRAME_S
        return (
            str(rows),
            f"{1000 * once[rows] / frames:.1f}",
            f"{once[rows] / once[1]:.2f}" if 1 in once else "",
            f"{audio_s / once[rows]:.2f}",
            f"{100 * floor_s * frames / once[rows]:.0f} %",
            f"{median(run['codec_s'] for run in runs) / audio_s:.3f}",
            f"{median(run['first_sound_s'] for run in runs):.2f}",
            f"{max(run['peak_mib'] for run in runs):.0f}",
        )

    head = (
        "K",
        "ms/frame",
        "t(K)/t(1)",
        "audio s/s, codes",
        "of the roofline",
        "codec s/audio s",
        "first sound (s)",
        "peak MiB",
    )
    return _table(head, (row(rows, runs) for rows, runs in samples.items()))


def _beside(name: str, peer: dict[int, Runs], ours: dict[int, Runs], result: Result) -> list[str]:
    """One peer: its own numbers, and how many times as long it takes."""
    frames = result["frames"]

    def row(rows: int) -> tuple[str, ...]:
        theirs, own = peer[rows], ours[rows]
        each = [a["codes_s"] / b["codes_s"] for a, b in zip(theirs, own, strict=True)]
        return (
            str(rows),
            f"{1000 * _codes_s(theirs) / frames:.1f}",
            f"{_codes_s(theirs) / _codes_s(own):.2f}",
            f"{min(each):.2f} to {max(each):.2f}",
            f"{median(run['codec_s'] for run in theirs) / (rows * frames * FRAME_S):.3f}",
            f"{_all_s(theirs) / _all_s(own):.2f}",
            f"{max(run['peak_mib'] for run in theirs):.0f}",
        )

    head = (
        f"K, {name}",
        "ms/frame",
        "times ours, codes",
        "round by round",
        "codec s/audio s",
        "times ours, with codec",
        "peak MiB",
    )
    return _table(head, map(row, peer))


def _int8(compared: dict[str, dict[str, float]]) -> list[str]:
    head = (
        "int8 against unquantised",
        "greedy agreement",
        "mean error",
        "max error",
        "logits' deviation",
    )
    rows = (
        (
            name,
            f"{100 * found['greedy_agreement']:.1f} %",
            f"{found['mean_error']:.4f}",
            f"{found['max_error']:.4f}",
            f"{found['logit_deviation']:.3f}",
        )
        for name, found in compared.items()
    )
    return _table(head, rows)


def _versions(versions: dict[str, dict[str, str]]) -> list[str]:
    return [
        f"{player} ran with " + ", ".join(f"{k} {v}" for k, v in packages.items()) + "."
        for player, packages in versions.items()
    ]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def _codes_s(runs: Runs) -> float:
    return median(run["codes_s"] for run in runs)


def _all_s(runs: Runs) -> float:
    return median(run["codes_s"] + run["codec_s"] for run in runs)


def _floor_s(cost: dict[str, float], limits: dict[str, float]) -> float:
    """The least seconds of a frame: reading and multiplying go on at the same time."""
    return max(cost["bytes"] / limits["bytes_per_s"], cost["flops"] / limits["flops_per_s"])
