"""How tokens are drawn: what the caller asks for, over what the checkpoint says."""

from __future__ import annotations

from typing import TypeVar

from vocalino.engines.qwen3_tts.config import SamplingDefaults
from vocalino.engines.qwen3_tts.frame import Draws
from vocalino.nn.sampling import Sampling
from vocalino.request import DesignOptions

T = TypeVar("T")


def draws_of(options: DesignOptions, defaults: SamplingDefaults) -> Draws:
    """A temperature of 0 means greedy: always the most likely code.

    Raises:
        RequestError: a value out of bounds.
    """
    talker = _sampling(
        _or(options.temperature, defaults.temperature),
        _or(options.top_k, defaults.top_k),
        _or(options.top_p, defaults.top_p),
        defaults.do_sample or options.temperature is not None,
        _or(options.repetition_penalty, defaults.repetition_penalty),
    )
    predictor = _sampling(
        _or(options.predictor_temperature, defaults.subtalker_temperature),
        _or(options.predictor_top_k, defaults.subtalker_top_k),
        _or(options.predictor_top_p, defaults.subtalker_top_p),
        defaults.subtalker_dosample or options.predictor_temperature is not None,
    )
    return Draws(talker, predictor)


def _sampling(
    temperature: float, top_k: int, top_p: float, sample: bool, penalty: float = 1.0
) -> Sampling:
    if not sample or temperature == 0.0:
        return Sampling(greedy=True, repetition_penalty=penalty)
    return Sampling(temperature, top_k, top_p, penalty)


def _or(asked: T | None, default: T) -> T:
    return default if asked is None else asked
