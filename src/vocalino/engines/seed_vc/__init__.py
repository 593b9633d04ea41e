"""Seed-VC V2, a voice converter, written from a specification of its behaviour alone."""
