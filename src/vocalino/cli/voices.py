"""`vocalino voices`: the voices of the library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vocalino.cli import options

if TYPE_CHECKING:
    from vocalino.library import Voice

app = typer.Typer(help="Voices of the library.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name or id of the voice.")]
Tag = Annotated[list[str] | None, typer.Option("--tag", help="A tag; may be given again.")]
Notes = Annotated[str | None, typer.Option(help="Notes on the voice.")]
Basis = Annotated[
    str | None,
    typer.Option(
        "--consent",
        metavar="self|recorded_consent|licensed|synthetic|unstated",
        help="By what right the voice is used.",
    ),
]
Statement = Annotated[
    str | None, typer.Option("--statement", help="The consent in words: who, for what, when.")
]


@app.command("list")
def list_voices(
    search: Annotated[str, typer.Argument(help="Words that the voice's texts hold.")] = "",
    tag: Annotated[str | None, typer.Option(help="Only voices with this tag.")] = None,
    home: options.Home = None,
    json: options.Json = False,
) -> None:
    """List the voices, by name."""
    from vocalino.cli.console import print_json, print_table
    from vocalino.cli.session import Session

    with Session({"home": home}) as session:
        voices = session.library.voices.list(text=search, tag=tag)
    if json:
        print_json([document(voice) for voice in voices])
    else:
        print_table(
            ["name", "length", "source", "consent", "tags"],
            [
                [v.name, f"{v.duration_s:.1f} s", v.source, v.consent.basis, ", ".join(v.tags)]
                for v in voices
            ],
        )


@app.command()
def show(name: Name, home: options.Home = None, json: options.Json = False) -> None:
    """Show all that is known of a voice."""
    from vocalino.cli.session import Session

    with Session({"home": home}) as session:
        _tell(session.library.voices.find(name), json)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What to call the voice.")],
    clip: Annotated[Path, typer.Argument(help="Reference clip: WAV, FLAC, OGG or MP3.")],
    consent: Basis = None,
    statement: Statement = None,
    tag: Tag = None,
    notes: Notes = None,
    home: options.Home = None,
    json: options.Json = False,
) -> None:
    """Add a voice from a clip; what is wrong with the clip is said."""
    from vocalino.audio.decode import decode
    from vocalino.audio.reference import check
    from vocalino.cli.console import warn
    from vocalino.cli.session import Session
    from vocalino.library import Consent

    with Session({"home": home}) as session:
        audio = decode(clip, what=str(clip))
        for warning in check(audio).warnings:
            warn(warning)
        stated = Consent(consent or "unstated", statement or "")  # type: ignore[arg-type]
        if stated.basis == "unstated":
            warn("no consent is stated: say by what right the voice is used with --consent")
        voice = session.library.voices.add(
            name, audio, tags=tag or (), notes=notes or "", consent=stated
        )
        _tell(voice, json)


@app.command()
def edit(
    name: Name,
    rename: Annotated[str | None, typer.Option(help="A new name.")] = None,
    consent: Basis = None,
    statement: Statement = None,
    tag: Tag = None,
    notes: Notes = None,
    home: options.Home = None,
    json: options.Json = False,
) -> None:
    """Change a voice; what isn't given stays. --tag replaces all tags."""
    from vocalino.cli.session import Session
    from vocalino.library import Consent

    with Session({"home": home}) as session:
        voice = session.library.voices.find(name)
        stated = None
        if consent is not None or statement is not None:
            stated = Consent(
                consent or voice.consent.basis,  # type: ignore[arg-type]
                voice.consent.statement if statement is None else statement,
            )
        changed = session.library.voices.update(
            voice.id, name=rename, tags=tag, notes=notes, consent=stated
        )
        _tell(changed, json)


@app.command()
def export(
    name: Name,
    file: Annotated[Path, typer.Argument(help="Where to write the clip; the suffix says how.")],
    home: options.Home = None,
    json: options.Json = False,
) -> None:
    """Write a voice's clip to a file."""
    from vocalino.audio.encode import write
    from vocalino.cli.console import print_json, print_line
    from vocalino.cli.session import Session

    with Session({"home": home}) as session:
        voice = session.library.voices.find(name)
        write(session.library.voices.clip(voice), file)
    if json:
        print_json({"id": voice.id, "written": [str(file)]})
    else:
        print_line(str(file))


@app.command()
def delete(
    name: Name,
    with_takes: Annotated[
        bool, typer.Option("--with-takes", help="Delete its takes as well.")
    ] = False,
    home: options.Home = None,
    json: options.Json = False,
) -> None:
    """Delete a voice for good, clip and all."""
    from vocalino.cli.console import print_json, say
    from vocalino.cli.session import Session

    with Session({"home": home}) as session:
        voice = session.library.voices.find(name)
        session.library.voices.delete(voice.id, with_takes=with_takes)
    if json:
        print_json({"deleted": [voice.id]})
    else:
        say(f"deleted the voice {voice.name}")


def document(voice: Voice) -> dict[str, Any]:
    """A voice as JSON."""
    return {
        "id": voice.id,
        "name": voice.name,
        "source": voice.source,
        "description": voice.description,
        "duration_s": voice.duration_s,
        "sample_rate_hz": voice.sample_rate_hz,
        "content_hash": voice.content_hash,
        "consent": voice.consent.basis,
        "statement": voice.consent.statement,
        "tags": list(voice.tags),
        "notes": voice.notes,
        "created_at": voice.created_at.isoformat(),
    }


def _tell(voice: Voice, as_json: bool) -> None:
    from vocalino.cli.console import print_json, print_table

    if as_json:
        print_json(document(voice))
        return
    rows = [[key, ", ".join(v) if key == "tags" else str(v)] for key, v in document(voice).items()]
    print_table(["", ""], rows)
