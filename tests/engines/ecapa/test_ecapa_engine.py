"""The speaker encoder as the pipeline knows it."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from vocalino.audio import Audio
from vocalino.audio.resample import resample
from vocalino.engines.ecapa.engine import EcapaSpeaker
from vocalino.engines.ecapa.pins import BASE
from vocalino.errors import AudioError, EngineUnavailable, GenerationFailed
from vocalino.protocols import SpeakerEncoder
from vocalino.settings import Settings, switches


def noise(duration_s: float, rate_hz: int = 24000, seed: int = 0) -> Audio:
    samples = np.random.default_rng(seed).standard_normal(round(duration_s * rate_hz))
    return Audio((0.1 * samples).astype(np.float32), rate_hz)


def test_it_is_a_speaker_encoder(speaker: EcapaSpeaker) -> None:
    assert isinstance(speaker, SpeakerEncoder)
    assert speaker.dim == 64
    info = speaker.describe()
    assert (info.device, info.dtype, info.revision) == ("cpu", "float32", "checkpoint_base")
    assert "Apache-2.0" in info.licence


def test_embeddings_are_the_originals_at_unit_length(
    speaker: EcapaSpeaker, recorded: dict[str, Tensor]
) -> None:
    names = ("w2", "short")
    got = speaker.embed([Audio(recorded[f"{name}.wav"].numpy(), 24000) for name in names])
    assert got.dtype == np.float32
    for row, name in zip(got, names, strict=True):
        theirs = recorded[f"{name}.embedding"].numpy()
        assert np.abs(row - theirs / np.linalg.norm(theirs)).max() <= 1e-5
        assert np.linalg.norm(row) == pytest.approx(1.0, abs=1e-6)


def test_a_row_is_the_same_to_the_bit_in_every_batch(checkpoint: Path) -> None:
    clips = [noise(duration_s, seed=seed) for seed, duration_s in enumerate((0.5, 1.3, 0.5))]
    together = EcapaSpeaker(checkpoint).embed(clips)
    for row, clip in zip(together, clips, strict=True):
        assert np.array_equal(EcapaSpeaker(checkpoint).embed([clip])[0], row)
    assert not np.array_equal(together[0], together[2])


def test_no_clips_are_no_rows(speaker: EcapaSpeaker) -> None:
    assert speaker.embed([]).shape == (0, 64)


def test_other_rates_are_resampled(speaker: EcapaSpeaker) -> None:
    at_24k = resample(noise(1.0, 16000), 24000)
    at_48k = resample(at_24k, 48000)
    first, second = speaker.embed([at_24k, at_48k])
    assert first @ second > 0.999
    assert first @ speaker.embed([Audio(at_48k.samples, 24000)])[0] < 0.999


def test_the_same_sound_is_heard_once(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    speaker = EcapaSpeaker(checkpoint, cache_size=2)
    heard: list[Tensor] = []
    speaker.network.register_forward_pre_hook(lambda _, given: heard.append(given[0]))
    one, two, three = (noise(0.5, seed=seed) for seed in (1, 2, 3))
    first = speaker.embed([one, two, one])
    assert len(heard) == 2
    assert np.array_equal(first[0], first[2])
    same = Audio(one.samples.copy(), one.sample_rate_hz)
    assert np.array_equal(speaker.embed([same])[0], first[0])
    assert len(heard) == 2
    speaker.embed([three])  # the second is let go: it was asked for longest ago
    speaker.embed([one, two])
    assert len(heard) == 4


def test_what_is_kept_can_not_be_changed_from_outside(checkpoint: Path) -> None:
    speaker, clip = EcapaSpeaker(checkpoint), noise(0.5)
    first = speaker.embed([clip])
    before = first.copy()
    first[:] = 0.0
    assert np.array_equal(speaker.embed([clip]), before)


def test_threads_hear_side_by_side(checkpoint: Path) -> None:
    speaker = EcapaSpeaker(checkpoint, cache_size=3)
    clips = [noise(0.4, seed=seed % 5) for seed in range(20)]
    expected = EcapaSpeaker(checkpoint).embed(clips)
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda clip: speaker.embed([clip])[0], clips))
    assert np.allclose(got, expected, atol=1e-6)


def test_a_clip_that_says_nothing(speaker: EcapaSpeaker) -> None:
    with pytest.raises(AudioError, match="0.050 s is too short to tell who speaks"):
        speaker.embed([noise(0.05)])
    with pytest.raises(AudioError, match="too short"):
        speaker.embed([Audio(np.zeros(0, np.float32), 24000)])
    with pytest.raises(AudioError, match="nobody speaks in this clip"):
        speaker.embed([Audio.silence(1.0, 24000)])
    assert speaker.embed([Audio(noise(1.0).samples[:1280], 24000)]).shape == (1, 64)


def test_what_is_not_finite_is_an_error(checkpoint: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(checkpoint, tmp_path / "base"))
    tensors = load_file(folder / "model.safetensors")
    tensors["speaker_encoder.fc.bias"][0] = torch.nan
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(GenerationFailed, match="nothing finite"):
        EcapaSpeaker(folder).embed([noise(0.5)])


def test_a_closed_encoder_says_so(checkpoint: Path) -> None:
    speaker = EcapaSpeaker(checkpoint)
    speaker.embed([noise(0.5)])
    speaker.close()
    with pytest.raises(EngineUnavailable, match="closed"):
        speaker.embed([noise(0.5)])


def test_settings(checkpoint: Path) -> None:
    flags = {"se_model": str(checkpoint), "tts_device": "cpu"}
    speaker = EcapaSpeaker.from_settings(Settings.load(flags, environ={}))
    assert speaker.describe().device == "cpu"
    wrong = Settings.load(flags, environ={"SE_DEVICE": "cuda:63"})
    with pytest.raises(EngineUnavailable, match="SE_DEVICE is cuda:63"):
        EcapaSpeaker.from_settings(wrong)
    wrong = Settings.load({**flags, "tts_device": "toaster"}, environ={})
    with pytest.raises(EngineUnavailable, match="TTS_DEVICE names no device"):
        EcapaSpeaker.from_settings(wrong)


def test_the_pin_is_exact() -> None:
    assert len(bytes.fromhex(BASE.revision)) == 20, "a commit, not a branch that can move"
    assert {file.path for file in BASE.files} == {"config.json", "model.safetensors"}
    assert BASE.setting in switches()
