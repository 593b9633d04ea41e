"""The stages of Seed-VC V2 against goldens recorded with the reference (spec section 18)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from goldens import GoldenFolder
from parity_seed_vc_e2e import Conversions, recorded_draws
from parity_stage import Stage, apart, unequal
from torch import Tensor
from torch.nn import functional as F

from vocalino.audio import Audio
from vocalino.cancel import CancelToken
from vocalino.engines.seed_vc import snake
from vocalino.engines.seed_vc.ar import Places
from vocalino.engines.seed_vc.cfm import Guidance, Passage, Prompt, solve, steps_of
from vocalino.engines.seed_vc.content import reduced
from vocalino.engines.seed_vc.dit import TOKENS, Condition
from vocalino.engines.seed_vc.fbank import fbank
from vocalino.engines.seed_vc.generate import Job, generate
from vocalino.engines.seed_vc.model import SeedVCModel, load_model
from vocalino.engines.seed_vc.pins import Folders
from vocalino.engines.seed_vc.recording import at_content_rate, at_output_rate
from vocalino.engines.seed_vc.tokens import FIRST_ONLY, Sampling
from vocalino.engines.seed_vc.vocoding import vocode
from vocalino.errors import CheckpointError
from vocalino.nn.kv_cache import Window, runs_of

CLIPS = ("src", "tgt", "odd", "even")
# How a float32 transform rounds depends on the processor, and shows in bands that are far below the
# loudest of their frame: there the recorded energies themselves are 6e-4 off those of a float64
# transform, and the random weights of small goldens amplify it.
QUIET = 12.0  # natural logarithm of energy: 52 dB
QUIET_TOLERANCE = 1e-3
STYLE_OF_WAVE_TOLERANCE = 2e-3  # of the goldens' own note
FLIPPED = 0.005  # of the indices of a long recording: signs that lie near zero
NEVER = float("inf")


def stages(folder: Path) -> list[Stage]:
    """Every stage of the goldens in `folder`, as its index.json lists them.

    Raises:
        CheckpointError: a checkpoint can't be loaded, or a file of the goldens is missing.
    """
    files = GoldenFolder(folder)
    listed: Collection[str] = files.json("index")["files"]
    goldens = Goldens(files)
    measures = {
        "mel": goldens.mel,
        "resample": goldens.resample,
        "style": goldens.style,
        "content_short": goldens.content_short,
        "content_long": goldens.content_long,
        "regulators": goldens.regulators,
        "ar": goldens.ar,
        "dit": goldens.dit,
        "cfm": goldens.cfm,
        "bigvgan": goldens.bigvgan,
    }
    conversions = Conversions(files, goldens.model)
    found: list[Stage] = []
    for name in listed:
        if name.startswith("e2e_"):
            measure = conversions.measure(name)
        elif name in measures:
            measure = measures[name]
        else:
            raise CheckpointError(f"{folder / 'index.json'} lists {name}, which nobody here knows")
        tolerance = files.json(name).get("tol", FLIPPED)
        kind = "share of indices that differ" if name == "content_long" else ""
        if name == "style":
            found.append(Stage("fbank", partial(goldens.fbank, quiet=False), tolerance))
            found.append(Stage("fbank, quiet", partial(goldens.fbank, quiet=True), QUIET_TOLERANCE))
        found.append(Stage(name, measure, tolerance, kind))
        if name == "style":
            of_wave = Stage("style of wave", goldens.style_of_wave, STYLE_OF_WAVE_TOLERANCE)
            found.append(of_wave)
    batch = conversions.batch(listed)
    if batch:
        found.append(Stage("e2e one batch", batch, files.json("e2e_timbre_short")["tol"]))
    return found


class Goldens:
    """The checkpoints, loaded as always, beside what the reference made of them."""

    def __init__(self, files: GoldenFolder) -> None:
        self._files = files
        with TemporaryDirectory() as cache:
            self.model: SeedVCModel = load_model(
                Folders.under(files.path / "checkpoints"),
                Path(cache),
                device=torch.device("cpu"),
                dtype=torch.float32,
            )
            _ = self.model.style  # while its file is there

    def mel(self) -> float:
        theirs = self._files.tensors("mel")
        return max(
            apart(self.model.mel(theirs[wave].unsqueeze(0))[0], theirs[mel])
            for wave, mel in (("wave", "mel"), ("wave_short", "mel_short"))
        )

    def resample(self) -> float:
        theirs = self._files.tensors("resample")
        lower = at_output_rate(Audio(theirs["x24k"].numpy(), 24_000))
        mono = at_output_rate(Audio(theirs["stereo48k"].mean(dim=0).numpy(), 48_000))
        return max(
            apart(lower, theirs["x22k"]),
            apart(at_content_rate(lower), theirs["x16k"]),
            apart(mono, theirs["stereo48k_to_22k"]),
            apart(at_content_rate(theirs["src22k"]), theirs["src16k"]),
            apart(at_content_rate(theirs["tgt22k"]), theirs["tgt16k"]),
        )

    def fbank(self, *, quiet: bool) -> float:
        """Of bands that are far below the loudest of their frame, or of the others."""
        theirs = self._files.tensors("style")
        errors = [0.0]
        for name in CLIPS:
            recorded = theirs[f"{name}_fbank"]
            ours = fbank(theirs[f"{name}_wave16k"])
            if ours.shape != recorded.shape:
                return NEVER
            chosen = (recorded < recorded.amax(dim=1, keepdim=True) - QUIET) == quiet
            errors.append(apart(ours[chosen], recorded[chosen]))
        return max(errors)

    def style(self) -> float:
        theirs = self._files.tensors("style")
        return max(
            apart(self._style(theirs[f"{name}_fbank"]), theirs[f"{name}_style"]) for name in CLIPS
        )

    def style_of_wave(self) -> float:
        theirs = self._files.tensors("style")
        return max(
            apart(self._style(fbank(theirs[f"{name}_wave16k"])), theirs[f"{name}_style"])
            for name in CLIPS
        )

    @torch.inference_mode()
    def _style(self, energies: Tensor) -> Tensor:
        return self.model.campplus((energies - energies.mean(dim=0)).unsqueeze(0))[0]

    @torch.inference_mode()
    def content_short(self) -> float:
        theirs, content = self._files.tensors("content_short"), self.model.content
        errors: list[float] = []
        waves = [name for name in theirs if name.endswith("_wave16k")]
        for name in (each.removesuffix("_wave16k") for each in waves):
            wave = theirs[f"{name}_wave16k"]
            features, _ = content.features([wave])
            errors.append(apart(features[0], theirs[f"{name}_hubert"]))
            for kind, network in (("wide", content.wide), ("narrow", content.narrow)):
                encoded = network.encoder(features)[0]
                projected = network.quantizer.project_in(encoded)
                errors.append(apart(encoded, theirs[f"{name}_{kind}_encoded"]))
                errors.append(apart(projected, theirs[f"{name}_{kind}_projected"]))
            found = content.encode([wave], CancelToken(), together=False)[0]
            for kind, indices in (
                ("wide_indices", found.wide),
                ("narrow_indices", found.narrow),
                ("narrow_reduced", reduced(found.narrow)),
            ):
                errors.append(NEVER if unequal(indices, theirs[f"{name}_{kind}"]) else 0.0)
        return max(errors)

    def content_long(self) -> float:
        theirs = self._files.tensors("content_long")
        wave = theirs["wave16k_int16"].float() / 32768
        found = self.model.content.encode([wave], CancelToken(), together=False)[0]
        return max(
            unequal(found.wide, theirs["wide_indices"]) / len(theirs["wide_indices"]),
            unequal(found.narrow, theirs["narrow_indices"]) / len(theirs["narrow_indices"]),
        )

    @torch.inference_mode()
    def regulators(self) -> float:
        theirs = self._files.tensors("regulators")
        regulator = self.model.timbre.length_regulator
        pairs = sorted(name.removeprefix("idx_") for name in theirs if name.startswith("idx_"))
        errors = [
            apart(
                regulator(theirs[f"idx_{pair}"].long(), int(theirs[f"len_{pair}"])),
                theirs[f"out_{pair}"],
            )
            for pair in pairs
        ]
        embedded = self.model.style.length_regulator(theirs["ar_idx"].long())
        return max(*errors, apart(embedded, theirs["ar_out"]))

    @torch.inference_mode()
    def ar(self) -> float:
        theirs, case, style = self._files.tensors("ar"), self._files.json("ar"), self.model.style
        narrow = style.length_regulator(theirs["cond_ids"].long())
        prompt = theirs["prompt"].long()
        errors = [
            apart(narrow, theirs["cond"]),
            apart(self._forced(narrow, prompt, theirs["forced"].long()), theirs["forced_logits"]),
            apart(
                self._forced(narrow, prompt[:0], prompt[:0])[0],
                theirs["noprompt_logits"],
            ),
        ]
        for name, run in case["runs"].items():
            made = self._run(run, narrow, prompt, theirs.get(f"{name}_exp"))
            errors.append(NEVER if unequal(made, theirs[f"{name}_tokens"]) else 0.0)
        return max(errors)

    def _forced(self, narrow: Tensor, prompt: Tensor, forced: Tensor) -> Tensor:
        """The logits of each token in turn, the first behind the prefix, the others forced."""
        network = self.model.style.ar
        prefix = len(narrow) + len(prompt) + 2
        cache = network.new_cache(1, prefix + len(forced))
        logits = [network.prefill(narrow, prompt, cache)]
        for number, token in enumerate(forced):
            place = prefix + number
            window = Window(torch.tensor([place]), runs_of([place + 1]))
            places = Places(torch.tensor([len(prompt) + 1 + number]), window)
            logits.append(network.step(token.view(1), places, cache))
        return torch.cat(logits)

    def _run(
        self, run: Mapping[str, Any], narrow: Tensor, prompt: Tensor, drawn: Tensor | None
    ) -> tuple[int, ...]:
        sampling = Sampling(run["top_p"], run["temperature"], run["repetition_penalty"], FIRST_ONLY)
        draws = torch.ones(1, self.model.style.ar.config.vocabulary) if drawn is None else drawn
        job = Job(narrow, prompt, partial(recorded_draws, draws), run["n"])
        network = self.model.style.ar
        return generate(network, [job], sampling, CancelToken(), guarded=False)[0].tokens

    @torch.inference_mode()
    def dit(self) -> float:
        theirs, network = self._files.tensors("dit"), self.model.timbre.estimator
        rows, _, frames = theirs["x"].shape
        condition = network.condition(
            rows,
            frames,
            content=theirs["mu"],
            prompt=theirs["prompt_x"].mT,
            style=theirs["style"],
        )
        ends = TOKENS + theirs["x_lens"].unsqueeze(1)
        seen = (torch.arange(TOKENS + frames) < ends)[:, None, None]
        modulation = network.modulation(theirs["t"])
        ours = network(theirs["x"].mT, Condition(condition, seen), modulation, 0).mT
        return max(
            apart(ours[row, :, :length], theirs["v"][row, :, :length])
            for row, length in enumerate(theirs["x_lens"].tolist())
        )

    def cfm(self) -> float:
        theirs, case = self._files.tensors("cfm"), self._files.json("cfm")
        errors = [
            apart(self._solved(theirs, run, theirs["noise"]), theirs[f"mel_{name}"])
            for name, run in case["runs"].items()
        ]
        padded = self._solved(theirs, case["runs"]["both"], theirs["noise_padded"])
        return max(*errors, apart(padded, theirs["mel_padded"]))

    def _solved(
        self, theirs: Mapping[str, Tensor], run: Mapping[str, Any], noise: Tensor
    ) -> Tensor:
        """The mel [M, T], zeros for the prompt. Noise behind the content stands for a longer row
        that ours shares its batch with."""
        network, prompt = self.model.timbre.estimator, theirs["prompt"].shape[1]
        content, frames = theirs["mu"], len(theirs["mu"])
        passages = [Passage(content[prompt:], noise[:, prompt:frames].mT)]
        if noise.shape[1] > frames:
            other = noise[:, prompt:].mT
            blank = content.new_zeros(len(other), content.shape[1])
            passages.append(Passage(blank, other))
        made = solve(
            network,
            passages,
            Prompt(theirs["prompt"].mT, content[:prompt], theirs["style"]),
            Guidance(run["intelligibility"], run["similarity"], run["random_voice"]),
            steps_of(network, run["steps"]),
            CancelToken(),
        )[0]
        return F.pad(made.mT, (prompt, 0))

    def bigvgan(self) -> float:
        theirs = self._files.tensors("bigvgan")
        taps = snake.lowpass_taps().float()
        waves = vocode(self.model.vocoder, [theirs["mel"], theirs["mel_short"]])
        return max(
            apart(waves[0], theirs["wave"]),
            apart(waves[1], theirs["wave_short"]),
            apart(taps, theirs["filter"]),
            apart(taps, theirs["filter_down"]),
        )
