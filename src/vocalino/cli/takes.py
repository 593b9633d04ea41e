"""`vocalino takes`: the takes of the library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vocalino.cli import options

if TYPE_CHECKING:
    from vocalino.library import StoredTake

app = typer.Typer(help="Takes of the library.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="Id of the take, or its first 8 digits.")]


@app.command("list")
def list_takes(
    search: Annotated[str, typer.Argument(help="Words of line, direction, voice or note.")] = "",
    voice: Annotated[str | None, typer.Option(help="Only takes in this voice.")] = None,
    verdict: Annotated[
        str | None, typer.Option(metavar="kept|rejected", help="Only takes with this verdict.")
    ] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 50,
    home: options.Home = None,
    json: options.Json = False,
) -> None:
    """List takes, newest run first, best take first."""
    from vocalino.cli.console import print_json, print_table
    from vocalino.cli.session import Session
    from vocalino.errors import RequestError

    if verdict not in (None, "kept", "rejected"):
        raise RequestError(f"a verdict is kept or rejected, got {verdict!r}")
    with Session({"home": home}) as session:
        voice_id = session.library.voices.find(voice).id if voice else None
        takes = session.library.takes.list(
            text=search, voice_id=voice_id, verdict=verdict, limit=limit
        )
    if json:
        print_json([document(take) for take in takes])
    else:
        print_table(
            ["id", "place", "length", "voice", "verdict", "line"],
            [_row(take) for take in takes],
        )


@app.command()
def show(id: Id, home: options.Home = None, json: options.Json = False) -> None:
    """Show a take: its receipt and the director's verdict."""
    from vocalino.cli.console import print_json, print_line
    from vocalino.cli.session import Session

    with Session({"home": home}) as session:
        take = session.library.takes.get(id)
    if json:
        print_json(document(take))
        return
    print_line(f"{take.id}: {take.verdict or 'no verdict'}{': ' if take.note else ''}{take.note}")
    for verdict in take.receipt.verdicts:
        print_line(f"  {verdict.scorer}: {verdict.outcome}, {verdict.evidence}")
    print_line(take.receipt.to_json())


@app.command()
def export(
    id: Id,
    folder: Annotated[Path, typer.Argument(help="Folder to write the sound and receipt to.")],
    format: Annotated[
        str | None,
        typer.Option(
            "--format", "-f", metavar="wav|flac|ogg|opus|mp3", help="Another format than its own."
        ),
    ] = None,
    lufs: Annotated[
        float | None,
        typer.Option(help="Bring it to this integrated loudness, say -23 (EBU R 128)."),
    ] = None,
    handles: Annotated[
        float | None,
        typer.Option(help="Trim silence at both ends down to so many seconds.", min=0.0),
    ] = None,
    home: options.Home = None,
    json: options.Json = False,
) -> None:
    """Write a take's sound, its receipt and the performance before conversion."""
    from vocalino.cli import exporting
    from vocalino.cli.console import print_json, print_line
    from vocalino.cli.session import Session

    with Session({"home": home}) as session:
        take = session.library.takes.get(id)
        files = exporting.export(session.library, take, folder, format, lufs, handles)
        written = [str(path) for path in files]
    if json:
        print_json({"id": take.id, "written": written})
    else:
        for path in written:
            print_line(path)


@app.command()
def keep(
    id: Id,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    home: options.Home = None,
    json: options.Json = False,
) -> None:
    """Mark a take as kept."""
    _judge(id, "kept", note, home, json)


@app.command()
def reject(
    id: Id,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    home: options.Home = None,
    json: options.Json = False,
) -> None:
    """Mark a take as rejected."""
    _judge(id, "rejected", note, home, json)


@app.command()
def delete(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of takes.")],
    home: options.Home = None,
    json: options.Json = False,
) -> None:
    """Delete takes for good: all of them, or none if one isn't there."""
    from vocalino.cli.console import print_json, say
    from vocalino.cli.session import Session

    with Session({"home": home}) as session:
        found = [session.library.takes.get(id).id for id in ids]
        session.library.takes.delete(found)
    if json:
        print_json({"deleted": found})
    else:
        say(f"deleted {len(found)} {'take' if len(found) == 1 else 'takes'}")


def document(take: StoredTake) -> dict[str, Any]:
    """A stored take as JSON."""
    from json import loads

    return {
        "id": take.id,
        "run_id": take.run_id,
        "voice_id": take.voice_id,
        "verdict": take.verdict,
        "note": take.note,
        "favourite": take.favourite,
        "created_at": take.created_at.isoformat(),
        "receipt": loads(take.receipt.to_json()),
    }


def _judge(id: str, verdict: str, note: str, home: Path | None, json: bool) -> None:
    from vocalino.cli.console import print_json, say
    from vocalino.cli.session import Session

    with Session({"home": home}) as session:
        take = session.library.takes.judge(id, verdict, note)  # type: ignore[arg-type]
    if json:
        print_json(document(take))
    else:
        say(f"{take.verdict}: {take.receipt.audio.name}")


def _row(take: StoredTake) -> list[str]:
    receipt = take.receipt
    if receipt.line is not None:
        text = receipt.line.text
    else:
        text = receipt.source.name if receipt.source else ""
    return [
        take.id[:8],
        str(receipt.placed.place) if receipt.placed else "",
        f"{receipt.audio.duration_s:.1f} s",
        receipt.reference.name if receipt.reference else "",
        take.verdict or "",
        text if len(text) <= 60 else f"{text[:59]}…",
    ]
