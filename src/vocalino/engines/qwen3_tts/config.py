"""Every size, id and rate of a checkpoint, read from its three configuration files.

Fields have the names of the files' keys. What a key says and this engine can't do is an error
here, so that no network ever has to ask (spec section 2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import inf, prod
from pathlib import Path
from typing import cast

from vocalino.config_file import Keys, open_keys
from vocalino.errors import CheckpointError

CONTROL_IDS = 1024  # the last ids of the talker's vocabulary; the ones before are codes


@dataclass(frozen=True)
class StackConfig:
    """A stack of transformer layers."""

    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int  # heads * head_dim may differ from hidden_size
    rms_norm_eps: float
    rope_theta: float

    def __post_init__(self) -> None:
        for key, value in vars(self).items():
            if key.endswith("_id"):
                continue
            numbers = cast("tuple[float, ...]", value if isinstance(value, tuple) else (value,))
            if not all(number > 0 for number in numbers):
                raise CheckpointError(f"{key} must be above zero, got {value}")
        heads, kv_heads = self.num_attention_heads, self.num_key_value_heads
        if heads % kv_heads:
            raise CheckpointError(
                f"num_attention_heads must be a multiple of num_key_value_heads, {kv_heads}, "
                f"got {heads}"
            )
        if self.head_dim % 2:
            raise CheckpointError(f"head_dim must be even to be rotated, got {self.head_dim}")


@dataclass(frozen=True)
class TalkerConfig(StackConfig):
    """The autoregressive network: its sizes, and the ids that its codec prefix is made of."""

    max_position_embeddings: int
    vocab_size: int  # codes, then CONTROL_IDS
    num_code_groups: int
    text_vocab_size: int
    text_hidden_size: int
    codec_pad_id: int
    codec_bos_id: int
    codec_eos_token_id: int
    codec_think_id: int
    codec_nothink_id: int
    codec_think_bos_id: int
    codec_think_eos_id: int
    codec_language_id: Mapping[str, int]

    def __post_init__(self) -> None:
        super().__post_init__()
        ids = {k: v for k, v in vars(self).items() if k.startswith("codec_") and k.endswith("_id")}
        for language, number in ids.pop("codec_language_id").items():
            ids[f"codec_language_id.{language}"] = number
        for key, number in ids.items():
            _check_id(key, number, self.vocab_size - CONTROL_IDS, self.vocab_size)

    @property
    def languages(self) -> Mapping[str, int]:
        """The languages that can be asked for; dialects are the business of built-in voices."""
        return {k: v for k, v in self.codec_language_id.items() if "dialect" not in k}


@dataclass(frozen=True)
class CodePredictorConfig(StackConfig):
    """The network that fills the remaining code groups of a frame."""

    vocab_size: int
    num_code_groups: int


@dataclass(frozen=True)
class CodecConfig(StackConfig):
    """The decoder of the codec: codes to waveform."""

    latent_dim: int
    codebook_dim: int
    codebook_size: int
    num_quantizers: int
    sliding_window: int  # positions that a query sees, itself included
    decoder_dim: int
    upsample_rates: tuple[int, ...]
    upsampling_ratios: tuple[int, ...]
    sample_rate_hz: int
    samples_per_frame: int

    def __post_init__(self) -> None:
        super().__post_init__()
        samples = prod(self.upsample_rates) * prod(self.upsampling_ratios)
        if samples != self.samples_per_frame:
            raise CheckpointError(
                f"upsample_rates and upsampling_ratios make {samples} samples of a frame, "
                f"but decode_upsample_rate is {self.samples_per_frame}"
            )
        halvings = 2 ** len(self.upsample_rates)  # each stage of the decoder halves the channels
        if self.decoder_dim % halvings:
            raise CheckpointError(
                f"decoder_dim must be a multiple of {halvings}, got {self.decoder_dim}"
            )
        if self.codebook_dim % 2:  # codebooks are half as wide
            raise CheckpointError(f"codebook_dim must be even, got {self.codebook_dim}")


@dataclass(frozen=True)
class SamplingDefaults:
    """What holds where the caller says nothing: generation_config.json over these values."""

    do_sample: bool = True
    temperature: float = 0.9
    top_k: int = 50
    top_p: float = 1.0
    repetition_penalty: float = 1.05
    subtalker_dosample: bool = True
    subtalker_temperature: float = 0.9
    subtalker_top_k: int = 50
    subtalker_top_p: float = 1.0
    max_new_tokens: int = 2048

    def __post_init__(self) -> None:
        for key in ("temperature", "subtalker_temperature", "top_k", "subtalker_top_k"):
            self._require(key, 0)
        for key in ("top_p", "subtalker_top_p"):
            self._require(key, 0, 1)
        self._require("repetition_penalty", 0.01)
        self._require("max_new_tokens", 2)  # the frame of the last one is never made

    def _require(self, key: str, low: float, high: float = inf) -> None:
        if not low <= getattr(self, key) <= high:
            raise CheckpointError(
                f"{key} must be from {low:g} to {high:g}, got {getattr(self, key)}"
            )


@dataclass(frozen=True)
class Qwen3Config:
    """One checkpoint: its networks, its sampling defaults, and the text ids of its template."""

    talker: TalkerConfig
    code_predictor: CodePredictorConfig
    codec: CodecConfig
    sampling: SamplingDefaults
    im_start_token_id: int
    im_end_token_id: int
    assistant_token_id: int
    tts_pad_token_id: int
    tts_bos_token_id: int
    tts_eos_token_id: int

    def __post_init__(self) -> None:
        for key, number in vars(self).items():
            if key.endswith("_token_id"):
                _check_id(key, number, 0, self.talker.text_vocab_size)
        groups = (
            self.talker.num_code_groups,
            self.code_predictor.num_code_groups,
            self.codec.num_quantizers,
        )
        self._agree("code groups", groups)
        if groups[0] < 2:
            raise CheckpointError(f"num_code_groups must be 2 or more, got {groups[0]}")
        self._agree(
            "codes",
            (
                self.talker.vocab_size - CONTROL_IDS,
                self.code_predictor.vocab_size,
                self.codec.codebook_size,
            ),
        )

    def _agree(self, what: str, numbers: tuple[int, int, int]) -> None:
        if len(set(numbers)) > 1:
            raise CheckpointError(
                "talker, code predictor and codec must have the same number of "
                f"{what}, got {numbers[0]}, {numbers[1]} and {numbers[2]}"
            )


def read_config(folder: Path) -> Qwen3Config:
    """The configuration of the checkpoint in `folder`.

    Raises:
        CheckpointError: a file or key is missing or of a wrong type, a value is not supported, or
            numbers contradict each other; names the file, the key and the value.
    """
    main = open_keys(folder / "config.json")
    main.only("model_type", "qwen3_tts")
    main.only("tokenizer_type", "qwen3_tts_tokenizer_12hz")
    main.only("tts_model_type", "voice_design")
    talker = main.section("talker_config")
    code_predictor = talker.section("code_predictor_config")
    for keys in (talker, code_predictor):
        _require_plain_layers(keys)
        _require_full_attention(keys)
    networks = {
        "talker": talker.fill(TalkerConfig),
        "code_predictor": code_predictor.fill(CodePredictorConfig),
        "codec": _codec(folder),
        "sampling": _sampling(folder),
    }
    return main.fill(Qwen3Config, networks)


def _require_plain_layers(keys: Keys) -> None:
    """SwiGLU with silu, projections without biases, rotation that is not scaled."""
    keys.only("hidden_act", "silu")
    keys.only("attention_bias", False, None)
    if keys.values.get("rope_scaling") is not None:
        # The three axes of a multi-axis rotation carry the same position here: it is a plain one.
        scaling = keys.section("rope_scaling")
        scaling.only("rope_type", "default", None)
        scaling.only("type", "default", None)


def _require_full_attention(keys: Keys) -> None:
    if keys.values.get("use_sliding_window") is not False:
        keys.only("sliding_window", None)
    if keys.values.get("layer_types") is not None:
        kinds = keys.read(tuple[str, ...], "layer_types")
        if set(kinds) - {"full_attention"}:
            raise keys.error("layer_types", f"is {list(kinds)}: this engine plays full attention")


def _codec(folder: Path) -> CodecConfig:
    main = open_keys(folder / "speech_tokenizer" / "config.json")
    main.only("model_type", "qwen3_tts_tokenizer_12hz")
    decoder = main.section("decoder_config")
    _require_plain_layers(decoder)
    rates = {
        "sample_rate_hz": main.read(int, "output_sample_rate"),
        "samples_per_frame": main.read(int, "decode_upsample_rate"),
    }
    return decoder.fill(CodecConfig, rates)


def _sampling(folder: Path) -> SamplingDefaults:
    file = folder / "generation_config.json"
    if not file.exists():
        return SamplingDefaults()
    keys = open_keys(file)
    hard = asdict(SamplingDefaults())
    return keys.fill(
        SamplingDefaults, {k: v for k, v in hard.items() if keys.values.get(k) is None}
    )


def _check_id(key: str, number: int, first: int, end: int) -> None:
    if not first <= number < end:
        raise CheckpointError(f"{key} must be from {first} to {end - 1}, got {number}")
