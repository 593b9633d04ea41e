"""Options that several commands share, each written once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

CAST = "Engines"
VOICE = "Voice"
ACTING = "Acting"
SAMPLING = "Sampling (studio cast)"
CONVERSION = "Conversion (studio cast)"
OUTPUT = "Output"

CastName = Annotated[
    str | None,
    typer.Option(
        "--cast",
        metavar="auto|draft|studio",
        help="Which engines play. [env: VOCALINO_CAST]",
        rich_help_panel=CAST,
    ),
]
Designer = Annotated[
    str | None,
    typer.Option(
        metavar="MODULE:CLASS", help="Play this speech designer instead.", rich_help_panel=CAST
    ),
]
Converter = Annotated[
    str | None,
    typer.Option(
        metavar="MODULE:CLASS", help="Play this voice converter instead.", rich_help_panel=CAST
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="FOLDER",
        help="Checkpoint of the studio cast's speech designer. [env: TTS_MODEL]",
        rich_help_panel=CAST,
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        "--device",
        metavar="cuda:0|cpu|...",
        help="Where it computes. [env: TTS_DEVICE]",
        rich_help_panel=CAST,
    ),
]
VcModel = Annotated[
    str | None,
    typer.Option(
        "--vc-model",
        metavar="FOLDER",
        help="Checkpoints of the studio cast's voice converter. [env: VC_MODEL]",
        rich_help_panel=CAST,
    ),
]
VcDevice = Annotated[
    str | None,
    typer.Option(
        "--vc-device",
        metavar="cuda:0|cpu|...",
        help="Where it computes; left out, where the speech designer does. [env: VC_DEVICE]",
        rich_help_panel=CAST,
    ),
]
Home = Annotated[
    Path | None,
    typer.Option(
        "--home", help="Folder of the library and config.toml. [env: VOCALINO_HOME]", metavar="DIR"
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on standard output, nothing else.")
]
Ref = Annotated[
    Path | None,
    typer.Option(
        "--ref",
        metavar="CLIP",
        help="Reference clip of the voice: 3 to 25 seconds of WAV, FLAC, OGG or MP3.",
        rich_help_panel=VOICE,
    ),
]
Voice = Annotated[
    str | None,
    typer.Option("--voice", metavar="NAME", help="A voice of the library.", rich_help_panel=VOICE),
]
Takes = Annotated[
    int, typer.Option("--takes", "-k", help="How many takes, 1 to 64.", rich_help_panel=ACTING)
]
Seed = Annotated[
    int | None,
    typer.Option(
        help="Same seed, same takes; left out, a new one is drawn and written down.",
        rich_help_panel=ACTING,
    ),
]
Language = Annotated[
    str,
    typer.Option(
        "--language", "-l", help="Language of the line, by name or code.", rich_help_panel=ACTING
    ),
]
LengthAdjust = Annotated[
    float,
    typer.Option(help="Stretch the take: 2.0 is twice as long.", rich_help_panel=ACTING),
]
Steps = Annotated[
    int | None,
    typer.Option(
        "--ode-steps",
        help="ODE steps of the converter. [env: DEFAULT_DIFF_STEPS]",
        rich_help_panel=CONVERSION,
    ),
]
Intelligibility = Annotated[
    float,
    typer.Option(
        "--cfg-intelligibility", help="CFG scale of the words, 0 to 1.", rich_help_panel=CONVERSION
    ),
]
Similarity = Annotated[
    float,
    typer.Option(
        "--cfg-similarity", help="CFG scale of the voice, 0 to 1.", rich_help_panel=CONVERSION
    ),
]
ConvertStyle = Annotated[
    bool,
    typer.Option(
        "--convert-style",
        help="Convert the manner of speaking too, accent and emotion with it.",
        rich_help_panel=CONVERSION,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="DIR", help="Folder to write to.", rich_help_panel=OUTPUT),
]
Format = Annotated[
    str,
    typer.Option(
        "--format",
        "-f",
        metavar="wav|flac|ogg|opus|mp3",
        help="Format of the takes.",
        rich_help_panel=OUTPUT,
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite", help="Write over takes that are already there.", rich_help_panel=OUTPUT
    ),
]
Report = Annotated[
    bool, typer.Option("--report/--no-report", help="Write report.html.", rich_help_panel=OUTPUT)
]
Keep = Annotated[
    bool,
    typer.Option(
        "--library/--no-library", help="Keep the takes in the library.", rich_help_panel=OUTPUT
    ),
]
Temperature = Annotated[
    float | None,
    typer.Option(
        "--temperature", help="How daring the talker is; 0 is greedy.", rich_help_panel=SAMPLING
    ),
]
TopP = Annotated[
    float | None,
    typer.Option(
        "--top-p",
        help="It draws from the likeliest tokens of this total probability.",
        rich_help_panel=SAMPLING,
    ),
]
TopK = Annotated[
    int | None,
    typer.Option(
        "--top-k",
        help="It draws from so many of the likeliest tokens; 0 is all.",
        rich_help_panel=SAMPLING,
    ),
]
RepetitionPenalty = Annotated[
    float | None,
    typer.Option(
        "--repetition-penalty",
        help="Above 1, tokens that were used before get rarer.",
        rich_help_panel=SAMPLING,
    ),
]
MaxNewTokens = Annotated[
    int | None,
    typer.Option(
        "--max-new-tokens",
        help="The most codec frames of a take, its end included, 2 to 8192.",
        rich_help_panel=SAMPLING,
    ),
]
PredictorTemperature = Annotated[
    float | None,
    typer.Option(
        "--predictor-temperature",
        help="As --temperature, for the code predictor.",
        rich_help_panel=SAMPLING,
    ),
]
PredictorTopP = Annotated[
    float | None,
    typer.Option(
        "--predictor-top-p", help="As --top-p, for the code predictor.", rich_help_panel=SAMPLING
    ),
]
PredictorTopK = Annotated[
    int | None,
    typer.Option(
        "--predictor-top-k", help="As --top-k, for the code predictor.", rich_help_panel=SAMPLING
    ),
]
