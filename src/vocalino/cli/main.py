"""The command group, and the way from an error to an exit code."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from vocalino import __version__
from vocalino.cli import (
    act,
    bench,
    convert,
    design,
    doctor,
    models,
    rerender,
    samples,
    takes,
    voices,
)
from vocalino.errors import VocalinoError

app = typer.Typer(
    name="vocalino",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Voice acting: a line, a direction and a voice in; ranked takes out.",
)


def _version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"vocalino {__version__}\n")
        raise typer.Exit


@app.callback()
def _options(  # pyright: ignore[reportUnusedFunction]
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None: ...


app.command("act")(act.act)
app.command("design")(design.design)
app.command("convert")(convert.convert)
app.command("samples")(samples.samples)
app.add_typer(voices.app, name="voices")
app.add_typer(takes.app, name="takes")
app.command("rerender")(rerender.rerender)
app.add_typer(models.app, name="models")
app.command("doctor")(doctor.doctor)
app.command("bench")(bench.bench)


def main() -> None:
    """Entry point of the `vocalino` program."""
    try:
        app()
    except VocalinoError as error:
        from vocalino.cli.console import exit_code, print_error

        print_error(error, as_json="--json" in sys.argv)
        sys.exit(exit_code(error))
