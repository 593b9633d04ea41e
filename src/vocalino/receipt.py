"""The receipt of a take: all that is needed to make it again and to know where it came from.

`take.json` is a receipt as JSON. The dataclasses below are its schema, field for field; a new
or changed field means a new number in `SCHEMA` and a step that reads the old one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, cast

from vocalino import strict_json
from vocalino.audio import Audio
from vocalino.errors import RequestError
from vocalino.recordings import AudioFile, ConsentBasis, Placed, Recording
from vocalino.request import (
    ConvertOptions,
    ConvertRequest,
    DesignOptions,
    Direction,
    Line,
    Reference,
    TakeRequest,
)
from vocalino.seeds import take_seed
from vocalino.take import EngineInfo, FinishReason, Ranking, Take, Verdict
from vocalino.versions import versions as versions_here

SCHEMA = "vocalino/take/2"
DISCLOSURE = "This sound is synthetic: it was made by a machine and is no recording of a person."


@dataclass(frozen=True)
class Receipt:
    """One take's receipt. Compare two with `==`; `from_json(to_json())` gives an equal one.

    Either `line`, `direction` and `design` are there (the take was acted) or `source` is (it was
    converted from a recording). `convert.ode_steps` is the number that was played, `placed` is
    None until the run was ranked, `consent` None when the voice came without a statement.

    Raises:
        RequestError: parts that contradict each other.
    """

    synthetic: Literal[True]
    disclosure: str
    created_at: datetime
    line: Line | None
    direction: Direction | None
    source: Recording | None
    reference: Recording | None
    consent: ConsentBasis | None
    takes: int
    seed: int
    index: int
    take_seed: int
    design: DesignOptions | None
    convert: ConvertOptions
    cast: str
    engines: Mapping[str, EngineInfo]
    versions: Mapping[str, str]
    finish_reason: FinishReason | None
    verdicts: tuple[Verdict, ...]
    placed: Placed | None
    timings_s: Mapping[str, float | None]
    audio: AudioFile
    performance: AudioFile | None

    def __post_init__(self) -> None:
        acted = (self.line is not None, self.direction is not None, self.design is not None)
        if len(set(acted)) != 1 or acted[0] == (self.source is not None):
            raise RequestError(
                "either line, direction and design must be given, or source alone without them"
            )
        if self.source is not None and self.reference is None:
            raise RequestError("a conversion needs its reference, and reference is null")
        if self.created_at.utcoffset() is None:
            raise RequestError(f"created_at needs its time zone, got {self.created_at}")
        if not 0 <= self.index < self.takes:
            raise RequestError(f"index must be from 0 to takes - 1, got {self.index}")
        if self.take_seed != take_seed(self.seed, self.index):
            raise RequestError(
                f"take_seed {self.take_seed} does not follow from seed {self.seed} "
                f"and index {self.index}"
            )
        # JSON has no NaN or Infinity: what could not be measured is None, here as well as there
        verdicts = tuple(replace(v, value=_finite(v.value)) for v in self.verdicts)
        object.__setattr__(self, "verdicts", verdicts)
        timings_s = {stage: _finite(value) for stage, value in self.timings_s.items()}
        object.__setattr__(self, "timings_s", timings_s)

    @classmethod
    def of(
        cls,
        take: Take,
        request: TakeRequest | ConvertRequest,
        *,
        audio: AudioFile,
        ode_steps: int,
        performance: AudioFile | None = None,
        ranking: Ranking | None = None,
        reference_file: str | None = None,
        source_name: str = "recording",
        source_file: str | None = None,
        consent: ConsentBasis | None = None,
        versions: Mapping[str, str] | None = None,
        created_at: datetime | None = None,
    ) -> Receipt:
        """The receipt of `take`, which was made for `request`.

        Args:
            ode_steps: what stands for None in `request.convert.ode_steps`.
            versions: those of the process that made the sound, when it is not this one.
        """
        acted = request if isinstance(request, TakeRequest) else None
        source = None
        if isinstance(request, ConvertRequest):
            recording = request.performances[take.index]
            source = Recording.of(recording, source_name, source_file)
        reference = request.reference
        steps = request.convert.ode_steps
        receipt = cls(
            synthetic=True,
            disclosure=DISCLOSURE,
            created_at=created_at or datetime.now(UTC),
            line=acted and acted.line,
            direction=acted and acted.direction,
            source=source,
            reference=reference and Recording.of(reference.clip, reference.name, reference_file),
            consent=consent,
            takes=_rows(request),
            seed=request.seed,
            index=take.index,
            take_seed=take.seed,
            design=acted and acted.design,
            convert=replace(request.convert, ode_steps=ode_steps if steps is None else steps),
            cast=take.provenance.cast,
            engines=dict(take.provenance.engines),
            versions=dict(versions_here() if versions is None else versions),
            finish_reason=take.finish_reason,
            verdicts=take.verdicts,
            placed=None,
            timings_s=dict(take.provenance.timings_s),
            audio=audio,
            performance=performance,
        )
        return receipt if ranking is None else receipt.placed_in(ranking)

    def placed_in(self, ranking: Ranking) -> Receipt:
        """The same receipt with its place in `ranking`, or with none when it isn't in there."""
        found = ((n, p) for n, p in enumerate(ranking.placings, 1) if p.index == self.index)
        place, placing = next(found, (0, None))
        return replace(self, placed=placing and Placed(place, placing.passed, placing.reason))

    def request(self, reference: Audio | None = None) -> TakeRequest:
        """The request again; this take is number `index` of it.

        Raises:
            RequestError: `reference` is missing, not needed or not the same sound, or the take
                was converted from a recording (see `conversion`).
        """
        if self.line is None or self.direction is None or self.design is None:
            raise RequestError("this take was converted from a recording: it has no line to act")
        return TakeRequest(
            line=self.line,
            direction=self.direction,
            reference=self._known_reference(reference),
            takes=self.takes,
            seed=self.seed,
            design=self.design,
            convert=self.convert,
        )

    def conversion(self, source: Audio, reference: Audio) -> ConvertRequest:
        """The conversion again. Of its recordings only the one of this take is known, and it
        stands in every row: only row `index` is this take.

        Raises:
            RequestError: not the same sounds, or the take was acted (see `request`).
        """
        if self.source is None:
            raise RequestError("this take was acted: it has no source recording")
        _check_same(source, self.source, "source recording")
        known = self._known_reference(reference)
        assert known is not None  # __post_init__ asks a conversion for its reference
        return ConvertRequest((source,) * self.takes, known, self.seed, self.convert)

    def to_json(self) -> str:
        return strict_json.dump({"schema": SCHEMA, **strict_json.write(self)})

    @classmethod
    def from_json(cls, text: str | bytes) -> Receipt:
        """Read a receipt to the letter.

        Raises:
            RequestError: not a receipt, one of a newer version, or a field that is missing,
                unknown, of a wrong type or out of bounds; the message names the field.
        """
        value = strict_json.parse(text, "the receipt")
        if _checked_schema(value.pop("schema", None)) == 1:
            value = _from_1(value)
        return strict_json.read(cls, value, "receipt")

    def _known_reference(self, clip: Audio | None) -> Reference | None:
        if self.reference is None:
            if clip is not None:
                raise RequestError("this take was made without a reference clip: give none")
            return None
        if clip is None:
            raise RequestError(f"the reference clip {self.reference.name!r} is needed")
        _check_same(clip, self.reference, "reference clip")
        return Reference(clip, self.reference.name)


