"""How many people a portrait shows, and where they stand to one another."""

from typing import NamedTuple

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.bodies.pose import Z, rotation

_LOWER = 0.5  # metres at most that a head is below the highest of a company
_NOBODY, _TWO, _THREE = 0.01, 0.06, 0.015  # shares of portraits


class Standing(NamedTuple):
    """Where one person is, (3, 4), and in which years, from and to; None: any."""

    place: np.ndarray
    ages: tuple[float, float] | None


def sample_company(rng: np.random.Generator, together: bool = True) -> list[Standing]:
    """The people of a portrait: mostly one, sometimes two or three who stand together, a child with a grown-up too.

    Args:
        rng: of the company.
        together: whether there may be more than one, or none.
    """
    chance = rng.random()
    if not together or chance >= _NOBODY + _TWO + _THREE:
        return [Standing(_standing(0, 0, 0), None)]
    if chance < _NOBODY:
        return []
    count = 3 if chance < _NOBODY + _THREE else 2
    with_child = rng.random() < 0.35
    places = (np.arange(count) - (count - 1) / 2) * rng.uniform(0.4, 0.56)
    found = []
    for index, x in enumerate(places):
        child = with_child and index == count - 1
        ages = (4, 11) if child else (18, 80) if with_child else None
        facing = -25 * x + rng.normal(0, 8)  # a little towards one another
        lift = rng.uniform(0.0, 0.25) if child else 0.0  # stands on something, or is held up; `gathered` may add to it
        standing = _standing(0.8 * x if child else x, rng.uniform(-0.12, 0.1) - 0.1 * child, facing, lift)
        found.append(Standing(standing, ages))
    return found


def gathered(bodies: list[Body]) -> list[Body]:
    """Bodies of people of one picture, the small ones lifted until their heads are near those of the others."""
    eyes = [float(body.carried(body.eyes.mean(0), "head")[2]) for body in bodies]
    lifts = [max(max(eyes) - _LOWER - level, 0.0) for level in eyes]
    return [body.lifted(lift) if lift else body for body, lift in zip(bodies, lifts, strict=True)]


def _standing(x: float, y: float, facing: float, lift: float = 0.0) -> np.ndarray:
    return np.concatenate([rotation(Z, facing), [[x], [y], [lift]]], 1)
