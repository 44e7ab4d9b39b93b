"""What is left of hair under something that is worn."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.rendering.surface import Strands


class Hides(Protocol):
    """Something worn: `hides` says of points (n, 3) in the rest pose whether hair there is under it, bool (n,)."""

    hides: Callable[[np.ndarray], np.ndarray]


def at_rest(body: Body, points: np.ndarray) -> np.ndarray:
    """Where points (…, 3) of the room would be if the head were at rest."""
    bone = body.bones[body.data.bone("head")]
    return ((points - bone[:, 3]) @ bone[:, :3]).astype(np.float32)


def uncovered(body: Body, strands: Strands, headwear: Hides) -> list[Strands]:
    """Strands without those under headwear: a strand whose root is hidden shows from where it comes out below."""
    rest = at_rest(body, strands.points)
    hidden = headwear.hides(rest.reshape(-1, 3)).reshape(rest.shape[:2])
    length = hidden.shape[1]
    last = length - 1 - np.argmax(hidden[:, ::-1], 1)  # of the hidden points; 0 where there is none
    first = np.where(hidden.any(1), last + 1, 0)
    row = np.arange(len(rest))
    # what is out above the root has come through, and does not fall out below
    through = hidden[:, 0] & (rest[row, np.minimum(first, length - 1), 2] > rest[:, 0, 2])
    kept = (first < length - 1) & ~through
    points, starts = strands.points[kept], first[kept]
    at = starts[:, None] + (length - 1 - starts[:, None]) * np.linspace(0, 1, length)
    i = np.minimum(at.astype(np.int32), length - 2)
    t = (at - i)[..., None].astype(np.float32)
    if not len(points):
        return []
    row = np.arange(len(points))[:, None]

    def again(values: np.ndarray) -> np.ndarray:
        return values[row, i] * (1 - t) + values[row, i + 1] * t

    return [
        Strands(again(points), strands.radius[kept], strands.colours[kept], strands.shine, again(strands.normals[kept]))
    ]
