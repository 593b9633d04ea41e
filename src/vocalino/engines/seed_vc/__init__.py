"""The studio cast's voice converter: Seed-VC V2, written from a description of the model."""
