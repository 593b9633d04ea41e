"""Which files the engine was written for and measured with (spec section 1)."""

from __future__ import annotations

from vocalino.hub import Pin, PinnedFile

VOICE_DESIGN = Pin(
    name="qwen3-tts-voice-design",
    repo="Qwen/Qwen3-TTS-12Hz-1.7B-VoiceDesign",
    revision="5ecdb67327fd37bb2e042aab12ff7391903235d3",
    licence="Apache-2.0",
    setting="tts_model",
    files=(
        PinnedFile(
            "config.json",
            4421,
            "aecd2cc4c1fe9edef1cb7ca7c401685a43879ad43f3f9e883f1c6760b61731e0",
        ),
        PinnedFile(
            "generation_config.json",
            245,
            "f1b90b4513f3b34c62851049e2492d7b4c5940daf1276f89c82b8ef04127f3aa",
        ),
        PinnedFile(
            "preprocessor_config.json",
            127,
            "efdde1022ea9d76928bf7a9cd53139138f5ba2e466e837f08f6105ab1af1c119",
        ),
        PinnedFile(
            "tokenizer_config.json",
            7344,
            "dc3c31c3bdaedd5016382bb3cbe07323026775ad51f5a4fb564505992ae4a670",
        ),
        PinnedFile(
            "vocab.json",
            2776833,
            "ca10d7e9fb3ed18575dd1e277a2579c16d108e32f27439684afa0e10b1440910",
        ),
        PinnedFile(
            "merges.txt",
            1671839,
            "599bab54075088774b1733fde865d5bd747cbcc7a547c5bc12610e874e26f5e3",
        ),
        PinnedFile(
            "model.safetensors",
            3833402552,
            "391e8db219f292c515297cdceeb43e4eae67cdde35fa57e79a6a8a532fca0522",
        ),
        PinnedFile(
            "speech_tokenizer/config.json",
            2336,
            "ee65bb901c876664ab8707c487157aa1a6ee57c65969b28fb5ec9dc211e68167",
        ),
        PinnedFile(
            "speech_tokenizer/preprocessor_config.json",
            234,
            "fcb3805e597e786d4067706e602f6688524640f8d3396790e2e09b5942fcbdfb",
        ),
        PinnedFile(
            "speech_tokenizer/model.safetensors",
            682293092,
            "836b7b357f5ea43e889936a3709af68dfe3751881acefe4ecf0dbd30ba571258",
        ),
    ),
)
"""VoiceDesign, 1.7 billion parameters: the talker, the code predictor and the 12.5 Hz codec."""
