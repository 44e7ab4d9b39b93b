"""The names of the splits."""

from typing import Literal

SPLITS = ("train", "val", "test")

Split = Literal["auto", "train", "val", "test", "all"]
"""What an evaluation may ask for: a split, all of the data, or auto: test, or all where the data is not split."""
