"""What a command needs of the world: settings, engines, the library, and the voice it casts."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from vocalino.audio.decode import decode
from vocalino.audio.encode import encode
from vocalino.build import Casting, build, casting, check_voiced
from vocalino.cli.console import say
from vocalino.cli.delivery import write
from vocalino.errors import RequestError
from vocalino.library import Library, Voice
from vocalino.pipeline import Engines
from vocalino.receipt import ConsentBasis
from vocalino.request import Reference
from vocalino.settings import Settings


@dataclass(frozen=True)
class CastVoice:
    """The voice of a run, and where it came from: a file, the library, or this run itself."""

    reference: Reference
    about: str
    consent: ConsentBasis = "unstated"
    file: Path | None = None
    voice_id: str | None = None

    def named(self, name: str) -> CastVoice:
        return replace(self, reference=replace(self.reference, name=name))

    def place(self, folder: Path) -> str:
        """Put the clip beside its takes, to the bit, so that a receipt finds it wherever it goes.

        Raises:
            RequestError: the folder can't be written.
        """
        if self.file is None:
            name, data = "reference.wav", encode(self.reference.clip, "wav", "float32")
        else:
            name, data = f"reference{self.file.suffix.lower()}", self.file.read_bytes()
        write(folder / name, data)
        return name


class Session:
    """Settings now, engines and library when they are first asked for."""

    def __init__(
        self, flags: Mapping[str, object], *, designs: bool = True, converts: bool = True
    ) -> None:
        """`designs`, `converts`: what the command will have done; only that is loaded."""
        self.settings = Settings.load(flags)
        self.designs, self.converts = designs, converts

    def play_cast(self, cast: str, source: str) -> None:
        """Ask for one of `engines.CASTS`, before the engines are made; `source` says who asks."""
        assert "engines" not in self.__dict__
        sources = {**self.settings.sources, "cast": source}
        self.settings = replace(self.settings, cast=cast, sources=sources)  # type: ignore[arg-type]

    @cached_property
    def casting(self) -> Casting:
        return casting(self.settings)

    @cached_property
    def engines(self) -> Engines:
        """The cast; which one plays, and why, is said aloud."""
        engines = build(self.settings, designs=self.designs, converts=self.converts)
        note = ": a scratch track, not the real thing" if self.casting.name == "draft" else ""
        say(f"{self.casting.name} cast{note} ({self.casting.why})")
        return engines

    @cached_property
    def library(self) -> Library:
        return Library.open(self.settings.home)

    def document(self) -> dict[str, str]:
        """The part of a command's JSON that says who played."""
        return {"cast": self.casting.name, "why": self.casting.why}

    def cast_voice(self, ref: Path | None, name: str | None) -> CastVoice | None:
        """The voice that `--ref` or `--voice` names, None when neither is given.

        Raises:
            RequestError: both are given, the clip can't be read, there is no such voice.
            EngineUnavailable: the cast can't act in the voice of a clip.
        """
        if ref is not None and name is not None:
            raise RequestError("--ref and --voice both name a voice: give one of them")
        if ref is not None or name is not None:
            check_voiced(self.settings)
        if ref is not None:
            reference = Reference(decode(ref, what=f"reference clip {ref}"), ref.stem)
            return CastVoice(reference, f"from the recording {ref.name}", file=ref)
        if name is None:
            return None
        return self.voice_of(self.library.voices.find(name))

    def voice_of(self, voice: Voice) -> CastVoice:
        reference = Reference(self.library.voices.clip(voice), voice.name)
        about = f"designed: {voice.description}" if voice.description else "from the library"
        return CastVoice(reference, about, voice.consent.basis, voice_id=voice.id)

    def close(self) -> None:
        """Give back what was opened."""
        if "engines" in self.__dict__:
            self.engines.close()
        if "library" in self.__dict__:
            self.library.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def text_argument(value: str) -> str:
    """The argument itself, or standard input for "-"."""
    return sys.stdin.read() if value == "-" else value
