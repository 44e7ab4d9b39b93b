"""Random streams: each part of a portrait has one of its own by name, so that without one part all others stay."""

import zlib
from dataclasses import dataclass, replace

import numpy as np

from portrait_matting.synthetic.scene import SPLITS

_STYLE = 3  # other than those of drawn portraits


@dataclass(frozen=True)
class Streams:
    """The streams of portrait `index` of a split, or of one person of it: 1 or more; 0 is the portrait as a whole.

    The split is part of them, so two splits share no person.
    """

    split: str
    seed: int
    index: int
    person: int = 0

    def __call__(self, name: str) -> np.random.Generator:
        """The stream of the part of this name, from its beginning."""
        key = (_STYLE, SPLITS.index(self.split), self.index, self.person, zlib.crc32(name.encode()))
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))

    def of(self, person: int) -> "Streams":
        """Those of one person."""
        return replace(self, person=person)
