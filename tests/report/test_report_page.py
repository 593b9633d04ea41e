"""The page as a browser gets it: structure, players, names for assistive tools, policy."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
from report_pages import Element, act_page, convert_page, parse, section, take

from vocalino import report
from vocalino.errors import RequestError
from vocalino.report import ReportPage
from vocalino.request import Line, TakeRequest
from vocalino.take import FinishReason, Placing, Ranking

PAGES = pytest.mark.parametrize("page", [act_page(), convert_page()], ids=["act", "convert"])


def _name_of(element: Element, root: Element) -> str:
    """What a screen reader calls it: label, labelling element or its own text."""
    if label := element.attributes.get("aria-label"):
        return label
    if target := element.attributes.get("aria-labelledby"):
        return next(e.text for e in root.all() if e.attributes.get("id") == target)
    return element.text


@PAGES
def test_every_player_carries_a_sound_that_plays(page: ReportPage) -> None:
    root = parse(report.render(page))
    players = root.find(mark="data-player")
    assert players
    for player in players:
        (audio,) = player.find("audio")
        kind, _, data = audio.attributes["src"].partition(";base64,")
        assert kind == "data:audio/mpeg"
        assert "controls" in audio.attributes  # without script the browser's own player serves
        with soundfile.SoundFile(io.BytesIO(base64.b64decode(data, validate=True))) as file:
            duration_s = file.frames / file.samplerate
        assert duration_s == pytest.approx(float(player.attributes["data-duration"]), abs=0.1)
        assert 0 < float(player.attributes["data-gain"]) <= 1


@PAGES
def test_everything_that_can_be_used_has_a_name_and_ids_are_unique(page: ReportPage) -> None:
    root = parse(report.render(page))
    ids = [e.attributes["id"] for e in root.all() if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for element in root.all():
        if element.tag in ("button", "a", "audio", "summary", "nav", "section"):
            assert _name_of(element, root), element
        if element.tag == "svg":
            assert element.attributes.get("aria-hidden") or _name_of(element, root)
        for reference in ("aria-labelledby", "clip-path", "href"):
            target = re.fullmatch(r"(?:url\()?#([^)]+)\)?", element.attributes.get(reference, ""))
            assert target is None or target[1] in ids
        for pair in element.attributes.get("data-swap", "").split():
            assert pair in ids
    names = [_name_of(e, root) for e in root.find(mark="play")]
    assert len(names) == len(set(names)), "two players have one name"
    assert [e.attributes["lang"] for e in root.find("html")] == ["en"]
    assert len(root.find("h1")) == 1


@PAGES
def test_nothing_is_fetched_from_anywhere(page: ReportPage) -> None:
    html = report.render(page)
    root = parse(html)
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)
    assert not root.find("link") + root.find("iframe") + root.find("object") + root.find("base")
    for element in root.all():
        for name, value in element.attributes.items():
            assert not name.startswith("on"), "an inline handler"
            assert name not in ("style", "srcset", "poster", "action", "formaction", "ping")
            if name in ("src", "href"):
                assert re.match(r"data:audio/mpeg;base64,|#|\./", value), value
    script = root.find("script")[0].text
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(|WebSocket|eval|innerHTML", script)


@PAGES
def test_the_policy_allows_exactly_the_script_and_the_style_of_the_page(page: ReportPage) -> None:
    html = report.render(page)
    root = parse(html)
    (policy,) = (
        e.attributes["content"]
        for e in root.find("meta")
        if e.attributes.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["media-src"] == rules["img-src"] == "data:"
    for tag in ("style", "script"):
        (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"
        assert len(root.find(tag)) == 1
    assert html.index("Content-Security-Policy") < html.index("<style>")
    assert "unsafe" not in policy


def test_takes_stand_in_the_order_of_the_ranking_and_the_lost_one_last() -> None:
    root = parse(report.render(act_page()))
    cards = root.find("li", "take")
    assert [c.find("h3")[0].text.split(" seed")[0] for c in cards] == [
        "Take 3 Best take DRAFT",
        "Take 1 DRAFT",
        "Take 4 Failed a check DRAFT",
        "Take 2 Not made",
    ]
    assert ["best" in c.attributes["class"].split() for c in cards] == [True, False, False, False]
    assert [c.find(mark="reason")[0].text for c in cards] == [
        "The closest of the clean ones.",
        "Further from the voice.",
        "Last: it is clipped.",
        "Failed while it was given the voice: there is no voiced sound in it",
    ]
    assert len({c.find(mark="length")[0].text for c in cards}) == 4  # each its own seed


def test_a_take_that_was_cut_has_a_word_on_it() -> None:
    request = TakeRequest(Line("Hello."), takes=4, seed=1)
    reasons: tuple[FinishReason | None, ...] = (None, "eos", "budget", "loop")
    takes = [
        replace(take(request, index, performance=False), finish_reason=reason)
        for index, reason in enumerate(reasons)
    ]
    order = Ranking(tuple(Placing(index, True, "") for index in range(4)))
    made = report.act_section(request, takes, order, name="Ends")
    cards = parse(report.render(act_page(made))).find("li", "take")
    words = [[tag.text for tag in card.find("span", "red")] for card in cards]
    assert words == [[], [], ["cut: too long"], ["cut: stuck"]]


def test_the_judge_is_heard_in_words_with_value_and_evidence() -> None:
    root = parse(report.render(act_page()))
    best, second, last, _ = root.find("li", "take")
    assert [v.text for v in best.find("ul", "verdicts")[0].find("li")] == [
        "✓ Identity pass 0.86 Close to the voice. Warm"
    ]
    assert "? Identity inconclusive 0.7 Too short to tell." in second.text
    assert "✕ Signal checks fail 14 Clipped in 14 places. Sends the take to the end." in last.text
    opened = ["open" in c.find("details")[0].attributes for c in (best, second, last)]
    assert opened == [True, False, True]


def test_direction_as_understood_receipts_and_downloads_are_shown() -> None:
    root = parse(report.render(act_page()))
    understood = root.find(mark="understood")[0].text
    assert "warm: → softer tone" in understood
    assert "Not understood: velvet" in understood
    best, second, last, lost = root.find("li", "take")
    assert best.find("code")[0].text == "vocalino rerender 'out/take 3.json'"
    assert [a.attributes.get("href") for a in best.find("a")] == ["./warm/take%203.wav"]
    assert "data-download" in last.find("a")[0].attributes
    assert not second.find("code")
    assert not lost.find("audio")
    assert "Performance before conversion" in best.text


def test_a_draft_is_called_a_draft_and_a_studio_take_is_not() -> None:
    draft = parse(report.render(act_page()))
    assert "DRAFT A scratch track, not the product’s voice." in draft.find(mark="cast")[0].text
    assert "there is no GPU here" in draft.find(mark="cast")[0].text
    studio = parse(report.render(convert_page()))
    assert studio.find(mark="cast")[0].text == "Studio cast asked for"
    assert "DRAFT" not in studio.find("main")[0].text


def test_conversions_show_before_and_after_or_why_there_is_none() -> None:
    root = parse(report.render(convert_page()))
    done, lost = root.find("section", "conversion")
    assert [h.text.split(" seed")[0] for h in done.find("h3")] == ["Before", "After"]
    assert len(done.find("audio")) == 2
    assert done.find(mark="data-swap")[0].attributes["data-swap"] == "c1-a c1-b"
    assert len(lost.find("audio")) == 1
    assert "Not made the recording is silent" in lost.text


def test_run_summary_voice_and_engines() -> None:
    root = parse(report.render(act_page()))
    footer = root.find("footer")[0].text
    for said in ("a Sunday", "16 s", "RTF 0.438", "TTFA 0.5 s", "Design 2.0 s", "vocalino 0.1.0"):
        assert said in footer
    assert "Converter toy converter r2 cpu float64 MIT" in footer
    voice = root.find("section", "voice")[0].text
    assert "Marlow" in voice
    assert "The clip is short." in voice


def test_a_run_without_a_best_take_or_without_any_says_so() -> None:
    all_failed = replace(
        section(), takes=tuple(replace(t, best=False, passed=False) for t in section().takes)
    )
    nothing = replace(section(), takes=(), outcome="cancelled", outcome_reason="Ctrl-C")
    html = report.render(act_page(all_failed, nothing))
    assert "No take passed every check" in html
    assert "No take of this line could be made." in html
    assert "This run is cancelled: <bdi>Ctrl-C</bdi>." in html
    parse(html)


def test_the_same_page_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "a.html", tmp_path / "deep" / "b.html"
    report.write(act_page(), first)
    report.write(act_page(), second)
    assert first.read_bytes() == second.read_bytes()
    assert b"\r" not in first.read_bytes()
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["a.html"]


def test_a_page_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    with pytest.raises(RequestError, match="can't be written to"):
        report.write(act_page(), tmp_path / "file" / "report.html")
    (tmp_path / "folder").mkdir()
    with pytest.raises(RequestError, match="can't be written to"):
        report.write(act_page(), tmp_path / "folder")
    assert {p.name for p in tmp_path.iterdir()} == {"file", "folder"}
    assert (tmp_path / "file").read_text() == "old"


def test_a_page_without_sounds_still_stands() -> None:
    html = report.render(ReportPage("Empty", report.cast_note("draft", {})))
    assert "The draft cast played." in parse(html).text
