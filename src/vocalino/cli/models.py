"""`vocalino models`: the checkpoints of the studio cast."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vocalino.cli import options

if TYPE_CHECKING:
    from vocalino.hub import Checked, Pin
    from vocalino.settings import Settings

app = typer.Typer(help="Checkpoints of the studio cast.", no_args_is_help=True)

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NAME]...", help="Names of checkpoints; left out, all of them."),
]
Offline = Annotated[bool, typer.Option("--offline", help="Fetch nothing. [env: VOCALINO_OFFLINE]")]


@app.command("list")
def list_models(home: options.Home = None, json: options.Json = False) -> None:
    """List the checkpoints: what is there of them, where, and whether it was verified."""
    from vocalino.cli.console import print_json, print_table
    from vocalino.engines.checkpoints import CHECKPOINTS
    from vocalino.settings import Settings

    settings = Settings.load({"home": home})
    found = [document(pin, settings) for pin in CHECKPOINTS.values()]
    if json:
        print_json(found)
        return
    print_table(
        ["name", "state", "verified", "size", "licence", "pinned", "where"],
        [
            [
                model["name"],
                model["state"],
                "yes" if model["verified"] else "no",
                size(model["bytes"]),
                model["licence"],
                f"{model['repo']}@{model['revision'][:7]}",
                "; ".join(filter(None, (model["folder"], model["fix"]))),
            ]
            for model in found
        ],
    )


@app.command()
def pull(
    names: Names = None,
    offline: Offline = False,
    home: options.Home = None,
    json: options.Json = False,
) -> None:
    """Fetch checkpoints from the hub and check every file; damaged ones are fetched again."""
    from vocalino import hub
    from vocalino.cli.console import print_json, print_line, say
    from vocalino.cli.progress import hashing
    from vocalino.settings import Settings

    settings = Settings.load({"home": home, "offline": offline or None})
    folders: dict[str, str] = {}
    for pin in _named(names):
        say(f"{pin.name}: {size(pin.bytes)} from {pin.source}, {pin.licence}")
        with hashing(pin.name, pin.bytes) as tick:
            folders[pin.name] = str(hub.pull(pin, settings, tick))
        if not json:
            print_line(folders[pin.name])
    if json:
        print_json(folders)


@app.command()
def verify(
    names: Names = None,
    model: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Look at this folder; name the checkpoint as well."),
    ] = None,
    home: options.Home = None,
    json: options.Json = False,
) -> None:
    """Read every file again and compare it with what was pinned. Exit code 1 if one differs."""
    from vocalino import hub
    from vocalino.cli.console import print_json, print_line
    from vocalino.cli.progress import hashing
    from vocalino.errors import RequestError
    from vocalino.settings import Settings

    settings = Settings.load({"home": home})
    if model is not None and len(names or ()) != 1:
        raise RequestError("--model FOLDER is one checkpoint: say which by its name")
    found: dict[str, list[Checked]] = {}
    for pin in _named(names):
        with hashing(pin.name, pin.bytes) as tick:
            found[pin.name] = hub.verify(pin, settings, model, tick)
    whole = all(checked.ok for checks in found.values() for checked in checks)
    if json:
        files = {name: [_result(checked) for checked in found[name]] for name in found}
        print_json({"ok": whole, "files": files})
    else:
        for name, checks in found.items():
            for checked in checks:
                print_line(f"{name}: {checked.file.path} {checked.problem or 'is whole'}")
    raise typer.Exit(0 if whole else 1)


def document(pin: Pin, settings: Settings) -> dict[str, Any]:
    """A checkpoint as JSON; `fix` is empty when it is there."""
    from vocalino import hub
    from vocalino.errors import EngineUnavailable

    fix = f"vocalino models pull {pin.name}"
    try:
        presence = hub.look(pin, settings)
        state, folder, missing = presence.state, presence.folder, presence.missing
        verified = presence.verified
        if state == "present":
            fix = ""
        elif hub.named_folder(pin, settings) is not None:
            fix = pin.elsewhere
    except EngineUnavailable:
        state, folder, missing, verified, fix = "unknown", None, (), False, hub.INSTALL
    return {
        "name": pin.name,
        "repo": pin.repo,
        "revision": pin.revision,
        "bytes": pin.bytes,
        "licence": pin.licence,
        "state": state,
        "verified": verified,
        "folder": folder and str(folder),
        "missing": list(missing),
        "fix": fix,
    }


def size(count: int) -> str:
    """Bytes as people read them: in decimal units, as hub and disks are sold."""
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"


def _named(names: list[str] | None) -> list[Pin]:
    from vocalino.engines.checkpoints import CHECKPOINTS, checkpoint_named

    return [checkpoint_named(name) for name in names] if names else list(CHECKPOINTS.values())


def _result(checked: Checked) -> dict[str, Any]:
    return {"path": checked.file.path, "ok": checked.ok, "problem": checked.problem}