def _rows(request: TakeRequest | ConvertRequest) -> int:
    return request.takes if isinstance(request, TakeRequest) else len(request.performances)


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _check_same(audio: Audio, recording: Recording, what: str) -> None:
    if audio.content_hash != recording.content_hash:
        raise RequestError(
            f"this is not the {what} of the take: its content hash is {audio.content_hash}, "
            f"and the receipt asks for {recording.name!r} with {recording.content_hash}"
        )


def _checked_schema(schema: object) -> int:
    """The number of a schema that is known here."""
    if schema is None:
        raise RequestError("receipt.schema is missing: this is not the receipt of a take")
    stem, _, newest = SCHEMA.rpartition("/")
    match = re.fullmatch(re.escape(stem) + r"/([1-9][0-9]{0,8})", str(schema))
    if isinstance(schema, str) and match:
        number = int(match[1])
        if number <= int(newest):
            return number
        raise RequestError(
            f"the receipt has the schema {schema!r}, written by a newer Vocalino than this one, "
            f"which knows {SCHEMA!r}: upgrade with `pip install --upgrade vocalino`"
        )
    raise RequestError(f"receipt.schema must be {SCHEMA!r}, got {schema!r}")


def _from_1(value: dict[str, object]) -> dict[str, object]:
    """Schema 1 knew neither how the acting ended nor what the code predictor samples by."""
    design = value.get("design")
    if isinstance(design, dict):
        later = ("predictor_temperature", "predictor_top_p", "predictor_top_k")
        value = {**value, "design": {**dict.fromkeys(later), **cast("dict[str, object]", design)}}
    return {"finish_reason": None, **value}
