"""Did what was asked for happen? Directions measured by Praat, which had no part in the engine.

Usage: JUDGES/bin/python bench/judges/directions.py TAKES   (see bench/README.md)

Each take is compared with the neutral one of the same line and voice. Prints, per direction, the
share of lines that moved the asked way and the median change; the last line is one JSON object.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import parselmouth
from parselmouth.praat import call

# What each direction has to move, and which way.
ASKED = {
    "whisper": (("level_db", -1), ("voiced", -1)),
    "shout": (("level_db", 1), ("centroid_hz", 1)),
    "fast": (("duration_s", -1),),
    "slow": (("duration_s", 1),),
    "high": (("f0_st", 1),),
    "low": (("f0_st", -1),),
    "monotone": (("range_st", -1),),
    "animated": (("range_st", 1),),
    "trembling": (("unsteady_st", 1),),
    "tired": (("level_db", -1), ("duration_s", 1), ("range_st", -1)),
    "tender": (("level_db", -1), ("hnr_db", -1)),
}


def measure(path: Path) -> dict[str, float]:
    sound = parselmouth.Sound(str(path))
    pitch = sound.to_pitch_ac(time_step=0.005, pitch_floor=60, pitch_ceiling=600)
    f0_hz = pitch.selected_array["frequency"]
    voiced = f0_hz > 0
    semitones = 12 * np.log2(f0_hz[voiced] / 100) if voiced.any() else np.zeros(1)
    steps = np.diff(12 * np.log2(np.where(voiced, f0_hz, np.nan) / 100), n=2)
    hnr = sound.to_harmonicity_cc(time_step=0.01, minimum_pitch=60).values
    intensity = sound.to_intensity(minimum_pitch=60).values
    loud = intensity[intensity > intensity.max() - 30]
    return {
        "level_db": float(10 * np.log10(np.mean(10 ** (loud / 10)))),
        "duration_s": sound.duration,
        "f0_st": float(np.median(semitones)),
        "range_st": float(np.percentile(semitones, 90) - np.percentile(semitones, 10)),
        "unsteady_st": float(np.nanmean(np.abs(steps))) if np.isfinite(steps).any() else 0.0,
        "voiced": float(voiced.mean()),
        "hnr_db": float(np.median(hnr[hnr > -199])) if (hnr > -199).any() else -20.0,
        "centroid_hz": call(sound.to_spectrum(), "Get centre of gravity", 2.0),
    }


def main() -> None:
    folder = Path(sys.argv[1])
    entries = json.loads((folder / "directions.json").read_text())
    heard = {(e["voice"], e["direction"], e["line"]): measure(folder / e["take"]) for e in entries}
    result: dict[str, dict[str, float]] = {}
    print(
        f"{'direction':12s}{'measure':>14s}{'asked':>7s}{'lines':>7s}{'moved':>7s}{'median':>10s}"
    )
    for direction, wishes in ASKED.items():
        for name, way in wishes:
            changes = np.array(
                [
                    values[name] - heard[voice, "neutral", line][name]
                    for (voice, asked, line), values in heard.items()
                    if asked == direction
                ]
            )
            share = float(np.mean(changes * way > 0))
            result[f"{direction} {name}"] = {"moved": share, "median": float(np.median(changes))}
            print(
                f"{direction:12s}{name:>14s}{'up' if way > 0 else 'down':>7s}{changes.size:7d}"
                f"{share:7.0%}{np.median(changes):10.2f}"
            )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
