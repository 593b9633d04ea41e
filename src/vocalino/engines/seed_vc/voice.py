"""A voice, learnt once from a reference clip: all that a conversion needs of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vocalino.audio import Audio
from vocalino.audio.reference import clipped_fraction
from vocalino.cancel import CancelToken
from vocalino.engines.seed_vc.cfm import Prompt
from vocalino.engines.seed_vc.config import SAMPLE_RATE_HZ
from vocalino.engines.seed_vc.content import Content
from vocalino.engines.seed_vc.model import SeedVCModel
from vocalino.engines.seed_vc.recording import SILENT_RMS, at_content_rate, at_output_rate
from vocalino.engines.seed_vc.rules import Rules
from vocalino.errors import AudioError, GenerationFailed

MIN_REFERENCE_S = 1.0
_CLIPPED = 1e-4


@dataclass(frozen=True)
class SeedVoicePrint:
    """What the networks make of a reference clip, on their device."""

    prompt: Prompt
    content: Content
    warnings: Sequence[str] = ()


def learn(model: SeedVCModel, clip: Audio, rules: Rules) -> SeedVoicePrint:
    """Learn a voice from the first 25 s of a clip.

    Raises:
        AudioError: the clip is shorter than a second, or silent.
        GenerationFailed: the networks give no finite numbers for it.
    """
    if clip.duration_s < MIN_REFERENCE_S:
        raise AudioError(
            f"the reference clip lasts {clip.duration_s:.2f} s: give at least "
            f"{MIN_REFERENCE_S:g} s of speech, better 10 s"
        )
    if clip.rms < SILENT_RMS:
        raise AudioError(
            f"the reference clip is silent (its level is {clip.rms:.1e} of full scale): check the "
            "microphone or the export, and give a clip with speech"
        )
    return learn_wave(model, at_output_rate(clip), rules, _warnings(clip, rules))


@torch.inference_mode()
def learn_wave(
    model: SeedVCModel, wave: Tensor, rules: Rules, warnings: Sequence[str] = ()
) -> SeedVoicePrint:
    """Learn a voice from a wave [n] at the output's rate.

    Raises:
        GenerationFailed: the networks give no finite numbers for it.
    """
    wave = wave[: rules.reference_samples].to(model.device)
    heard = at_content_rate(wave)
    mel = model.mel(wave.unsqueeze(0))[0].t().contiguous()  # [P, M]
    style = model.campplus.style(heard.unsqueeze(0))[0]
    content = model.content.encode([heard], CancelToken(), together=False)[0]
    condition = model.timbre.length_regulator(content.wide, len(mel))
    for part in (mel, style, condition):
        if not part.isfinite().all():
            raise GenerationFailed("the networks make nothing finite of this reference clip")
    return SeedVoicePrint(Prompt(mel, condition, style), content, tuple(warnings))


def _warnings(clip: Audio, rules: Rules) -> list[str]:
    words: list[str] = []
    used_s = rules.reference_samples / SAMPLE_RATE_HZ
    if clip.duration_s > used_s:
        words.append(f"the clip lasts {clip.duration_s:.0f} s: only its first {used_s:.0f} s count")
    clipped = clipped_fraction(clip)
    if clipped > _CLIPPED:
        words.append(
            f"{100 * clipped:.2g} % of the clip is clipped: record it again with less gain"
        )
    return words
