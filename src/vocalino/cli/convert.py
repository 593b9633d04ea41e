"""`vocalino convert`: recordings in, the same acting in another voice out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vocalino.cli import options


def convert(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Recordings: WAV, FLAC, OGG or MP3.")
    ],
    ref: options.Ref = None,
    voice: options.Voice = None,
    seed: options.Seed = None,
    length_adjust: options.LengthAdjust = 1.0,
    ode_steps: options.Steps = None,
    intelligibility: Annotated[
        float,
        typer.Option(
            "--cfg-intelligibility",
            help="CFG scale of the words, 0 to 1 (studio cast).",
            rich_help_panel=options.CAST,
        ),
    ] = 0.7,
    similarity: Annotated[
        float,
        typer.Option(
            "--cfg-similarity",
            help="CFG scale of the voice, 0 to 1 (studio cast).",
            rich_help_panel=options.CAST,
        ),
    ] = 0.7,
    convert_style: Annotated[
        bool,
        typer.Option(
            "--convert-style",
            help="Convert the manner of speaking too (studio cast).",
            rich_help_panel=options.CAST,
        ),
    ] = False,
    anonymization_only: Annotated[
        bool,
        typer.Option(
            "--anonymization-only",
            help="Take the source's voice away and give none (studio cast).",
            rich_help_panel=options.CAST,
        ),
    ] = False,
    out: options.Out = None,
    format: options.Format = "wav",
    overwrite: options.Overwrite = False,
    report: options.Report = True,
    library: options.Keep = True,
    cast: options.CastName = None,
    converter: options.Converter = None,
    home: options.Home = None,
    json: options.Json = False,
) -> None:
    """Give recordings the voice of --ref or --voice; the acting stays."""
    from vocalino.cli.conversions import convert_files
    from vocalino.cli.order import Order
    from vocalino.cli.session import Session
    from vocalino.errors import RequestError
    from vocalino.request import ConvertOptions
    from vocalino.samples import slug
    from vocalino.seeds import new_seed

    with Session({"cast": cast, "converter": converter, "home": home}) as session:
        target = session.cast_voice(ref, voice)
        if target is None:
            raise RequestError("which voice? Give --ref CLIP, or --voice NAME from the library")
        seed = new_seed() if seed is None else seed
        order = Order(
            folder=out or Path("converted") / f"{slug(target.reference.name)}-{seed}",
            title=f"Converted to {target.reference.name}",
            seed=seed,
            format=format,
            overwrite=overwrite,
            report=report,
            keep=library,
            convert=ConvertOptions(
                ode_steps=ode_steps,
                length_adjust=length_adjust,
                cfg_intelligibility=intelligibility,
                cfg_similarity=similarity,
                convert_style=convert_style,
                anonymization_only=anonymization_only,
            ),
        )
        converted = convert_files(session, target, files, order)
        converted.tell(session, json)
        raise typer.Exit(converted.exit_code)
