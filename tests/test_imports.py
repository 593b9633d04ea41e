"""Which part may know which, and that nobody pays for torch without asking for it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "vocalino"

VALUES = {
    "vocalino",
    "audio",
    "cancel",
    "config_file",
    "errors",
    "events",
    "files",
    "metrics",
    "protocols",
    "receipt",
    "recent",
    "recordings",
    "request",
    "seeds",
    "settings",
    "strict_json",
    "take",
    "text",
    "versions",
}
ALLOWED = {
    "values": VALUES,
    "ranking": VALUES,
    "rows": VALUES,
    "judge": VALUES | {"judge", "ranking"},
    "pipeline": VALUES | {"judge", "ranking", "rows"},
    "hub": VALUES | {"hub"},
    "nn": VALUES | {"nn"},
    "engines": VALUES | {"engines", "hub", "nn"},
    "library": VALUES | {"library"},
    "samples": VALUES | {"samples"},
    "report": VALUES | {"report"},
    "build": VALUES | {"engines", "judge", "pipeline"},
    "cli": VALUES | {"build", "cli", "engines", "hub", "library", "pipeline", "report", "samples"},
    "__main__": {"cli"},
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    """The part of the package that a file belongs to: a folder's or a module's name."""
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if first == "__init__":
        return "values"
    return "values" if first in VALUES else first


def imports_of(path: Path) -> set[tuple[str, bool]]:
    """(module, whether it is imported while the file is, not inside a function)."""
    found: set[tuple[str, bool]] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    late = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {(alias.name, id(node) not in late) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {(name, id(node) not in late) for name in names}
    return found


def target_part(module: str) -> str:
    parts = module.split(".")
    if (
        len(parts) == 1
        or not (PACKAGE / parts[1]).is_dir()
        and not (PACKAGE / f"{parts[1]}.py").is_file()
    ):
        return "vocalino"  # a name of vocalino/__init__.py
    return parts[1]


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    part = part_of(path)
    assert part in ALLOWED, f"{path} belongs to no part: say in ALLOWED what it may import"
    for module, _ in imports_of(path):
        if module.split(".")[0] == "vocalino":
            target = target_part(module)
            assert target in ALLOWED[part], f"{part} must not import {target} ({module})"


@pytest.mark.parametrize(
    "folder",
    sorted(path.parent for path in PACKAGE.glob("engines/*/__init__.py")),
    ids=lambda folder: folder.name,
)
def test_engines_do_not_know_each_other(folder: Path) -> None:
    own = f"vocalino.engines.{folder.name}"
    for path in folder.rglob("*.py"):
        for module, _ in imports_of(path):
            foreign = f"{module}.".startswith("vocalino.engines.")
            assert not foreign or f"{module}.".startswith(f"{own}."), f"{path}: {module}"


def test_our_networks_are_our_own() -> None:
    """What upstream wrote stays in the tests and benches that compare with it."""
    paths = [p for part in ("nn", "engines/qwen3_tts") for p in (PACKAGE / part).rglob("*.py")]
    theirs = {"transformers", "qwen_tts"}
    assert paths
    for path in paths:
        assert not {module.split(".")[0] for module, _ in imports_of(path)} & theirs, path


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_are_absolute(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level]


def test_only_settings_reads_the_environment() -> None:
    readers = [
        path.name
        for path in modules()
        if {"environ", "getenv", "environb"}
        & {
            n.attr
            for n in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(n, ast.Attribute)
        }
    ]
    assert readers == ["settings.py"]


def loaded_by(code: str) -> set[str]:
    """Top-level modules that a fresh Python has loaded after `code`."""
    script = f"import sys\n{code}\nprint(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


HEAVY = {"torch", "transformers", "tensorflow", "jax"}


@pytest.mark.parametrize(
    "code",
    [
        "import vocalino.pipeline, vocalino.build, vocalino.library, vocalino.report",
        "import vocalino.cli.main",
        "import vocalino.hub, vocalino.cli.models, vocalino.engines.checkpoints",
        "from vocalino.build import build; from vocalino.settings import Settings\n"
        "build(Settings(cast='draft'))",
    ],
    ids=["package", "cli", "checkpoints", "draft cast"],
)
def test_no_torch(code: str) -> None:
    assert not loaded_by(code) & HEAVY


def test_help_loads_nothing_heavy() -> None:
    """`vocalino --help` answers at once: no numpy, no sound library, no template engine."""
    loaded = loaded_by("import vocalino.cli.main")
    assert not loaded & {"numpy", "scipy", "soundfile", "pyworld", "jinja2", "yaml", "janome"}


def test_values_load_numpy_only() -> None:
    loaded = loaded_by("import vocalino.events, vocalino.protocols, vocalino.receipt")
    assert not loaded & {"scipy", "soundfile", "soxr", "pyworld", "jinja2", "yaml", "rich", "typer"}
