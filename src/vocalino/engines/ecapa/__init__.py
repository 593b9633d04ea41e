"""The studio cast's speaker encoder: the ECAPA-TDNN of Qwen3-TTS Base, in our own PyTorch."""
