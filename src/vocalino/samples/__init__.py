"""Samples: named lines with directions, to show what a voice can do.

built_in(language) the five emotional samples of the showcase
read(path)         one's own samples, from YAML or CSV
slug, slugs        names as safe file names

value <- built_in, sheet (cells -> samples) <- yaml_file, csv_file <- read
"""

from vocalino.samples.built_in import built_in
from vocalino.samples.read import read
from vocalino.samples.slug import slug, slugs
from vocalino.samples.value import Sample

__all__ = ["Sample", "built_in", "read", "slug", "slugs"]
