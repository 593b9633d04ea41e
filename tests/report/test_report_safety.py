"""Texts by strangers: whatever stands in them is shown as text and does nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_pages import act_page, convert_page, parse, section, tone

from vocalino import report
from vocalino.errors import RequestError
from vocalino.protocols import Understood
from vocalino.report import ReportPage
from vocalino.report.sound import link
from vocalino.take import EngineInfo, Verdict

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "{{7*7}}{% raw %}",
    "</style><style>*{display:none}</style>",
    "</script><script>alert(1)</script>",
    "</title></bdi></li></section><h1>taken</h1>",
    "<!-- never closed",
    "]]><![CDATA[",
    "&lt;b&gt; &amp;amp; &#x3c;i&#x3e;",
    "\u202egnp.exe\u2066 abc",
    "🫠",
    "\ud83e half",
    "nul\x00 bell\x07 escape\x1b[31m",
    "a\u2028b\ufeffc",
]


def _page_of(text: str) -> ReportPage:
    """A page that says `text` wherever a text can stand."""
    plain = section()
    verdict = Verdict(text, "fail", text, 1.0, gate=True)
    timings_s = ((text, 1.0),)
    hostile = replace(
        plain,
        name=text,
        line=text,
        direction=text,
        language=text,
        outcome="failed",
        outcome_reason=text,
        timings_s=timings_s,
        understood=Understood(((text, text),), (text,)),
        takes=tuple(
            replace(t, reason=text, command=text, verdicts=(verdict,), timings_s=timings_s)
            for t in plain.takes
        ),
        failures=tuple(replace(f, error=text) for f in plain.failures),
    )
    page = act_page(hostile)
    assert page.voice is not None
    engine = EngineInfo(text, text, text, text, text)
    sound = replace(page.voice.sound, note=text)
    return replace(
        page,
        title=text,
        intro=text,
        cast=report.CastNote(text, text, ((text, engine),)),
        voice=replace(page.voice, name=text, about=text, warnings=(text,), sound=sound),
        conversions=tuple(
            replace(c, name=text, reason=text, error=c.error and text, command=text)
            for c in convert_page().conversions
        ),
        summary=replace(page.summary, made=text, command=text, versions=((text, text),)),
    )


def _shape(html: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(e.tag, tuple(e.attributes)) for e in parse(html).all()]


PLAIN_SHAPE = _shape(report.render(_page_of("plain")))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_changes_no_element_and_no_attribute(text: str) -> None:
    html = report.render(_page_of(text))
    assert _shape(html) == PLAIN_SHAPE
    html.encode()  # no half characters left
    for element in parse(html).all():
        for name in ("src", "href"):
            assert not element.attributes.get(name, "").startswith("javascript")


@settings(max_examples=25, deadline=None)
@given(st.text(alphabet=st.characters(), min_size=1, max_size=40).filter(lambda t: t.strip()))
def test_any_text_changes_no_element_and_no_attribute(text: str) -> None:
    assert _shape(report.render(_page_of(text))) == PLAIN_SHAPE


def test_texts_are_shown_as_they_are() -> None:
    text = "<b>{{7*7}}</b> & \"quotes\" 'too' 🫠"
    root = parse(report.render(_page_of(text)))
    assert root.find("h1")[0].text == text
    assert root.find("blockquote")[0].text == text
    assert root.find("title")[0].text == text
    assert root.find("code")[0].text == text


def test_right_to_left_text_cannot_reach_beyond_itself() -> None:
    text = "\u202eevil"
    for element in parse(report.render(_page_of(text))).find("body")[0].all():
        own = "".join(child for child in element.children if isinstance(child, str))
        if "\u202e" in own:
            assert element.tag in ("bdi", "blockquote", "p"), element.tag
            if element.tag == "p":
                assert "meta" in element.attributes.get("class", "") or element.within("section")


@pytest.mark.parametrize(
    ("file", "url"),
    [
        ("take 1.wav", "./take%201.wav"),
        ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
        ("a?b#c.wav", "./a%3Fb%23c.wav"),
        ('"><img>.wav', "./%22%3E%3Cimg%3E.wav"),
        ("../in/été.wav", "./../in/%C3%A9t%C3%A9.wav"),
        ("raw\udcff.wav", "./raw%FF.wav"),
        (PurePosixPath("a") / "b.wav", "./a/b.wav"),
    ],
)
def test_links_are_files_and_nothing_else(file: PurePosixPath | str, url: str) -> None:
    assert link(file) == url


@pytest.mark.parametrize("file", ["/etc/passwd", "//host/share/x.wav", "half\ud800.wav"])
def test_links_that_leave_the_page_are_refused(file: str) -> None:
    with pytest.raises(RequestError):
        link(file)


def test_commands_are_quoted_for_a_shell() -> None:
    command = report.rerender_command("a b; rm -rf ~/'x'.json")
    assert command == "vocalino rerender 'a b; rm -rf ~/'\"'\"'x'\"'\"'.json'"


def test_fifteen_takes_with_performances_stay_under_six_megabytes() -> None:
    sound = report.sound(tone(5.0))
    card = replace(section().takes[0], sound=sound, performance=sound)
    five = replace(section(), takes=(card,) * 3)
    page = act_page(*[five] * 5)
    assert len(report.render(page).encode()) < 6_000_000
