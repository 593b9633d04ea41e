"""The studio cast's voice converter: Seed-VC V2, in our own PyTorch, from a specification alone."""
