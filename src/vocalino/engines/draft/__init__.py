"""The draft cast: a scratch track from any CPU, with no weights and no torch."""
