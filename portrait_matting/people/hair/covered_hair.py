"""What is left of hair under something that is worn."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numba import njit

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
    if not kept.any():
        return []
    points, normals = (_from(values, kept, first) for values in (strands.points, strands.normals))
    return [Strands(points, strands.radius[kept], strands.colours[kept], strands.shine, normals)]


@njit(cache=True, error_model="numpy")
def _from(values, kept, first):
    """Values (S, K, 3) along those strands that are `kept`, from their `first` point on, as many as before."""
    length = values.shape[1]
    found = np.empty((kept.sum(), length, 3), np.float32)
    row = 0
    for s in range(len(kept)):
        if not kept[s]:
            continue
        for k in range(length):
            at = first[s] + (length - 1 - first[s]) * k / (length - 1)
            i = min(int(at), length - 2)
            t = np.float32(at - i)
            for c in range(3):
                found[row, k, c] = values[s, i, c] * (1 - t) + values[s, i + 1, c] * t
        row += 1
    return found
