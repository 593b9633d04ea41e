"""`vocalino doctor`: what is installed, what can play, what can be written, with fixes."""

from __future__ import annotations

import typer

from vocalino.cli import options


def doctor(
    home: options.Home = None,
    cast: options.CastName = None,
    json: options.Json = False,
) -> None:
    """Check the installation; every problem comes with its fix. Exit code 1 if there is one."""
    from vocalino.cli.checkup import checkup
    from vocalino.cli.console import out, print_json, print_line
    from vocalino.cli.session import Session

    with Session({"home": home, "cast": cast}, converts=False) as session:
        findings = checkup(session)
    healthy = all(finding.ok for finding in findings)
    if json:
        print_json(
            {
                "ok": healthy,
                "checks": [{"name": f.name, "ok": f.ok, "text": f.text} for f in findings],
            }
        )
    else:
        for finding in findings:
            out.print("[green]ok  [/]" if finding.ok else "[bold red]FIX [/]", end=" ")
            print_line(f"{finding.name}: {finding.text}")
    raise typer.Exit(0 if healthy else 1)
