"""`vocalino rerender`: a take made again from its receipt."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vocalino.cli import options


def rerender(
    receipt: Annotated[Path, typer.Argument(metavar="TAKE.JSON", help="The receipt of a take.")],
    ref: Annotated[
        Path | None,
        typer.Option(help="The reference clip, if it is neither beside the receipt nor known."),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(help="The recording that was converted, if it was moved."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Write the sound here too; it is written even when it differs.",
        ),
    ] = None,
    model: options.Model = None,
    device: options.Device = None,
    vc_model: options.VcModel = None,
    vc_device: options.VcDevice = None,
    home: options.Home = None,
    json: options.Json = False,
) -> None:
    """Make a take again and compare it with its receipt: exit code 0 means the same bytes."""
    from vocalino.cli.console import print_json, print_line, warn
    from vocalino.cli.remake import remake
    from vocalino.cli.session import Session

    flags = {
        "tts_model": model,
        "tts_device": device,
        "vc_model": vc_model,
        "vc_device": vc_device,
        "home": home,
    }
    with Session(flags) as session:
        remade = remake(session, receipt, ref, source)
        if out:
            remade.write(out)
        if json:
            print_json(remade.document())
        else:
            for difference in remade.differences:
                warn(difference)
            print_line(remade.summary)
        raise typer.Exit(0 if remade.same else 1)
