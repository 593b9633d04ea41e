"""The published package, seed-vc 0.4.3, as a peer of bench/seed_vc.py; see lines.py.

A black box: its networks are built by their public names at the official sizes with random
weights, and called. HuBERT is transformers', as in the package. Its resampling, mel, quantisers
and style encoder are left out, which is in its favour. It converts one row after the other, and
reads the reference for each.
"""

from __future__ import annotations

import sys
from importlib.metadata import distribution

import torch
from lines import Clock, serve, versions

sys.path.insert(0, str(distribution("seed_vc").locate_file("seed_vc")))  # how it finds itself


class Peer:
    def load(self, request: dict) -> dict:
        from modules.bigvgan.bigvgan import BigVGAN
        from modules.bigvgan.env import AttrDict
        from modules.v2.cfm import CFM
        from modules.v2.dit_wrapper import DiT
        from modules.v2.length_regulator import InterpolateRegulator
        from transformers import HubertConfig, HubertModel

        torch.set_num_threads(request["threads"])
        device = request["device"]
        estimator = DiT(
            time_as_token=True,
            style_as_token=True,
            uvit_skip_connection=False,
            block_size=8192,
            depth=13,
            num_heads=8,
            hidden_dim=512,
            in_channels=80,
            content_dim=512,
            style_encoder_dim=192,
            class_dropout_prob=0.1,
            dropout_rate=0.0,
            attn_dropout_rate=0.0,
        )
        self._cfm = CFM(estimator).eval().to(device)
        self._regulator = (
            InterpolateRegulator(
                channels=512,
                is_discrete=True,
                codebook_size=2048,
                sampling_ratios=[1, 1, 1, 1],
                f0_condition=False,
            )
            .eval()
            .to(device)
        )
        config = {
            "resblock": "1",
            "num_mels": 80,
            "sampling_rate": 22050,
            "hop_size": 256,
            "n_fft": 1024,
            "win_size": 1024,
            "use_tanh_at_final": False,
            "use_bias_at_final": False,
            "activation": "snakebeta",
            "snake_logscale": True,
            "upsample_rates": [4, 4, 2, 2, 2, 2],
            "upsample_kernel_sizes": [8, 8, 4, 4, 4, 4],
            "upsample_initial_channel": 1536,
            "resblock_kernel_sizes": [3, 7, 11],
            "resblock_dilation_sizes": [[1, 3, 5]] * 3,
        }
        self._vocoder = BigVGAN(AttrDict(config), use_cuda_kernel=False).eval().to(device)
        hubert = HubertModel(
            HubertConfig(
                hidden_size=1024,
                num_hidden_layers=18,
                num_attention_heads=16,
                intermediate_size=4096,
                feat_extract_norm="layer",
                do_stable_layer_norm=True,
                conv_bias=True,
                apply_spec_augment=False,
            )
        )
        self._hubert = hubert.eval().to(device)
        self._device, self._clock = device, Clock(device)
        return {"versions": versions("seed-vc")}

    @torch.inference_mode()
    def run(self, request: dict) -> dict:
        spent = {"content_s": 0.0, "cfm_s": 0.0, "vocoder_s": 0.0}
        begin_s = self._clock.now_s()
        for _ in range(request["rows"]):
            self._row(request, spent)
        all_s = self._clock.now_s() - begin_s
        audio_s = request["rows"] * request["source_s"]
        return {**spent, "all_s": all_s, "audio_s": audio_s, "peak_mib": self._clock.peak_mib()}

    def _row(self, request: dict, spent: dict) -> None:
        device, now_s = self._device, self._clock.now_s
        source_s, reference_s = request["source_s"], request["reference_s"]
        start_s = now_s()
        for seconds in (source_s, reference_s):
            self._hubert(torch.randn(1, int(16_000 * seconds), device=device))
        spent["content_s"] += now_s() - start_s
        start_s = now_s()
        prompt, frames = (int(seconds * 22_050) // 256 for seconds in (reference_s, source_s))
        ids = torch.randint(0, 2048, (1, int(50 * (source_s + reference_s))), device=device)
        length = torch.LongTensor([prompt + frames]).to(device)
        condition = self._regulator(ids, ylens=length)[0]
        mel = self._cfm.inference(
            condition,
            length,
            torch.randn(1, 80, prompt, device=device),
            torch.randn(1, 192, device=device),
            request["steps"],
            inference_cfg_rate=[0.7, 0.7],
        )
        spent["cfm_s"] += now_s() - start_s
        start_s = now_s()
        # Untrained mels are far too loud; a vocoder takes as long for quiet ones.
        self._vocoder(mel[:, :, prompt:].clamp(-11.0, 2.0))
        spent["vocoder_s"] += now_s() - start_s


if __name__ == "__main__":
    peer = Peer()
    serve({"load": peer.load, "run": peer.run})
