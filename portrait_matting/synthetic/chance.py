"""Choices by chance: what `Generator.choice` does, in a tenth of its time, for the dozens that a person is made of."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import TypeVar

import numpy as np

Thing = TypeVar("Thing")


def pick(rng: np.random.Generator, things: Sequence[Thing], shares: tuple[float, ...] | None = None) -> Thing:
    """One of `things`, each as often as its share of the sum of `shares`, or all alike."""
    if shares is None:
        return things[int(rng.random() * len(things))]
    return things[bisect_right(_bounds(shares), rng.random())]


@lru_cache(maxsize=64)
def _bounds(shares: tuple[float, ...]) -> list[float]:
    """Where in 0..1 each thing but the last one ends."""
    total = sum(shares)
    return [end / total for end in accumulate(shares[:-1])]
