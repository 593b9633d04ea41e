"""The stages of Qwen3-TTS against goldens recorded with qwen-tts (spec section 16)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from parity_stage import Stage, apart, unequal
from safetensors.torch import load_file
from torch import Tensor

from vocalino.cancel import CancelToken
from vocalino.engines.ecapa.encoder import MEL
from vocalino.engines.ecapa.weights import load_ecapa
from vocalino.engines.qwen3_tts.frame import Draws, Rows, banned_ids, feed, first_scores
from vocalino.engines.qwen3_tts.generate import Generation, Job
from vocalino.engines.qwen3_tts.model import Qwen3Model, load_model
from vocalino.engines.qwen3_tts.prompt import Prompt, lay_out
from vocalino.engines.qwen3_tts.room import Room
from vocalino.engines.qwen3_tts.stopping import Budget
from vocalino.errors import CheckpointError
from vocalino.nn.kv_cache import Run
from vocalino.nn.mel import LogMel
from vocalino.nn.sampling import Sampling, penalise, warp

Case = Mapping[str, Any]
Tensors = Mapping[str, Tensor]


def stages(folder: Path) -> list[Stage]:
    """Every stage of the goldens in `folder`.

    Raises:
        CheckpointError: the checkpoint can't be loaded, or a file of the goldens is missing.
    """
    goldens = Goldens(folder)
    return [
        Stage("tokenizer", goldens.tokenizer),
        Stage("prompt", goldens.prompt, 1e-5),
        Stage("prefill", goldens.prefill, 1e-4),
        Stage("greedy", goldens.greedy),
        Stage("greedy hidden", goldens.greedy_hidden, 1e-4),
        Stage("batch", goldens.batch),
        Stage("batch hidden", goldens.batch_hidden, 1e-4),
        Stage("code predictor", goldens.code_predictor, 1e-4),
        Stage("logits", goldens.logits, 1e-4),
        Stage("codec", goldens.codec, 1e-4),
        Stage("codec chunked", goldens.codec_chunked, 1e-4),
        Stage("codec streaming", goldens.codec_streaming, 1e-4),
        Stage("e2e", goldens.e2e, 1e-4),
        *([Stage("speaker", goldens.speaker, 1e-4)] if goldens.has_speaker else []),
    ]


class Goldens:
    """A checkpoint, loaded as always, beside what the reference made of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._model: Qwen3Model = load_model(
            folder / "checkpoint", device=torch.device("cpu"), dtype=torch.float32
        )
        self._greedy_codes: dict[str, Tensor] = {}
        self._cases: Mapping[str, Case] = self._json("greedy")

    @property
    def has_speaker(self) -> bool:
        """The speaker encoder comes with another checkpoint, which not all goldens have."""
        there = (self._folder / "speaker.safetensors", self._folder / "checkpoint_base")
        return all(path.exists() for path in there)

    def _json(self, name: str) -> Any:
        try:
            return json.loads((self._folder / f"{name}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise CheckpointError(f"the goldens in {self._folder} lack {name}.json") from None

    def _tensors(self, name: str) -> Tensors:
        try:
            return load_file(self._folder / f"{name}.safetensors")
        except FileNotFoundError:
            raise CheckpointError(
                f"the goldens in {self._folder} lack {name}.safetensors"
            ) from None

    def _prompt(self, text: str, direction: str | None, language: str, whole: bool) -> Prompt:
        """As the reference does it: control tokens in a text are parsed, nothing is refused."""
        tokenizer = self._model.tokenizer
        return lay_out(
            self._model.config,
            tokenizer.line(text, specials=True),
            tokenizer.direction(direction, specials=True) if direction else (),
            language,
            streaming_text=not whole,
        )

    def _case_prompt(self, case: Case) -> Prompt:
        return self._prompt(
            case["text"], case["instruct"], case["language"], case["non_streaming_mode"]
        )

    def _codes(self, prompts: Sequence[Prompt], tokens: int, penalty: float) -> list[Tensor]:
        """Greedy codes [T, K] of each prompt, all in one batch."""
        speech = self._model.speech
        budget = Budget(tokens - 1, tokens - 1, guarded=False)
        draws = Draws(Sampling(greedy=True, repetition_penalty=penalty), Sampling(greedy=True))
        room = Room(speech.talker, speech.code_predictor, use_graphs=False)
        jobs = [Job(prompt, 0, budget) for prompt in prompts]
        codes: list[list[Tensor]] = [[] for _ in jobs]
        for updates in Generation(speech, room, jobs, draws, CancelToken()):
            for update in updates:
                codes[update.job].append(update.codes)
        return [torch.cat(parts) for parts in codes]

    @torch.inference_mode()
    def _hidden(self, prompt: Prompt, codes: Tensor) -> Tensor:
        """The talker's hidden states that predict each frame of `codes` [T, K], and one more."""
        talker, predictor = self._model.speech.talker, self._model.speech.code_predictor
        rows = Rows(talker, predictor, 1, len(prompt) + len(codes), len(codes), len(codes) + 1)
        hidden = [talker.prefill(prompt, rows.cache)[:, -1]]
        trailing = talker.embed_trailing(prompt)[: len(codes) + 1]
        rows.trailing[0, : len(trailing)] = trailing
        rows.trailing[0, len(trailing) :] = talker.embed_trailing(prompt)[-1]
        for frame, code in enumerate(codes):
            rows.frame[0], rows.position[0] = frame, len(prompt) + frame
            run = Run(0, 1, len(prompt) + frame + 1)
            feed(talker, predictor, rows, slice(0, 1), code.unsqueeze(0), (run,))
            hidden.append(rows.hidden.clone())
        return torch.cat(hidden)

    def tokenizer(self) -> float:
        tokenizer = self._model.tokenizer
        return sum(
            unequal(tokenizer.line(case["text"], specials=True), case["assistant_ids"])
            + unequal(tokenizer.direction(case["text"], specials=True), case["instruct_ids"])
            for case in self._json("tokenizer_cases")
        )

    def prompt(self) -> float:
        theirs, talker = self._tensors("prompt"), self._model.speech.talker
        errors: list[float] = []
        for name, case in self._cases.items():
            prompt = self._case_prompt(case)
            trailing = talker.embed_trailing(prompt)
            expected = theirs[f"{name}.trailing_text_hidden"]
            errors += [
                apart(talker.embed_prompt(prompt), theirs[f"{name}.inputs_embeds"]),
                apart(trailing[: len(expected)], expected),
                apart(trailing[-1], theirs["tts_pad_embed"]),
            ]
        return max(errors)

    @torch.inference_mode()
    def prefill(self) -> float:
        theirs, speech = self._tensors("prefill"), self._model.speech
        errors: list[float] = []
        for name, case in self._cases.items():
            prompt = self._case_prompt(case)
            rows = Rows(speech.talker, speech.code_predictor, 1, len(prompt), 1, 1)
            hidden = speech.talker.prefill(prompt, rows.cache)[0]
            logits = speech.talker.logits(hidden)
            errors.append(apart(hidden, theirs[f"{name}.hidden"]))
            errors.append(apart(logits[-1], theirs[f"{name}.logits_last"]))
            if f"{name}.logits" in theirs:
                errors.append(apart(logits, theirs[f"{name}.logits"]))
        return max(errors)

    def _greedy(self, name: str) -> Tensor:
        if name not in self._greedy_codes:
            case = self._cases[name]
            (self._greedy_codes[name],) = self._codes(
                [self._case_prompt(case)], case["max_new_tokens"], case["repetition_penalty"]
            )
        return self._greedy_codes[name]

    def greedy(self) -> float:
        theirs = self._tensors("greedy")
        return sum(unequal(self._greedy(name), theirs[f"{name}.codes"]) for name in self._cases)

    def greedy_hidden(self) -> float:
        theirs, talker = self._tensors("greedy"), self._model.speech.talker
        errors: list[float] = []
        for name, case in self._cases.items():
            prompt, codes = self._case_prompt(case), theirs[f"{name}.codes"]
            hidden = self._hidden(prompt, codes)
            expected = theirs[f"{name}.step_logits"]
            fed = torch.arange(len(theirs[f"{name}.position_ids"]))
            errors += [
                apart(hidden[:-1], theirs[f"{name}.hidden"]),
                apart(talker.logits(hidden[: len(expected)]), expected),
                apart(fed, theirs[f"{name}.position_ids"]),
            ]
        return max(errors)

    def _batches(self) -> Iterator[tuple[str, Case, list[Prompt]]]:
        for name, case in self._json("batch").items():
            prompts = [
                self._prompt(text, direction, language, case["non_streaming_mode"])
                for text, direction, language in zip(
                    case["texts"], case["instructs"], case["languages"], strict=True
                )
            ]
            yield name, case, prompts

    def batch(self) -> float:
        theirs = self._tensors("batch")
        wrong = 0
        for name, case, prompts in self._batches():
            made = self._codes(prompts, case["max_new_tokens"], case["repetition_penalty"])
            for row, codes in enumerate(made):
                wrong += unequal(codes, theirs[f"{name}.codes_{row}"])
                wrong += unequal(codes[:, 0], theirs[f"{name}.tokens"][row, : len(codes)])
        return wrong

    def batch_hidden(self) -> float:
        """Rows of the reference are padded on the left; ours stand alone."""
        theirs, talker = self._tensors("batch"), self._model.speech.talker
        errors: list[float] = []
        for name, _, prompts in self._batches():
            for row, prompt in enumerate(prompts):
                hidden = self._hidden(prompt, theirs[f"{name}.codes_{row}"])
                embeds = theirs[f"{name}.inputs_embeds"][row, -len(prompt) :]
                position = theirs[f"{name}.first_decode_position_ids"][row]
                errors += [
                    apart(talker.embed_prompt(prompt), embeds),
                    apart(hidden[:-1], theirs[f"{name}.hidden_{row}"]),
                    apart(talker.logits(hidden[0]), theirs[f"{name}.prefill_logits_last"][row]),
                    apart(torch.tensor([len(prompt)]), position),
                ]
        return max(errors)

    @torch.inference_mode()
    def code_predictor(self) -> float:
        theirs, predictor = self._tensors("code_predictor"), self._model.speech.code_predictor
        hidden, first = theirs["past_hidden"][:, 0], theirs["code0"][:, 0]
        cache = predictor.cache(len(first))
        uniforms = torch.zeros(len(first), predictor.groups)
        codes = predictor.predict(hidden, first, Sampling(greedy=True), uniforms, cache)
        errors = [float(unequal(codes[:, 1:], theirs["greedy_tokens"]))]
        for tokens, expected in (("greedy_tokens", "greedy_logits"), ("forced_tokens",) * 2):
            given, raw = theirs[tokens], theirs[expected.replace("tokens", "logits")]
            logits = [predictor.first_logits(hidden, first, cache)]
            for group in range(1, predictor.groups - 1):
                logits.append(predictor.next_logits(group, given[:, group - 1], cache))
            errors.append(apart(torch.stack(logits, dim=1), raw))
        return max(errors)

    def logits(self) -> float:
        theirs, config = self._tensors("logits"), self._model.config.talker
        banned = banned_ids(config, torch.device("cpu"))
        errors: list[float] = []
        for case in self._json("logits")["cases"]:
            raw, length = theirs["raw"][:, : case["vocab"]], case["history_len"]
            penalty = case["repetition_penalty"] or 1.0
            seen = torch.zeros(raw.shape, dtype=torch.bool)
            seen.scatter_(1, theirs["history"][:, :length], True)
            if case["min_new_tokens"] is None:
                scores = penalise(raw, seen, penalty)
            else:
                frame = torch.full((len(raw),), length)
                scores = first_scores(raw, seen, frame, banned, penalty)
            if case["temperature"] is not None:
                top_p = 1.0 if case["top_p"] is None else case["top_p"]
                sampling = Sampling(case["temperature"], case["top_k"] or 0, top_p)
                scores = warp(scores, sampling)
            lowest = scores.masked_fill(scores.isinf(), -1e30)
            errors.append(apart(lowest, theirs[f"{case['name']}.scores"]))
        return max(errors)

    def codec(self) -> float:
        theirs, codec = self._tensors("codec_decode"), self._model.codec
        errors = [
            apart(self._whole(theirs[f"codes_{name}"]), theirs[f"{name}.wav"]) for name in "ab"
        ]
        with torch.inference_mode():
            for name in "ab":
                codes = theirs[f"codes_{name}"].long().T.unsqueeze(0)
                out = codec.quantizer(codes)[0].T
                errors.append(apart(out, theirs[f"{name}.quantizer_out"]))
            x, inner = codec.quantizer(theirs["codes_a"].long().T.unsqueeze(0)), self._stage_names()
            for name, stage in zip(inner, codec.stages(), strict=True):
                x, _ = stage.step(x, stage.start(1))
                expected = theirs.get(f"a.{name}_out")
                if expected is not None:
                    ours = x[0] if name == "pre_transformer" else x[0].T
                    errors.append(apart(ours, expected))
        errors.append(
            self._compare_c(self._whole(theirs["codes_c"]), theirs, "c.wav_whole_298_304")
        )
        return max(errors)

    def _stage_names(self) -> list[str]:
        """What the goldens call the output of each stage behind the quantizer."""
        config = self._model.config.codec
        raising = [
            f"upsample{number}{part}"
            for number in range(len(config.upsampling_ratios))
            for part in ("_convT", "")
        ]
        blocks = [f"decoder{number}" for number in range(len(config.upsample_rates) + 1)]
        last = f"decoder{len(config.upsample_rates) + 2}"
        return ["pre_conv", "pre_transformer", *raising, *blocks, last]

    def _whole(self, codes: Tensor) -> Tensor:
        """[T, K] -> samples"""
        return self._model.codec.decode(codes.long().T.unsqueeze(0))[0]

    def _compare_c(self, samples: Tensor, theirs: Tensors, name: str) -> float:
        frame = self._model.config.codec.samples_per_frame
        return apart(samples[298 * frame : 304 * frame], theirs[name])

    def codec_chunked(self) -> float:
        theirs, codec = self._tensors("codec_decode"), self._model.codec
        a = codec.decode_chunked(theirs["codes_a"].long().T.unsqueeze(0), chunk=12, context=5)[0]
        c = codec.decode_chunked(theirs["codes_c"].long().T.unsqueeze(0))[0]
        return max(
            apart(a, theirs["a.wav_chunked_12_5"]),
            self._compare_c(c, theirs, "c.wav_298_304"),
            apart(c[::97], theirs["c.wav_every97"]),
        )

    def codec_streaming(self) -> float:
        theirs = self._tensors("codec_decode")
        return max(
            *(apart(self._stream(theirs["codes_a"], size), theirs["a.wav"]) for size in (1, 7, 30)),
            self._compare_c(self._stream(theirs["codes_c"], 13), theirs, "c.wav_whole_298_304"),
        )

    def _stream(self, codes: Tensor, size: int) -> Tensor:
        codec = self._model.codec
        state, parts = codec.start(1), []
        for chunk in codes.long().split(size):
            samples, state = codec.decode_step(chunk.T.unsqueeze(0), state)
            parts.append(samples[0])
        return torch.cat(parts)

    def e2e(self) -> float:
        theirs, case = self._tensors("e2e"), self._json("e2e")
        prompts = [
            self._prompt(text, direction, language, case["non_streaming_mode"])
            for text, direction, language in zip(
                case["text"], case["instruct"], case["language"], strict=True
            )
        ]
        made = self._codes(prompts, case["max_new_tokens"], case["repetition_penalty"])
        return max(
            apart(self._whole(codes), theirs[f"wav_{row}"]) for row, codes in enumerate(made)
        )

    @torch.inference_mode()
    def speaker(self) -> float:
        """Mels of waveforms, embeddings from the waveforms and of mels of one length together."""
        theirs, device = self._tensors("speaker"), torch.device("cpu")
        encoder = load_ecapa(self._folder / "checkpoint_base", device=device)
        front_end = LogMel(MEL, device)
        errors: list[float] = []
        for name, expected in theirs.items():
            clip, _, part = name.rpartition(".")
            if part == "wav":
                mel = front_end(expected.unsqueeze(0))
                errors.append(apart(mel[0].mT, theirs[f"{clip}.mel"]))
                errors.append(apart(encoder(mel)[0], theirs[f"{clip}.embedding"]))
            elif part == "mel" and expected.dim() == 3:
                errors.append(apart(encoder(expected.mT), theirs[f"{clip}.embedding"]))
        return max(errors)
