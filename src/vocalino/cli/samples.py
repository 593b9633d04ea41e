"""`vocalino samples`: the emotional showcase, or one's own sheet of lines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vocalino.cli import options


def samples(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[SHEET]",
            help="YAML or CSV with the columns name, line, direction and optionally language, "
            "takes, seed; left out, five built-in emotional samples are played.",
        ),
    ] = None,
    ref: options.Ref = None,
    voice: options.Voice = None,
    description: Annotated[
        str,
        typer.Option(
            help="Design the voice from these words (when there is no --ref or --voice).",
            rich_help_panel=options.VOICE,
        ),
    ] = "a warm young woman with a clear voice",
    name: Annotated[
        str | None, typer.Option(help="What to call the voice.", rich_help_panel=options.VOICE)
    ] = None,
    takes: options.Takes = 3,
    seed: options.Seed = None,
    language: Annotated[
        str,
        typer.Option(
            "--language",
            "-l",
            help="Language of the built-in samples, or of lines that don't say theirs.",
            rich_help_panel=options.ACTING,
        ),
    ] = "auto",
    length_adjust: options.LengthAdjust = 1.0,
    ode_steps: options.Steps = None,
    intelligibility: options.Intelligibility = 0.7,
    similarity: options.Similarity = 0.7,
    convert_style: options.ConvertStyle = False,
    out: options.Out = None,
    format: options.Format = "wav",
    overwrite: options.Overwrite = False,
    report: options.Report = True,
    library: options.Keep = True,
    cast: options.CastName = None,
    designer: options.Designer = None,
    model: options.Model = None,
    device: options.Device = None,
    converter: options.Converter = None,
    vc_model: options.VcModel = None,
    vc_device: options.VcDevice = None,
    home: options.Home = None,
    json: options.Json = False,
) -> None:
    """Play a sheet of lines in one voice and put them all in one report.

    The voice is that of --ref or --voice; without either it is designed from --description.
    """
    from dataclasses import replace

    from vocalino.cli.casting_call import design_voice
    from vocalino.cli.order import Order
    from vocalino.cli.session import Session
    from vocalino.cli.showcase import show
    from vocalino.request import ConvertOptions
    from vocalino.samples import built_in, read
    from vocalino.seeds import new_seed
    from vocalino.text import language_named

    flags = {
        "cast": cast,
        "designer": designer,
        "tts_model": model,
        "tts_device": device,
        "converter": converter,
        "vc_model": vc_model,
        "vc_device": vc_device,
        "home": home,
    }
    with Session(flags) as session:
        spoken = language_named(language)
        sheet = read(file) if file else built_in(spoken)
        sheet = tuple(
            replace(sample, language=spoken) if sample.language == "auto" else sample
            for sample in sheet
        )
        seed = new_seed() if seed is None else seed
        order = Order(
            folder=out or Path("takes") / f"{file.stem if file else 'samples'}-{seed}",
            title=file.stem if file else "Emotional samples",
            takes=takes,
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
            ),
        )
        cast_voice = session.cast_voice(ref, voice)
        if cast_voice is None:
            cast_voice = design_voice(
                session, description, sheet[0].language, seed, order.folder, overwrite
            )
        if name is not None:
            cast_voice = cast_voice.named(name)
        shown = show(session, cast_voice, sheet, order)
        shown.tell(session, json)
        raise typer.Exit(shown.exit_code)
