"""The judge: one scorer a file, each with its own evidence in words."""
