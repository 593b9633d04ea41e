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
                _pinned(model),
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
    """Fetch checkpoints from the hub and check every file; damaged ones are fetched again.

    Those that are pickles are converted to safetensors once all are there.
    """
    from vocalino import hub
    from vocalino.cli.console import print_json, print_line, say
    from vocalino.cli.progress import hashing
    from vocalino.engines.checkpoints import PREPARERS, prepare
    from vocalino.settings import Settings

    settings = Settings.load({"home": home, "offline": offline or None})
    folders: dict[str, Path] = {}
    for pin in _named(names):
        say(f"{pin.name}: {size(hub.known(pin, settings).bytes)} from {pin.source}, {pin.licence}")
        with hashing(pin.name, pin.bytes) as tick:
            folders[pin.name] = hub.pull(pin, settings, tick)
        if not json:
            print_line(str(folders[pin.name]))
    for pin in _named(names):
        if pin.name in PREPARERS:
            say(f"{pin.name}: as safetensors in {hub.conversions(settings)}")
            prepare(pin, folders[pin.name], settings)
    if json:
        print_json({name: str(folder) for name, folder in folders.items()})


@app.command()
def verify(
    names: Names = None,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Look at this folder, such as TTS_MODEL or VC_MODEL names; say which checkpoints "
            "it should hold.",
        ),
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
    pins = _named(names)
    if model is not None and (not names or len({pin.setting for pin in pins}) > 1):
        raise RequestError(
            "--model FOLDER holds what one engine needs: say which by its name, or by several"
        )
    found: dict[str, list[Checked]] = {}
    for pin in pins:
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
    """A checkpoint as JSON; `fix` is empty when it is there.

    `bytes` is None while a size is not known. `unpublished` are the files whose SHA-256 nobody has
    published; `locked` says whether each is locked, as it is from the first fetch on.
    """
    from vocalino import hub
    from vocalino.errors import EngineUnavailable

    fix = f"vocalino models pull {pin.name}"
    unpublished = [file.path for file in pin.files if file.sha256 is None]
    exact = hub.known(pin, settings)
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
        "bytes": exact.bytes,
        "licence": pin.licence,
        "state": state,
        "verified": verified,
        "folder": folder and str(folder),
        "missing": list(missing),
        "unpublished": unpublished,
        "locked": bool(unpublished) and all(file.sha256 for file in exact.files),
        "fix": fix,
    }


def size(count: int | None) -> str:
    """Bytes as people read them: in decimal units, as hub and disks are sold."""
    if count is None:
        return "size not known"
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"


def _pinned(model: dict[str, Any]) -> str:
    """What a checkpoint is held to."""
    commit = f"{model['repo']}@{model['revision'][:7]}"
    if not model["unpublished"]:
        return commit
    files = ", ".join(model["unpublished"])
    return f"{commit}; {files} {'locked' if model['locked'] else 'to be locked'} at first fetch"


def _named(names: list[str] | None) -> list[Pin]:
    from vocalino.engines.checkpoints import CHECKPOINTS, checkpoint_named

    return [checkpoint_named(name) for name in names] if names else list(CHECKPOINTS.values())


def _result(checked: Checked) -> dict[str, Any]:
    return {"path": checked.file.path, "ok": checked.ok, "problem": checked.problem}
