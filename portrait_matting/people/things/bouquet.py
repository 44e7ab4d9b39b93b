"""A bunch of flowers."""

import math

import numpy as np

from portrait_matting.people.things.curve import smooth
from portrait_matting.people.things.materials import cloth, skin_of
from portrait_matting.people.things.prints import colour, plain
from portrait_matting.people.things.solids import Part, Solid, ball, joined, lathe, tube

_BLOSSOMS = (
    (0.75, 0.72, 0.66),
    (0.7, 0.1, 0.22),
    (0.75, 0.4, 0.45),
    (0.55, 0.02, 0.03),
    (0.8, 0.5, 0.03),
    (0.3, 0.12, 0.5),
)
_PETAL = ball(1.0, 6)


def bouquet(rng: np.random.Generator) -> list[Part]:
    """A bunch: stems, leaves, and blossoms of petals."""
    count = int(rng.integers(5, 13))
    shades = np.asarray(_BLOSSOMS, np.float32)[rng.choice(len(_BLOSSOMS), int(rng.integers(1, 4)), replace=False)]
    stems, middles, petals = [], [], []
    for number in range(count):
        lean = 0.055 * math.sqrt(number / count)
        side = np.array([math.cos(2.4 * number), math.sin(2.4 * number), 0]) * lean  # the golden angle
        top = np.array([0, 0, rng.uniform(0.13, 0.17)]) + 1.3 * side
        way = smooth(np.stack([-0.4 * side - (0, 0, 0.11), 0.1 * side, 0.7 * side + (0, 0, 0.08), top]), 8)
        stems.append(tube(way, 0.002, 5))
        facing = top - (0, 0, 0.02) + 0.5 * side
        facing = facing / np.linalg.norm(facing)
        size = rng.uniform(0.017, 0.027)
        petals.append(_blossom(top, facing, size))
        middles.append(ball(0.25 * size, 8).moved(np.eye(3), top + 0.1 * size * facing))
    blossoms = [petals[k :: len(shades)] for k in range(len(shades))]
    green = np.array([0.05, 0.14, 0.03], np.float32) * np.float32(rng.uniform(0.7, 1.5))
    found = [
        (joined(stems), skin_of(green), 1.0),
        (joined(middles), skin_of(np.array([0.5, 0.33, 0.03], np.float32)), 1.0),
    ]
    found += [
        (joined(some), cloth(plain(shade), (0, 0, 1), 0.05, 0.4), 1.0)
        for some, shade in zip(blossoms, shades, strict=True)
        if some
    ]
    if rng.random() < 0.5:  # paper around the stems
        wrap = lathe([(0.016, -0.09), (0.017, 0.0), (0.05, 0.1), (0.058, 0.115)], 24)
        found.append((wrap, skin_of(colour(rng, 0.3)), 1.0))
    return found


def _blossom(top: np.ndarray, facing: np.ndarray, size: float) -> Solid:
    """Two rings of petals around the end of a stem."""
    first = np.cross(facing, (0.3, 0.8, 0.1))
    first /= np.linalg.norm(first)
    second = np.cross(facing, first)
    angles = np.concatenate([np.arange(8) / 8, (np.arange(6) + 0.5) / 6]) * 2 * math.pi
    open_ = np.repeat([0.95, 0.55], [8, 6])[:, None]
    out = np.cos(angles)[:, None] * first + np.sin(angles)[:, None] * second
    length = open_ * out + np.sqrt(1 - open_**2) * facing
    wide = np.cross(length, facing)
    wide /= np.linalg.norm(wide, axis=1, keepdims=True)
    thick = np.cross(length, wide)
    axes = np.stack([0.5 * length, 0.28 * wide, 0.07 * thick], 1) * size
    points = _PETAL.points @ axes + (top + 0.5 * size * length)[:, None]
    normal = _PETAL.normals @ np.stack([length, wide, 3 * thick], 1)
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    starts = np.arange(len(angles))[:, None, None] * len(_PETAL.points)
    return Solid(
        points.reshape(-1, 3).astype(np.float32),
        (_PETAL.triangles + starts).reshape(-1, 3).astype(np.int32),
        normal.reshape(-1, 3).astype(np.float32),
        np.tile(_PETAL.corners, (len(angles), 1, 1)),
    )
