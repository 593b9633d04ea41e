"""Cards into one HTML page that needs nothing else: no network, no other file, no server.

Everything written by others is escaped by the template (autoescape), and a content security
policy inside the page allows only the one style sheet and the one script whose hashes it holds,
and sounds from data: URLs. The same page always gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from vocalino.errors import RequestError
from vocalino.files import write_whole
from vocalino.report import waveform
from vocalino.report.cards import ConvertCard, ReportPage, SampleSection, Sound

# What no HTML text may hold (WHATWG HTML 13.1): controls, and halves of characters, which file
# names can carry. Shown as the replacement character.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_STAGES = {
    "prepare": "while the voice was prepared",
    "design": "while it was designed",
    "convert": "while it was given the voice",
    "judge": "while it was judged",
}


def render(page: ReportPage) -> str:
    """The page as HTML."""
    style, script = _asset("page.css"), _asset("page.js")
    policy = (
        "default-src 'none'; media-src data:; img-src data:; "
        f"style-src '{_csp_hash(style)}'; script-src '{_csp_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(page=page, policy=policy, style=Markup(style), script=Markup(script))
    )


def write(page: ReportPage, path: Path) -> None:
    """Write the page; a reader sees the old file or the whole new one, never a part.

    Raises:
        RequestError: the file can't be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, render(page).encode())
    except OSError as error:
        raise RequestError(
            f"the report can't be written to {path}: {error.strerror or error}; "
            "choose another place"
        ) from error


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("vocalino.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    untyped = cast(Any, environment)  # jinja2 leaves the types of its tables open
    untyped.filters.update(
        audio_url=_audio_url,
        path=waveform.path,
        label=_label,
        value=_value,
        seconds=_seconds,
        stage=_STAGES.__getitem__,
    )
    untyped.globals.update(
        sounds_of_section=_sounds_of_section,
        sounds_of_conversion=_sounds_of_conversion,
        shared_scale=_shared_scale,
        gain=_gain,
        has_files=_has_files,
        wave_height=waveform.HEIGHT,
    )
    return environment


@cache
def _asset(name: str) -> str:
    return resources.files("vocalino.report").joinpath(name).read_text("utf-8")


def _csp_hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _printable(value: object) -> object:
    if isinstance(value, str) and not isinstance(value, Markup):
        return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    return value


def _audio_url(sound: Sound) -> Markup:
    return Markup(f"data:{sound.media_type};base64,{base64.b64encode(sound.data).decode()}")


def _label(name: str) -> str:
    """A scorer's or stage's name as a label: "signal_checks" -> "Signal checks"."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _value(value: float) -> str:
    return f"{value:.3g}"


def _seconds(value: float) -> str:
    if value >= 59.5:
        minutes, rest = divmod(round(value), 60)
        return f"{minutes} min {rest} s"
    if value >= 9.95:
        return f"{value:.0f} s"
    return f"{value * 1000:.0f} ms" if 0 < value < 0.0995 else f"{value:.1f} s"


def _sounds_of_section(section: SampleSection) -> tuple[Sound, ...]:
    performances = (card.performance for card in section.takes if card.performance)
    return (*(card.sound for card in section.takes), *performances)


def _sounds_of_conversion(card: ConvertCard) -> tuple[Sound, ...]:
    return (card.before,) if card.after is None else (card.before, card.after)


def _shared_scale(sounds: Iterable[Sound]) -> float:
    return waveform.shared_scale([sound.peaks for sound in sounds])


def _gain(sound: Sound, among: Iterable[Sound]) -> str:
    """The factor, at most 1, that brings `sound` down to the quietest of `among`."""
    levels_db = [other.level_db for other in among if other.level_db is not None]
    if sound.level_db is None or not levels_db:
        return "1"
    return f"{10 ** (min(0.0, min(levels_db) - sound.level_db) / 20):.3f}"


def _has_files(page: ReportPage) -> bool:
    cards = [card.sound for section in page.samples for card in section.takes]
    return any(sound.file for sound in (*cards, *(c.after for c in page.conversions if c.after)))
