"""`vocalino design`: a voice from words."""

from __future__ import annotations

from typing import Annotated

import typer

from vocalino.cli import options


def design(
    description: Annotated[str, typer.Argument(help="How the voice sounds, in plain words.")],
    name: Annotated[
        str | None,
        typer.Option(
            help="Keep the best clip in the library as a voice of this name.",
            rich_help_panel=options.VOICE,
        ),
    ] = None,
    line: Annotated[
        str | None,
        typer.Option(
            help="What the voice says; left out, about ten seconds in its language.",
            rich_help_panel=options.ACTING,
        ),
    ] = None,
    takes: options.Takes = 3,
    seed: options.Seed = None,
    language: options.Language = "auto",
    temperature: options.Temperature = None,
    top_p: options.TopP = None,
    top_k: options.TopK = None,
    repetition_penalty: options.RepetitionPenalty = None,
    max_new_tokens: options.MaxNewTokens = None,
    predictor_temperature: options.PredictorTemperature = None,
    predictor_top_p: options.PredictorTopP = None,
    predictor_top_k: options.PredictorTopK = None,
    out: options.Out = None,
    format: options.Format = "wav",
    overwrite: options.Overwrite = False,
    report: options.Report = True,
    cast: options.CastName = None,
    designer: options.Designer = None,
    model: options.Model = None,
    device: options.Device = None,
    home: options.Home = None,
    json: options.Json = False,
) -> None:
    """Design a voice from words: K clips, the best of them kept under --name if given."""
    from pathlib import Path

    from vocalino.cli.casting_call import audition, check_free
    from vocalino.cli.console import print_json, print_line, print_table, warn
    from vocalino.cli.reporting import sample_section, write_report
    from vocalino.cli.session import Session
    from vocalino.request import DesignOptions
    from vocalino.samples import slug
    from vocalino.seeds import new_seed
    from vocalino.text import language_named

    flags = {
        "cast": cast,
        "designer": designer,
        "tts_model": model,
        "tts_device": device,
        "home": home,
    }
    with Session(flags, converts=False) as session:
        if name is not None:  # a name that is taken should not cost a run
            check_free(session.library, name)
        seed = new_seed() if seed is None else seed
        stem = slug(name or description)
        folder = out or Path("voices") / f"{stem[:40]}-{seed}"
        made = audition(
            session,
            description,
            folder,
            line=line,
            language=language_named(language),
            takes=takes,
            seed=seed,
            stem=stem,
            format=format,
            overwrite=overwrite,
            options=DesignOptions(
                temperature=temperature,
                top_p=top_p,
                top_k=top_k,
                repetition_penalty=repetition_penalty,
                max_new_tokens=max_new_tokens,
                predictor_temperature=predictor_temperature,
                predictor_top_p=predictor_top_p,
                predictor_top_k=predictor_top_k,
            ),
        )
        played = made.played
        voice = None
        if name is not None and played.finished.outcome != "cancelled":
            clip, receipt = made.best
            voice = session.library.voices.add(
                name, clip, source="designed", description=description, receipt=receipt
            )
        elif played.best is None:
            warn("no clip passes every check")
        path = folder / "report.html" if report else None
        if path:
            section = sample_section(stem, made.request, played, session.engines.designer)
            write_report(path, description, session, [played], voice=None, samples=[section])
        if json:
            print_json(
                {
                    **session.document(),
                    "voice": voice and {"id": voice.id, "name": voice.name},
                    "seed": seed,
                    "folder": str(folder),
                    "report": path and str(path),
                    **played.document(),
                }
            )
        else:
            print_table(["", "file", "length", "why here"], played.rows())
            print_line(f"\nclips and receipts: {folder}")
            if path:
                print_line(f"report: {path}")
            if voice:
                print_line(f'voice: act in it with --voice "{voice.name}"')
        raise typer.Exit(played.exit_code)
