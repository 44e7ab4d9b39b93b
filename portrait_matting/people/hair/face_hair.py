"""Short hairs that lie on a face: brows and beards, whose roots go with its expression."""

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.hair.scalp import EYES, HEIGHT, Roots
from portrait_matting.people.rendering.surface import Strands


def level(up: float | np.ndarray) -> float | np.ndarray:
    """Metres, z of the common head, of a level in head heights above the eyes."""
    return EYES + up * HEIGHT


def lying(
    body: Body,
    roots: Roots,
    towards: np.ndarray,
    lengths: np.ndarray,
    lift: np.ndarray | float,
    bend: np.ndarray,
    count: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Hairs that lie on the skin: their points (S, count, 3) in the room, and the skin's directions (S, 3) there.

    Args:
        body: whose they are.
        roots: where.
        towards: (S, 3), the way they lie, in the head's axes.
        lengths: (S,), metres.
        lift: how far they stand off the skin: 0 lies, 1 stands at 45 degrees.
        bend: (S, 3), in the head's axes, what is added to their direction by the tip.
        count: points of each.
    """
    rotation = body.bones[body.data.bone("head")][:, :3]
    outward = roots.of(body.normals)
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-6)
    way = towards @ rotation.T
    way -= (way * outward).sum(1, keepdims=True) * outward
    way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-6)
    way = way + np.broadcast_to(lift, len(way))[:, None] * outward
    t = np.linspace(0, 1, count)[None, :, None]
    step = (way[:, None] + t * (bend @ rotation.T)[:, None]) * (t > 0)
    step /= np.maximum(np.linalg.norm(step, axis=2, keepdims=True), 1e-6)
    points = roots.of(body.points)[:, None] + np.cumsum(step, 1) * (lengths[:, None, None] / (count - 1))
    return points.astype(np.float32), outward.astype(np.float32)


def strands_of(points, outward, radius, colours, shine: float) -> Strands:
    """Strands whose light is that of the skin that they grow from."""
    normals = np.ascontiguousarray(np.broadcast_to(outward[:, None], points.shape))
    return Strands(points, radius.astype(np.float32), colours, shine, normals)
