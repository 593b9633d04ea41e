"""`vocalino act`: one line, one direction, one voice, K takes."""

from __future__ import annotations

from typing import Annotated

import typer

from vocalino.cli import options


def act(
    line: Annotated[str, typer.Argument(help="The words to speak; - reads standard input.")],
    direction: Annotated[
        str, typer.Option("--direction", "-d", help="How to act them, in plain words.")
    ] = "",
    ref: options.Ref = None,
    voice: options.Voice = None,
    takes: options.Takes = 3,
    seed: options.Seed = None,
    language: options.Language = "auto",
    length_adjust: options.LengthAdjust = 1.0,
    ode_steps: options.Steps = None,
    intelligibility: options.Intelligibility = 0.7,
    similarity: options.Similarity = 0.7,
    convert_style: options.ConvertStyle = False,
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
    """Act a line as directed, K times, in a voice; the best take comes first.

    The voice is that of a reference clip (--ref) or of the library (--voice); without either the
    speech designer makes one up from the direction.
    """
    from pathlib import Path

    from vocalino.cli.order import Order
    from vocalino.cli.session import Session, text_argument
    from vocalino.cli.showcase import show
    from vocalino.request import ConvertOptions, DesignOptions
    from vocalino.samples import Sample, slug
    from vocalino.seeds import new_seed

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
        text = text_argument(line)
        name = slug(" ".join(text.split()[:5]))
        seed = new_seed() if seed is None else seed
        order = Order(
            folder=out or Path("takes") / f"{name}-{seed}",
            title=name,
            takes=takes,
            seed=seed,
            format=format,
            overwrite=overwrite,
            report=report,
            keep=library,
            design=DesignOptions(
                temperature=temperature,
                top_p=top_p,
                top_k=top_k,
                repetition_penalty=repetition_penalty,
                max_new_tokens=max_new_tokens,
                predictor_temperature=predictor_temperature,
                predictor_top_p=predictor_top_p,
                predictor_top_k=predictor_top_k,
            ),
            convert=ConvertOptions(
                ode_steps=ode_steps,
                length_adjust=length_adjust,
                cfg_intelligibility=intelligibility,
                cfg_similarity=similarity,
                convert_style=convert_style,
            ),
        )
        sample = Sample(name, text, direction, language)
        cast_voice = session.cast_voice(ref, voice)
        session.converts = cast_voice is not None
        shown = show(session, cast_voice, [sample], order)
        shown.tell(session, json)
        raise typer.Exit(shown.exit_code)
