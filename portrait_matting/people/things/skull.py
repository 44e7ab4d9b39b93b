"""The head that things are worn on: its eyes, ears and chin."""

import math
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.bodies.body_data import body_data
from portrait_matting.people.things.reach import Fit, measured


@dataclass(frozen=True)
class Skull:
    """The head of a body at rest, metres.

    Attributes:
        body: whose it is.
    """

    body: Body

    @cached_property
    def eyes(self) -> np.ndarray:
        """The point between the eyes: (3,)."""
        return self.body.eyes.mean(0)

    @cached_property
    def size(self) -> float:
        """How high the head is above the eyes, metres: 0.1 of an adult."""
        return self.body.head_height

    @cached_property
    def depth(self) -> float:
        """Along y, from the eyes to the middle of the skull above them."""
        above = self.body.rest[_parts()["skull"]]
        level = above[np.abs(above[:, 2] - self.eyes[2] - 0.4 * self.size) < 0.25 * self.size]
        return float((level[:, 1].min() + level[:, 1].max()) / 2 - self.eyes[1])

    @cached_property
    def chin(self) -> np.ndarray:
        """The lowest point of the chin, in the middle: (3,)."""
        points = self.body.rest[_parts()["bare"].ravel()]
        near = (np.abs(points[:, 0] - self.eyes[0]) < 0.012) & (points[:, 1] < self.eyes[1] + 0.3 * self.size)
        points = points[near]
        return points[points[:, 2].argmin()]

    @cached_property
    def ear_top(self) -> float:
        """How high the ears reach above the eyes, metres."""
        return float(max(self.ear(side)[:, 2].max() for side in "LR") - self.eyes[2])

    def ear(self, side: str) -> np.ndarray:
        """The vertices (n, 3) of the ear on "L" or "R"."""
        return self.body.rest[_parts()[f"ear.{side}"]]

    def triangles(self, ears: bool) -> np.ndarray:
        """Those of head and neck, with or without the ears."""
        return _parts()["head"] if ears else bare_head()

    def centre(self, height: float) -> np.ndarray:
        """The middle of the head at `height` times its size above the eyes: (3,)."""
        return self.eyes + np.array([0, self.depth, height * self.size], np.float32)


def bare_head() -> np.ndarray:
    """The triangles of head and neck without the ears, of which all bodies have the same: (n, 3)."""
    return _parts()["bare"]


@cache
def _parts() -> dict[str, np.ndarray]:
    """Which vertices and triangles of all bodies are the head's."""
    data = body_data()
    shapes, triangles = data.labels["shapes"], data.meshes["body"][0]
    ears = {}
    for side in "LR":
        row = shapes.index(f"local_change:{side.lower()}-ear-wing-incr")
        moved = np.abs(data.shapes[row].astype(np.float32)).max(1)
        ears[f"ear.{side}"] = np.flatnonzero(moved > 0.2 * moved.max())
    above = [data.bone(name) for name in data.labels["bones"] if name.startswith(("head", "eye", "neck"))]
    share = (data.weights * np.isin(data.weight_bones, above)).sum(1)
    head = triangles[(share[triangles] > 0.6).all(1)]
    both = np.concatenate(list(ears.values()))
    bare = head[~np.isin(head, both).any(1)]
    vertices = np.unique(bare)
    skull = vertices[data.template[vertices, 2] > data.joints[data.bone("eye.L"), 2]]
    return {**ears, "head": head, "bare": bare, "skull": skull}


def fit(
    skull: Skull,
    height: float,
    tilt: float,
    ears: bool = False,
    slack: float = 0.0,
    roll: float = 0.0,
    whole: bool = True,
) -> Fit:
    """Measures a head for something that is worn on it.

    Args:
        skull: the head.
        height: of the origin above the eyes, times the head's size.
        tilt: degrees; the front is up.
        ears: they are under it.
        slack: in [0, 1], how little cloth follows the hollows of the head.
        roll: degrees; the left is up.
        whole: False: only what is above the origin is measured, and a little below.
    """
    t, r = math.radians(tilt), math.radians(roll)
    left = np.array([math.cos(r), 0, math.sin(r)])
    back = np.array([math.sin(t) * math.sin(r), math.cos(t), -math.sin(t) * math.cos(r)])
    axes = np.stack([left, back, np.cross(left, back)])
    origin = skull.centre(height).astype(np.float64)
    return measured(skull.body.rest, skull.triangles(ears), origin, axes, slack, -9.0 if whole else -0.03)
