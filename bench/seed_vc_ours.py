"""Our converter as a player of bench/seed_vc.py, a process of its own; see peers/lines.py.

    {"ask": "load", "device": "cpu", "dtype": "float32", "threads": 2} -> {"versions": ...}
    {"ask": "run", "rows": K, "source_s": 10, "reference_s": 5, "steps": 12}
        -> {"prepare_s": 1.0, "content_s": 3.0, "cfm_s": 37.0, "vocoder_s": 9.0, "all_s": 49.5,
            "audio_s": 10.0 * K, "peak_mib": 3000.0}

The networks have the official sizes and random weights, made in place: no time depends on them.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peers.lines import Clock, serve, versions
from torch import nn

from vocalino import __version__
from vocalino.audio import Audio
from vocalino.cancel import CancelToken
from vocalino.engines.seed_vc import engine, rows
from vocalino.engines.seed_vc.astral import Astral
from vocalino.engines.seed_vc.bigvgan import BigVGAN
from vocalino.engines.seed_vc.bigvgan_config import BigVGANConfig
from vocalino.engines.seed_vc.campplus import CamPlus, CamPlusConfig
from vocalino.engines.seed_vc.config import AstralConfig, DitConfig, Hints, RegulatorConfig
from vocalino.engines.seed_vc.content import ContentEncoder
from vocalino.engines.seed_vc.hubert import Hubert
from vocalino.engines.seed_vc.mel import MEL
from vocalino.engines.seed_vc.model import SeedVCModel, Timbre
from vocalino.engines.seed_vc.pins import Folders
from vocalino.engines.seed_vc.rotation import rounded_table
from vocalino.nn.mel import LogMel
from vocalino.protocols import Performance, RowAudio
from vocalino.request import ConvertOptions

Question = dict[str, Any]
# Spec section 13.
DIT = DitConfig(13, 512, 8, 1536, 512, 192, 8192, 256)
REGULATOR = RegulatorConfig(2048, 512, 4)
CAMPPLUS = CamPlusConfig(128, 32, 128, (12, 24, 16), 192)
VOCODER = BigVGANConfig(
    num_mels=80,
    sampling_rate=22_050,
    hop_size=256,
    upsample_rates=(4, 4, 2, 2, 2, 2),
    upsample_kernel_sizes=(8, 8, 4, 4, 4, 4),
    upsample_initial_channel=1536,
    resblock_kernel_sizes=(3, 7, 11),
    resblock_dilation_sizes=((1, 3, 5),) * 3,
)
HUBERT = {
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
    "feat_extract_norm": "layer",
    "do_stable_layer_norm": True,
    "conv_bias": True,
}


def random_model(device: torch.device, dtype: torch.dtype) -> SeedVCModel:
    """The networks of timbre mode at official size."""
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "config.json").write_text(json.dumps(HUBERT))
        (folder / "preprocessor_config.json").write_text('{"do_normalize": true}')
        hubert = Hubert(folder, Hints().content_layers)
    timbre, vocoder = Timbre(DIT, REGULATOR), BigVGAN(VOCODER)
    parts: tuple[nn.Module, ...] = (
        hubert,
        Astral(AstralConfig(1024, 512, 1536, 12, 11)),
        Astral(AstralConfig(1024, 512, 1536, 12, 5)),
        CamPlus(CAMPPLUS),
        timbre,
        vocoder,
    )
    for part in parts:
        for name, tensor in part.state_dict(keep_vars=True).items():
            if tensor.is_floating_point():
                _fill(name, tensor.data)
        part.to(device).eval().requires_grad_(False)
    timbre.estimator.transformer.freqs_cis = rounded_table(DIT.positions, DIT.head_dim).to(device)
    hubert.to(dtype)
    timbre.estimator.to(dtype)
    vocoder.finish()
    content = ContentEncoder(hubert, parts[1], parts[2])  # type: ignore[arg-type]
    return SeedVCModel(
        Folders.under(Path()),
        Path(),
        Hints(),
        device,
        dtype,
        LogMel(MEL, device),
        content,
        parts[3],  # type: ignore[arg-type]
        timbre,
        vocoder,
    )


def _fill(name: str, values: torch.Tensor) -> None:
    """Numbers of a size that keeps activations finite, and out of the denormal ones."""
    if values.ndim > 1:
        values.normal_(std=values[0].numel() ** -0.5)
    elif name.endswith(("alpha", "beta", "bias", "running_mean")):
        values.normal_(std=0.02)
    else:
        values.fill_(1.0)


def sound(seconds: float, seed: int) -> Audio:
    random = np.random.default_rng(seed)
    return Audio((0.1 * random.standard_normal(round(seconds * 22_050))).astype(np.float32), 22_050)


class Player:
    def load(self, question: Question) -> dict[str, Any]:
        torch.set_num_threads(question["threads"])
        device = torch.device(question["device"])
        model = random_model(device, getattr(torch, question["dtype"]))
        self._clock = Clock(question["device"])
        self._spent: dict[str, float] = {}
        engine.load_model = lambda *_, **__: model
        self._engine = engine.SeedVC(Folders.under(Path()), Path(), device=question["device"])
        rows.solve = self._timed("cfm_s", rows.solve)
        rows.vocode = self._timed("vocoder_s", rows.vocode)
        model.content.encode = self._timed("content_s", model.content.encode)
        return {"versions": {"vocalino": __version__, **versions()}}

    def _timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **options: Any) -> Any:
            start_s = self._clock.now_s()
            made = work(*arguments, **options)
            self._spent[name] = self._spent.get(name, 0.0) + self._clock.now_s() - start_s
            return made

        return timed

    def run(self, question: Question) -> dict[str, Any]:
        start_s = self._clock.now_s()
        self._engine._voices.clear()
        voice = self._engine.prepare(sound(question["reference_s"], 99))
        prepare_s = self._clock.now_s() - start_s
        self._spent.clear()
        performances = [
            Performance(sound(question["source_s"], row)) for row in range(question["rows"])
        ]
        options = ConvertOptions(ode_steps=question["steps"])
        start_s = self._clock.now_s()
        audio_s = 0.0
        made = self._engine.convert(
            performances, voice, options, range(question["rows"]), CancelToken()
        )
        for row in made:
            if not isinstance(row, RowAudio):
                raise RuntimeError(f"row {row.index} failed: {row.error}")
            audio_s += row.audio.duration_s
        all_s = self._clock.now_s() - start_s
        times = {"prepare_s": prepare_s, **self._spent, "all_s": all_s, "audio_s": audio_s}
        return {**times, "peak_mib": self._clock.peak_mib()}


if __name__ == "__main__":
    player = Player()
    serve({"load": player.load, "run": player.run})
