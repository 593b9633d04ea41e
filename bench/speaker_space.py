"""Derive the space of `DraftSpeaker` from recordings of people, and measure it on others.

Usage: .venv/bin/python bench/speaker_space.py CLIPS [--write]

CLIPS is what `bench/judges/fetch_clips.sh` makes. The mean, and the projection that whitens what
differs between pieces of one speaker, come from the speakers of the "tune" set; the speakers of
"held_out" only measure.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import soundfile as sf

from vocalino.audio import Audio
from vocalino.engines.draft import speaker
from vocalino.engines.draft.likeness import NAMES, features

PIECE_S = 4.0
SHRINKAGE = 0.3  # of the within-speaker covariance towards its diagonal: few speakers, 34 values


def pieces(path: Path) -> list[np.ndarray]:
    """Features of each whole piece of a clip."""
    samples, rate_hz = sf.read(path, dtype="float32")
    clip = Audio(np.asarray(samples, np.float32), rate_hz)
    count = int(clip.duration_s // PIECE_S)
    return [features(clip.span(n * PIECE_S, (n + 1) * PIECE_S)) for n in range(count)]


def speakers(folder: Path, names: list[str]) -> dict[str, np.ndarray]:
    """Name -> features [pieces, 34]."""
    return {
        n: np.stack(pieces(folder / f"{n}.a.wav") + pieces(folder / f"{n}.b.wav")) for n in names
    }


def derive(voices: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Mean [34] over speakers and whitening projection [34, 34]."""
    means = np.stack([v.mean(axis=0) for v in voices.values()])
    rest = np.concatenate([v - v.mean(axis=0) for v in voices.values()])
    within = np.cov(rest.T)
    within = (1.0 - SHRINKAGE) * within + SHRINKAGE * np.diag(np.diag(within))
    values, vectors = np.linalg.eigh(within)
    return means.mean(axis=0), (vectors / np.sqrt(values)) @ vectors.T


def auc(voices: dict[str, np.ndarray], mean: np.ndarray, projection: np.ndarray) -> float:
    """Chance that two pieces of one speaker are more alike than two of different ones."""
    embedded = {n: (v - mean) @ projection for n, v in voices.items()}
    rows = np.concatenate([e / np.linalg.norm(e, axis=1, keepdims=True) for e in embedded.values()])
    labels = np.repeat(np.arange(len(embedded)), [len(e) for e in embedded.values()])
    first, second = np.triu_indices(len(rows), 1)
    cosines, same = (rows @ rows.T)[first, second], labels[first] == labels[second]
    order = np.argsort(np.argsort(cosines))
    count = int(same.sum())
    return float((order[same].sum() - count * (count - 1) / 2) / (count * int((~same).sum())))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", type=Path)
    parser.add_argument("--write", action="store_true", help="replace the space in the package")
    given = parser.parse_args()
    sets = json.loads((given.clips / "clips.json").read_text())
    tune, held_out = (speakers(given.clips, sets[name]) for name in ("tune", "held_out"))
    mean, projection = derive(tune)
    print(f"same or different speaker, pieces of {PIECE_S:g} s: area under the ROC curve")
    print(f"tune     {len(tune):2d} speakers  {auc(tune, mean, projection):.3f}")
    print(f"held out {len(held_out):2d} speakers  {auc(held_out, mean, projection):.3f}")
    if given.write:
        space = {
            "revision": f"{len(tune)} speakers of bench/judges/collect_clips.py",
            "features": NAMES,
            "mean": np.round(mean, 4).tolist(),
            "projection": np.round(projection, 4).tolist(),
        }
        out = Path(speaker.__file__).with_name(speaker.SPACE)
        text = json.dumps(space).replace("], [", "],\n[")
        out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
