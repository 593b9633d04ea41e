"""Pages for the tests of reports, and the page read back as a tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from html.parser import HTMLParser

import numpy as np

from vocalino import report
from vocalino.audio import Audio
from vocalino.events import Finished, TakeFailed
from vocalino.protocols import Understood
from vocalino.request import Direction, Line, Reference, TakeRequest
from vocalino.take import EngineInfo, Placing, Provenance, Ranking, Take, Verdict

ENGINES = {
    "designer": EngineInfo("toy designer", "r1", "cpu", "float32", "MIT"),
    "converter": EngineInfo("toy converter", "r2", "cpu", "float64", "MIT"),
}
VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
INLINE = frozenset("a abbr b bdi code em kbd s span strong".split())
SVG_VOID = frozenset(("rect", "path", "use", "line"))


def tone(
    duration_s: float = 0.5, hz: float = 220.0, level: float = 0.3, rate_hz: int = 24_000
) -> Audio:
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    swell = np.sin(np.pi * time_s / duration_s)
    return Audio((level * swell * np.sin(2 * np.pi * hz * time_s)).astype(np.float32), rate_hz)


def take(request: TakeRequest, index: int, *verdicts: Verdict, performance: bool = True) -> Take:
    return Take(
        index=index,
        seed=request.seed_of(index),
        audio=tone(0.4 + 0.1 * index, 200 + 40 * index, 0.1 * (index + 1)),
        provenance=Provenance("draft", ENGINES, {"design": 0.4, "convert": 1.25}),
        performance=tone(0.4 + 0.1 * index, 300) if performance else None,
        verdicts=verdicts,
    )


@cache  # the sounds are encoded once for all tests
def section(
    name: str = "Warm", text: str = "Thank you.", direction: str = "warm, soft"
) -> report.SampleSection:
    """Three takes of four: 2 is best, 0 is next, 3 failed a gate, 1 could not be made."""
    request = TakeRequest(Line(text, "english"), Direction(direction), takes=4, seed=7)
    passed = Verdict("identity", "pass", f"Close to the voice. {name}", 0.86)
    unsure = Verdict("identity", "inconclusive", "Too short to tell.", 0.7)
    clipped = Verdict("signal_checks", "fail", "Clipped in 14 places.", 14, gate=True)
    return report.act_section(
        request,
        [take(request, 0, unsure), take(request, 2, passed), take(request, 3, passed, clipped)],
        Ranking(
            (
                Placing(2, True, "The closest of the clean ones."),
                Placing(0, True, "Further from the voice."),
                Placing(3, False, "Last: it is clipped."),
            )
        ),
        [TakeFailed(1, request.seed_of(1), "convert", "there is no voiced sound in it")],
        name=name,
        understood=Understood((("warm", "softer tone"), ("soft", "quieter")), ("velvet",)),
        finished=Finished("partial", {"design": 1.0, "convert": 2.0}, 0.5, 0.25),
        files={0: "warm/take-1.wav", 2: "warm/take 3.wav"},
        commands={2: report.rerender_command("out/take 3.json")},
    )


@cache
def voice() -> report.VoiceSection:
    return report.voice_section(
        Reference(tone(1.0), "Marlow"), about="Designed.", warnings=["The clip is short."]
    )


def act_page(*sections: report.SampleSection) -> report.ReportPage:
    finished = Finished("complete", {"design": 1.0}, 0.5, 0.25)
    return report.ReportPage(
        title="Five moods",
        cast=report.cast_note("draft", ENGINES, "there is no GPU here"),
        intro="Ranked best first.",
        voice=voice(),
        samples=sections or (section(),),
        summary=report.run_summary(
            [(finished, 4.0), (replace(finished, ttfa_s=0.1, rtf=0.5), 12.0)],
            versions={"vocalino": "0.1.0"},
            command="vocalino samples",
            made="a Sunday",
        ),
    )


@cache
def convert_page() -> report.ReportPage:
    request = TakeRequest(Line("x"))
    done = take(request, 0, Verdict("identity", "pass", "Closer than before.", 0.8))
    lost = TakeFailed(1, 5, "convert", "the recording is silent")
    return report.ReportPage(
        title="Two recordings",
        cast=report.cast_note("studio", ENGINES, "asked for"),
        conversions=(
            report.convert_card("guard.wav", tone(0.5), done, file="guard-Marlow.wav"),
            report.convert_card("empty.wav", tone(0.3), lost),
        ),
    )


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    parent: Element | None = None
    children: list[Element | str] = field(default_factory=list["Element | str"])

    def all(self) -> Iterator[Element]:
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.all()

    def find(self, tag: str = "", mark: str = "") -> list[Element]:
        """Descendants by tag and by class or attribute name."""
        return [
            e
            for e in self.all()
            if (not tag or e.tag == tag)
            and (not mark or mark in e.attributes or mark in e.attributes.get("class", "").split())
        ]

    @property
    def text(self) -> str:
        """As a reader hears it: blocks stand apart, inline elements only where there is space."""
        return " ".join(self._raw_text().split())

    def _raw_text(self) -> str:
        inside = "".join(c if isinstance(c, str) else c._raw_text() for c in self.children)
        return inside if self.tag in INLINE else f" {inside} "

    def within(self, tag: str) -> bool:
        return self.parent is not None and (self.parent.tag == tag or self.parent.within(tag))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.here = Element("#root", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.children.append(element)
        if tag not in VOID:
            self.here = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in SVG_VOID, f"<{tag}/> closes nothing in HTML"
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.here.tag == tag, f"</{tag}> closes <{self.here.tag}>"
        assert self.here.parent is not None
        self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)


def parse(html: str) -> Element:
    """The page as a tree; every tag must be closed, in order, and have each attribute once."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.here is reader.root, f"<{reader.here.tag}> is never closed"
    return reader.root
