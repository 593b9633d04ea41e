"""Clips of one speaker each, joined from the short recordings that the packages carry.

Usage: python collect_clips.py PACKAGES CLIPS

Writes `NAME.a.wav` (the reference, about 16 s) and `NAME.b.wav` (other recordings of the same
speaker, about 12 s), and `clips.json` that says which speakers parameters may be tuned on.
Which recordings are taken is drawn with a fixed seed from the sorted file names.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import numpy as np
import soundfile as sf

TUX = "tuxpaint-stamps-default/usr/share/tuxpaint/stamps/**/*_desc_{}.ogg"
KTUBERLING = "ktuberling-data/usr/share/ktuberling/sounds/{}/*.*"
FILLETS = "fillets-ng-data-{0}/usr/share/games/fillets-ng/sound/**/{0}/*{1}-*.ogg"
LIBRIVOX = "pocketsphinx-testdata/usr/share/pocketsphinx/test/data/librivox/*.wav"

TUNE = {
    "tux-be": TUX.format("be"),
    "tux-bg": TUX.format("bg"),
    "tux-es": TUX.format("es"),
    "tux-ru": TUX.format("ru"),
    "ktuberling-de": KTUBERLING.format("de"),
    "ktuberling-nn": KTUBERLING.format("nn"),
    "ktuberling-gl": KTUBERLING.format("gl"),
    "ktuberling-lt": KTUBERLING.format("lt"),
    "fillets-cs-small": FILLETS.format("cs", "m"),
    "fillets-nl-big": FILLETS.format("nl", "v"),
}
HELD_OUT = {
    "tux-ca": TUX.format("ca"),
    "tux-da": TUX.format("da"),
    "tux-el": TUX.format("el"),
    "tux-fr": TUX.format("fr"),
    "tux-ro": TUX.format("ro"),
    "ktuberling-en": KTUBERLING.format("en"),
    "ktuberling-el": KTUBERLING.format("el"),
    "ktuberling-sl": KTUBERLING.format("sl"),
    "ktuberling-uk": KTUBERLING.format("uk"),
    "ktuberling-wa": KTUBERLING.format("wa"),
    "fillets-cs-big": FILLETS.format("cs", "v"),
    "fillets-nl-small": FILLETS.format("nl", "m"),
    "librivox-en": LIBRIVOX,
}
REFERENCE_S, OTHER_S, GAP_S = 16.0, 12.0, 0.2


def utterance(path: Path, rate_hz: int | None) -> tuple[np.ndarray, int] | None:
    """Samples without the silence around them, None when there is hardly any speech."""
    samples, rate = sf.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    frame = rate // 50
    if mono.size < 15 * frame or (rate_hz and rate != rate_hz):
        return None
    level = np.sqrt((mono[: mono.size // frame * frame].reshape(-1, frame) ** 2).mean(axis=1))
    loud = np.flatnonzero(level > 0.03 * level.max())
    if loud.size < 12:
        return None
    return mono[max(0, loud[0] - 3) * frame : (loud[-1] + 4) * frame], rate


def clip(files: list[Path], length_s: float, rate_hz: int | None) -> tuple[np.ndarray, int]:
    parts: list[np.ndarray] = []
    total_s = 0.0
    while files and total_s < length_s:
        got = utterance(files.pop(), rate_hz)
        if got is None:
            continue
        samples, rate_hz = got
        parts += [samples, np.zeros(round(GAP_S * rate_hz), np.float32)]
        total_s += samples.size / rate_hz
    return np.concatenate(parts), rate_hz or 0


def main() -> None:
    packages, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    for name, pattern in {**TUNE, **HELD_OUT}.items():
        files = sorted(p for p in packages.glob(pattern) if p.is_file())
        random.Random(f"vocalino {name}").shuffle(files)
        reference, rate_hz = clip(files, REFERENCE_S, None)
        sf.write(out / f"{name}.a.wav", reference, rate_hz)
        other, rate_hz = clip(files, OTHER_S, rate_hz)
        sf.write(out / f"{name}.b.wav", other, rate_hz)
        lengths = f"{reference.size / rate_hz:5.1f} s + {other.size / rate_hz:5.1f} s"
        print(f"{name:18s} {rate_hz:6d} Hz  {lengths}")
    sets = {"tune": list(TUNE), "held_out": list(HELD_OUT)}
    (out / "clips.json").write_text(json.dumps(sets, indent=1) + "\n")


if __name__ == "__main__":
    main()
