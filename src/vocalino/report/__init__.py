"""Reports: one self-contained HTML page a run, which plays from a disk without a network.

cards.py      what a page shows, as plain frozen values
sections.py   takes, rankings and events -> cards
sound.py      audio -> player (MP3 copy, peaks, level)     waveform.py  peaks -> SVG path
page.py       cards -> HTML, by page.html.jinja, page.css and page.js
"""

from vocalino.report.cards import (
    CastNote,
    ConvertCard,
    FailedCard,
    ReportPage,
    RunSummary,
    SampleSection,
    Sound,
    TakeCard,
    VoiceSection,
)
from vocalino.report.page import render, write
from vocalino.report.sections import (
    act_section,
    cast_note,
    convert_card,
    rerender_command,
    run_summary,
    voice_section,
)
from vocalino.report.sound import sound

__all__ = [
    "CastNote",
    "ConvertCard",
    "FailedCard",
    "ReportPage",
    "RunSummary",
    "SampleSection",
    "Sound",
    "TakeCard",
    "VoiceSection",
    "act_section",
    "cast_note",
    "convert_card",
    "render",
    "rerender_command",
    "run_summary",
    "sound",
    "voice_section",
    "write",
]
