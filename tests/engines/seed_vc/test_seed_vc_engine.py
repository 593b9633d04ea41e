"""The converter as a whole, on small random weights: noise, but exact noise."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from recordings import babble

from vocalino.audio import Audio, concatenate
from vocalino.cancel import CancelToken
from vocalino.engines.seed_vc.engine import SeedVC
from vocalino.engines.seed_vc.pins import Folders
from vocalino.engines.seed_vc.rows import Player
from vocalino.errors import AudioError, Cancelled, CheckpointError, EngineUnavailable
from vocalino.protocols import Performance, RowAudio, RowFailed, VoiceConverter
from vocalino.request import ConvertOptions

STYLE = ConvertOptions(convert_style=True)
SOURCES = [babble(1.3, 1), babble(0.9, 2), babble(1.7, 3)]
SEEDS = [11, 12, 13]


def convert(
    converter: SeedVC,
    sources: Sequence[Audio],
    seeds: Sequence[int],
    options: ConvertOptions | None = None,
    reference: Audio | None = None,
) -> list[Audio]:
    voice = converter.prepare(reference or babble(2.0, 9))
    parts: list[list[Audio]] = [[] for _ in sources]
    last: list[int] = []
    performances = [Performance(source) for source in sources]
    for row in converter.convert(
        performances, voice, options or ConvertOptions(), seeds, CancelToken()
    ):
        assert isinstance(row, RowAudio), row
        assert row.index not in last
        parts[row.index].append(row.audio)
        last += [row.index] if row.last else []
    assert sorted(last) == list(range(len(sources)))
    return [concatenate(part) for part in parts]


def same(a: Audio, b: Audio) -> bool:
    return a.sample_rate_hz == b.sample_rate_hz and np.array_equal(a.samples, b.samples)


def test_it_is_a_voice_converter(converter: SeedVC) -> None:
    assert isinstance(converter, VoiceConverter)
    about = converter.describe()
    assert (about.name, about.device, about.dtype) == ("seed-vc-v2", "cpu", "float32")
    assert converter.batch_rows == 1, "a CPU gains nothing from a batch"


@pytest.mark.parametrize("options", [ConvertOptions(), STYLE])
def test_a_row_is_the_same_whatever_is_made_with_it(
    converter: SeedVC, options: ConvertOptions
) -> None:
    """To the bit: in any place, beside any neighbours."""
    batch = convert(converter, SOURCES, SEEDS, options)
    for place, source in enumerate(SOURCES):
        alone = convert(converter, [source], [SEEDS[place]], options)[0]
        assert same(alone, batch[place])
    backwards = convert(converter, SOURCES[::-1], SEEDS[::-1], options)
    assert all(same(a, b) for a, b in zip(batch, backwards[::-1], strict=True))


def test_rows_that_go_through_the_networks_together_are_the_same(
    converter: SeedVC, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a GPU: padded and masked, not exact to the bit any more."""
    alone = convert(converter, SOURCES, SEEDS)
    monkeypatch.setattr(SeedVC, "_together", True)
    monkeypatch.setattr("vocalino.engines.seed_vc.rows.MOST_PADDING", 10.0)
    batches: list[int] = []
    mels = Player.mels

    def watched(self: Player, batch: list[object], *rest: object) -> object:
        batches.append(len(batch))
        return mels(self, batch, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Player, "mels", watched)
    together = convert(converter, SOURCES, SEEDS)
    assert batches == [3]
    for a, b in zip(alone, together, strict=True):
        assert np.abs(a.samples - b.samples).max() < 2e-4


def test_seeds_options_and_voices_matter(converter: SeedVC) -> None:
    source = SOURCES[:1]
    made = convert(converter, source, [1])[0]
    assert same(made, convert(converter, source, [1])[0])
    others = {
        "seed": convert(converter, source, [2])[0],
        "steps": convert(converter, source, [1], ConvertOptions(ode_steps=3))[0],
        "words": convert(converter, source, [1], ConvertOptions(cfg_intelligibility=0.0))[0],
        "voice": convert(converter, source, [1], ConvertOptions(cfg_similarity=0.0))[0],
        "nobody": convert(converter, source, [1], ConvertOptions(anonymization_only=True))[0],
        "reference": convert(converter, source, [1], reference=babble(2.0, 8))[0],
        "style": convert(converter, source, [1], STYLE)[0],
    }
    for name, other in others.items():
        assert not same(made, other), name


@pytest.mark.parametrize("seconds", [0.003, 0.1, 1.0, 1.2345])
@pytest.mark.parametrize("stretch", [1.0, 0.5, 2.0])
def test_a_take_is_as_long_as_its_performance(
    converter: SeedVC, seconds: float, stretch: float
) -> None:
    source = babble(seconds)
    made = convert(converter, [source], [1], ConvertOptions(length_adjust=stretch))[0]
    assert abs(made.duration_s - stretch * source.duration_s) < 1e-4


