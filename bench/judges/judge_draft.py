"""Takes of the draft cast by judges that had no part in making them.

Usage: JUDGES/bin/python bench/judges/judge_draft.py TAKES CLIPS [LINES]   (see bench/README.md)

TAKES is what bench/draft.py --out wrote, CLIPS the folder of human clips; LINES, when given, is
how many lines of each reference are judged (a judgement takes about five seconds). For
performances (before conversion) and takes: identity is the Resemblyzer cosine to the reference
clip, quality DNSMOS P.835 overall, word errors those of pocketsphinx (weak: read them as a
difference). Prints a row a reference and means; the last line is one JSON object.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import jiwer
import numpy as np
import soundfile
import soxr
from pocketsphinx import Decoder
from resemblyzer import VoiceEncoder, preprocess_wav
from speechmos import dnsmos

RATE_HZ = 16_000


def load(path: Path) -> np.ndarray:
    samples, rate_hz = soundfile.read(path, dtype="float32")
    return soxr.resample(samples, rate_hz, RATE_HZ)


def words(text: str) -> str:
    return re.sub(r"[^a-z' ]", "", text.lower())


def window(samples: np.ndarray) -> np.ndarray:
    """Repeated to just the 9.01 s that DNSMOS looks at: speechmos would judge nine windows."""
    return np.resize(np.clip(samples, -1, 1), int(9.01 * RATE_HZ))


class Recogniser:
    def __init__(self) -> None:
        self._decoder = Decoder(samprate=RATE_HZ, loglevel="FATAL")

    def __call__(self, samples: np.ndarray) -> str:
        loud = np.pad(samples / max(1e-6, np.abs(samples).max()) * 0.8, 4000)
        self._decoder.start_utt()
        self._decoder.process_raw((loud * 32767).astype(np.int16).tobytes(), full_utt=True)
        self._decoder.end_utt()
        heard = self._decoder.hyp()
        return heard.hypstr if heard else ""


def main() -> None:
    takes, clips = Path(sys.argv[1]), Path(sys.argv[2])
    most = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000
    manifest: list[dict[str, str]] = []
    for entry in json.loads((takes / "manifest.json").read_text()):
        if sum(e["reference"] == entry["reference"] for e in manifest) < most:
            manifest.append(entry)
    held_out = set(json.loads((clips / "clips.json").read_text())["held_out"])
    encoder, recognise = VoiceEncoder("cpu", verbose=False), Recogniser()
    rows: dict[str, dict[str, list[float]]] = {}
    references: dict[str, np.ndarray] = {}
    for entry in manifest:
        name = entry["reference"]
        if name not in references:
            clip = load(clips / f"{name}.a.wav")
            references[name] = encoder.embed_utterance(preprocess_wav(clip, RATE_HZ))
        row = rows.setdefault(name, {})
        for kind in ("performance", "take"):
            samples = load(takes / entry[kind])
            embedding = encoder.embed_utterance(preprocess_wav(samples, RATE_HZ))
            quality = dnsmos.run(window(samples), sr=RATE_HZ)["ovrl_mos"]
            errors = jiwer.wer(words(entry["line"]), words(recognise(samples)) or "-")
            for what, value in (
                ("identity", float(embedding @ references[name])),
                ("quality", float(quality)),
                ("wer", 100 * errors),
            ):
                row.setdefault(f"{what} {kind}", []).append(value)
    columns = [f"{w} {k}" for w in ("identity", "quality", "wer") for k in ("performance", "take")]
    print(f"{'reference':20s}" + "".join(f"{column:>22s}" for column in columns))
    for name, row in rows.items():
        mark = "" if name in held_out else "*"
        means = "".join(f"{np.mean(row[column]):22.3f}" for column in columns)
        print(f"{name + mark:20s}{means}")
    result: dict[str, object] = {"references": len(rows), "takes": len(manifest)}
    for label, names in (("all", list(rows)), ("held_out", [n for n in rows if n in held_out])):
        means = {c: float(np.mean([v for n in names for v in rows[n][c]])) for c in columns}
        print(f"{label:20s}" + "".join(f"{means[column]:22.3f}" for column in columns))
        result[label] = {column: round(value, 4) for column, value in means.items()}
    print("* parameters were tuned with this voice in sight")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
