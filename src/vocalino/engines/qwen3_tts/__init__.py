"""The studio cast's speech designer: Qwen3-TTS VoiceDesign, in our own PyTorch."""
