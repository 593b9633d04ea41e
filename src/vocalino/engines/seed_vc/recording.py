"""Recordings on their way in: their rates, and what is too short or silent (spec 3.1 and 17)."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
from torch import Tensor

from vocalino.audio import Audio
from vocalino.audio.resample import resample
from vocalino.engines.seed_vc.config import CONTENT_RATE_HZ, HOP, SAMPLE_RATE_HZ
from vocalino.engines.seed_vc.hubert import RECEPTIVE_SAMPLES
from vocalino.errors import AudioError

SILENT_RMS = 1e-4
MIN_SOURCE_S = 0.5  # a shorter one is padded with silence, and its take cut back


@dataclass(frozen=True)
class Recording:
    """What is to be converted."""

    samples: int  # at the output's rate
    padded: int  # the same with silence behind it
    heard: Tensor  # [n] at the content's rate


def recorded(audio: Audio, device: torch.device) -> Recording:
    """A performance made ready. Raises AudioError when it holds no sample."""
    wave = at_output_rate(audio)
    if not len(wave):
        raise AudioError("the recording to convert is empty: give one with speech")
    padded = max(len(wave), round(MIN_SOURCE_S * SAMPLE_RATE_HZ))
    heard = at_content_rate(torch.nn.functional.pad(wave, (0, padded - len(wave))))
    return Recording(len(wave), padded, heard.to(device))


def recorded_as_published(wave: Tensor, device: torch.device) -> Recording:
    """A wave [n] at the output's rate, of which the published converter leaves out the last frame
    that is not whole.

    Raises:
        AudioError: it is shorter than what HuBERT hears at once, which the reference breaks on.
    """
    heard = at_content_rate(wave)
    whole = len(wave) // HOP * HOP
    if len(heard) < RECEPTIVE_SAMPLES or not whole:
        raise AudioError(f"the recording to convert has {len(wave)} samples, too few to be heard")
    return Recording(whole, whole, heard.to(device))


def at_output_rate(audio: Audio) -> Tensor:
    """[n] in host memory."""
    return _tensor(resample(audio, SAMPLE_RATE_HZ, rounding=ceil))


def at_content_rate(wave: Tensor) -> Tensor:
    """From the output's rate, as the reference has it, and not from the file's. [n] -> [m]"""
    audio = Audio(wave.cpu().numpy(), SAMPLE_RATE_HZ)
    return _tensor(resample(audio, CONTENT_RATE_HZ, rounding=ceil)).to(wave.device)


def _tensor(audio: Audio) -> Tensor:
    return torch.from_numpy(np.array(audio.samples))  # a copy: those of an Audio are read-only
