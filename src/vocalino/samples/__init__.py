"""Samples: named lines with directions, to show what a voice can do.

BUILT_IN          the five emotional samples of the showcase
read(path)        one's own samples, from YAML or CSV
slug, slugs       names as safe file names

value <- built_in, sheet (cells -> samples) <- yaml_file, csv_file <- read
"""

from vocalino.samples.built_in import BUILT_IN
from vocalino.samples.read import read
from vocalino.samples.slug import slug, slugs
from vocalino.samples.value import Sample

__all__ = ["BUILT_IN", "Sample", "read", "slug", "slugs"]