def test_style_follows_length_adjust(converter: SeedVC) -> None:
    usual = convert(converter, SOURCES[:1], [1], STYLE)[0]
    slow = ConvertOptions(convert_style=True, length_adjust=2.0)
    twice = convert(converter, SOURCES[:1], [1], slow)[0]
    assert abs(twice.duration_s / usual.duration_s - 2.0) < 0.05


def test_silence_stays_silence_and_nothing_is_refused(converter: SeedVC) -> None:
    voice = converter.prepare(babble(2.0, 9))
    performances = [
        Performance(Audio.silence(0.7, 24_000)),
        Performance(Audio.silence(0.0, 24_000)),
        Performance(babble(0.6, 4)),
    ]
    rows = list(converter.convert(performances, voice, ConvertOptions(), [1, 2, 3], CancelToken()))
    silent = next(row for row in rows if row.index == 0)
    assert isinstance(silent, RowAudio) and silent.last and not silent.audio.peak
    assert abs(silent.audio.duration_s - 0.7) < 1e-3
    empty = next(row for row in rows if row.index == 1)
    assert isinstance(empty, RowFailed) and "is empty" in str(empty.error)
    assert any(row.index == 2 and isinstance(row, RowAudio) and row.last for row in rows)


# Voices


def test_a_prepared_voice_is_kept(converter: SeedVC) -> None:
    clip = babble(1.5, 5)
    assert converter.prepare(clip) is converter.prepare(Audio(clip.samples.copy(), 24_000))


@pytest.mark.parametrize(
    ("clip", "words"),
    [(babble(0.9), "lasts 0.90 s"), (Audio.silence(2.0, 24_000), "is silent")],
)
def test_a_reference_that_cannot_be_used(converter: SeedVC, clip: Audio, words: str) -> None:
    with pytest.raises(AudioError, match=words):
        converter.prepare(clip)


def test_only_25_seconds_of_a_reference_count(converter: SeedVC) -> None:
    clip = babble(27.0, 6, 22_050)
    voice = converter.prepare(clip)
    assert voice.warnings == ("the clip lasts 27 s: only its first 25 s count",)
    cut = converter.prepare(Audio(clip.samples[: 25 * 22_050], 22_050))
    assert not cut.warnings
    assert voice.prompt.mel.shape == cut.prompt.mel.shape


def test_a_clipped_reference_is_said_to_be(converter: SeedVC) -> None:
    clip = babble(2.0, 7)
    loud = Audio(np.clip(clip.samples * 40, -1, 1), 24_000)
    assert any("is clipped" in words for words in converter.prepare(loud).warnings)


# Time


@pytest.mark.parametrize("options", [ConvertOptions(ode_steps=8), STYLE])
def test_cancelling_is_felt_within_a_step(converter: SeedVC, options: ConvertOptions) -> None:
    """Looked at between all small steps: it raises at whichever look comes."""
    voice = converter.prepare(babble(2.0, 9))
    looks = 0

    class Token(CancelToken):
        def check(self) -> None:
            nonlocal looks
            looks += 1
            if looks > allowed:
                self.cancel("enough")
            super().check()

    allowed = 10_000
    list(converter.convert([Performance(SOURCES[0])], voice, options, [1], Token()))
    needed = looks
    assert needed > 8
    for allowed in (0, 1, needed // 2, needed - 1):
        looks = 0
        with pytest.raises(Cancelled, match="enough"):
            list(converter.convert([Performance(SOURCES[0])], voice, options, [1], Token()))
        assert looks == allowed + 1


def test_conversions_at_the_same_time_do_not_touch_each_other(converter: SeedVC) -> None:
    """The published converter shares one cache among all of them."""
    jobs = [(SOURCES[n], SEEDS[n], options) for n in range(3) for options in (None, STYLE)]
    expected = [convert(converter, [source], [seed], options)[0] for source, seed, options in jobs]
    found: dict[int, Audio] = {}

    def work(number: int) -> None:
        source, seed, options = jobs[number]
        found[number] = convert(converter, [source], [seed], options)[0]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(same(found[number], expected[number]) for number in range(len(jobs)))


# Loading


def test_a_closed_converter_says_so(goldens: Path, tmp_path: Path) -> None:
    made = SeedVC(Folders.under(goldens / "checkpoints"), tmp_path)
    made.close()
    with pytest.raises(EngineUnavailable, match="is closed"):
        made.prepare(babble(2.0))


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"bigvgan/config\.json"):
        SeedVC(Folders.under(tmp_path), tmp_path)


def test_a_device_that_is_not_there(goldens: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="VC_DEVICE is cuda:99"):
        SeedVC(Folders.under(goldens / "checkpoints"), tmp_path, device="cuda:99")
