"""Torch blocks that the neural engines share."""
