"""`vocalino bench`: how fast the cast plays on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from vocalino.cli import options


def bench(
    takes: Annotated[int, typer.Option("--takes", "-k", help="Takes of one line.")] = 3,
    repeat: Annotated[int, typer.Option(help="How many times, after one to warm up.", min=1)] = 3,
    ref: options.Ref = None,
    cast: options.CastName = None,
    model: options.Model = None,
    device: options.Device = None,
    vc_model: options.VcModel = None,
    vc_device: options.VcDevice = None,
    home: options.Home = None,
    json: options.Json = False,
) -> None:
    """Measure TTFA, real-time factor and memory; the last line is one JSON object."""
    from vocalino.cli.measuring import measure
    from vocalino.cli.session import Session

    flags = {
        "cast": cast,
        "tts_model": model,
        "tts_device": device,
        "vc_model": vc_model,
        "vc_device": vc_device,
        "home": home,
    }
    with Session(flags) as session:
        measured = measure(session, session.cast_voice(ref, None), takes, repeat)
    measured.tell(json)
