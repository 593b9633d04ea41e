"""Write docs/settings.md and docs/cli.md from the code: `.venv/bin/python tools/generate_docs.py`.

tests/test_docs.py fails when they are out of date.
"""

from __future__ import annotations

from pathlib import Path

import typer.main

from vocalino.cli.main import app
from vocalino.settings import CONFIG_VARIABLE, Settings, choices, switches

DOCS = Path(__file__).parent.parent / "docs"
_NOTE = "<!-- Made by tools/generate_docs.py: change the code, then run it. -->"


def settings_page() -> str:
    """Every switch: its variable, its name in the file, default, meaning."""
    rows = [
        f"| `{switch.variable}` | `{name}` | {_default(name)} | {_meaning(name)} |"
        for name, switch in switches().items()
    ]
    return "\n".join(
        [
            "# Settings",
            "",
            _NOTE,
            "",
            "A value comes from the first of: a command's flag, the environment, the TOML file,",
            f"the default. The file is `{CONFIG_VARIABLE}` if that is set, else `config.toml` in",
            "the home folder if it is there. An unknown `VOCALINO_` variable or an unknown name in",
            "the file is an error: a misspelt switch never goes unnoticed.",
            "",
            "```toml",
            "# config.toml",
            'cast = "draft"',
            "emb_cache_size = 64",
            "```",
            "",
            "| variable | name in config.toml | default | meaning |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _default(name: str) -> str:
    if name == "home":
        return "the user's data folder"
    default = getattr(Settings, name)
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"  # as TOML writes it
    return "empty" if default == "" else f"`{default}`"


def _meaning(name: str) -> str:
    listed = ", ".join(f"`{choice}`" for choice in choices(name))
    return switches()[name].meaning + (f" One of {listed}." if listed else "")


def cli_page() -> str:
    """Every command with its arguments and options."""
    group = typer.main.get_command(app)
    parts = [
        "# Command line",
        "",
        _NOTE,
        "",
        "Results go to standard output, everything else to standard error. With `--json`, standard",
        "output holds one JSON document and nothing else; an error is one too:",
        '`{"error": {"type": …, "message": …}}`.',
        "",
        "| exit code | meaning |",
        "|---|---|",
        "| 0 | all takes were made |",
        "| 1 | no take was made; `rerender`: other bytes; `doctor`: something is to be fixed; "
        "`models verify`: a file differs |",
        "| 2 | the request can't be met as it stands: text, options, files, settings |",
        "| 3 | an engine can't play here, or failed |",
        "| 4 | too much at once |",
        "| 5 | the library can't be read or written |",
        "| 6 | some takes failed, the others are there |",
        "| 130 | stopped by Ctrl-C; what was finished is kept |",
        "",
        *_pages(group, "vocalino"),
    ]
    return "\n".join(parts)


def _pages(command, path: str) -> list[str]:  # type: ignore[no-untyped-def]
    subcommands = getattr(command, "commands", None)
    if subcommands:
        lines: list[str] = []
        for name in subcommands:
            lines += _pages(subcommands[name], f"{path} {name}")
        return lines
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    usage = " ".join([path, "[OPTIONS]", *(_placeholder(a) for a in arguments)])
    lines = [f"## {path}", "", (command.help or "").strip(), "", "```text", usage, "```", ""]
    if arguments or options:
        lines += ["| | |", "|---|---|"]
        lines += [f"| `{_placeholder(a)}` | {_text(a)} |" for a in arguments]
        lines += [f"| {_names(o)} | {_text(o)} |" for o in options]
        lines.append("")
    return lines


def _placeholder(parameter) -> str:  # type: ignore[no-untyped-def]
    return parameter.metavar or parameter.name.upper()


def _names(option) -> str:  # type: ignore[no-untyped-def]
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    return names + (f" `{option.metavar}`".replace("|", "\\|") if option.metavar else "")


def _text(parameter) -> str:  # type: ignore[no-untyped-def]
    help_text = (parameter.help or "").replace("|", "\\|")
    default = parameter.default
    unsaid = default is None or isinstance(default, bool) or default in ("", ())
    shown = not unsaid and not parameter.required
    return help_text + (f" Default: {default}." if shown else "")


def main() -> None:
    for name, text in (("settings.md", settings_page()), ("cli.md", cli_page())):
        (DOCS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
