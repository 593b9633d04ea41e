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
    intelligibility: options.Intelligibility = 0.7,
    similarity: options.Similarity = 0.7,
    convert_style: options.ConvertStyle = False,
    temperature: Annotated[
        float,
        typer.Option(
            help="How daring --convert-style is, 0.1 to 2.", rich_help_panel=options.CONVERSION
        ),
    ] = 1.0,
    top_p: Annotated[
        float,
        typer.Option(
            help="It draws from the likeliest tokens of this total probability.",
            rich_help_panel=options.CONVERSION,
        ),
    ] = 0.9,
    repetition_penalty: Annotated[
        float,
        typer.Option(
            help="Above 1, up to 2, tokens that were used before get rarer.",
            rich_help_panel=options.CONVERSION,
        ),
    ] = 1.0,
    anonymization_only: Annotated[
        bool,
        typer.Option(
            "--anonymization-only",
            help="Take the source's voice away and give none.",
            rich_help_panel=options.CONVERSION,
        ),
    ] = False,
    out: options.Out = None,
    format: options.Format = "wav",
    overwrite: options.Overwrite = False,
    report: options.Report = True,
    library: options.Keep = True,
    cast: options.CastName = None,
    converter: options.Converter = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "--vc-model",
            metavar="FOLDER",
            help="Checkpoints of the studio cast's voice converter. [env: VC_MODEL]",
            rich_help_panel=options.CAST,
        ),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(
            "--device",
            "--vc-device",
            metavar="cuda:0|cpu|...",
            help="Where it computes. [env: VC_DEVICE]",
            rich_help_panel=options.CAST,
        ),
    ] = None,
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

    flags = {
        "cast": cast,
        "converter": converter,
        "vc_model": model,
        "vc_device": device,
        "home": home,
    }
    with Session(flags, designs=False) as session:
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
                top_p=top_p,
                temperature=temperature,
                repetition_penalty=repetition_penalty,
                convert_style=convert_style,
                anonymization_only=anonymization_only,
            ),
        )
        converted = convert_files(session, target, files, order)
        converted.tell(session, json)
        raise typer.Exit(converted.exit_code)
