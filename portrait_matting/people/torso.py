"""The torso as it is held: what is tied around it lies taut on it."""

from functools import cache

import cv2
import numpy as np
from numba import njit

from portrait_matting.people.body import Body
from portrait_matting.people.body_data import body_data

_BONES = ("spine", "clavicle", "shoulder01", "pelvis", "root", "neck", "breast")


@cache
def torso_triangles() -> np.ndarray:
    """Of the tights, what is neither arm nor leg: int32 (T, 3)."""
    data = body_data()
    triangles = data.meshes["tights"][0]
    kept = [data.bone(name) for name in data.labels["bones"] if name.startswith(_BONES)]
    share = (data.weights * np.isin(data.weight_bones, kept)).sum(1)
    return np.ascontiguousarray(triangles[(share[triangles] > 0.5).all(1)])


@cache
def neck_triangles() -> np.ndarray:
    """Of the skin, neck, shoulders and chest: int32 (T, 3)."""
    data = body_data()
    triangles = data.meshes["body"][0]
    kept = [data.bone(name) for name in data.labels["bones"] if name.startswith((*_BONES, "upperarm"))]
    share = (data.weights * np.isin(data.weight_bones, kept)).sum(1)
    low = data.joints[data.bone("spine02"), 2]
    return np.ascontiguousarray(triangles[(share[triangles] > 0.5).all(1) & (data.template[triangles, 2] > low).all(1)])


def frame(body: Body) -> tuple[np.ndarray, np.ndarray]:
    """The upper spine's joint (3,) in the room, and where the torso's own left, back and up (3, 3) point, one a row."""
    bone = body.data.bone("spine01")
    turn, joint = body.bones[bone][:, :3].astype(np.float64), body.joints[bone]
    return body.carried(joint, "spine01").astype(np.float64), turn.T


def loop(
    points: np.ndarray, triangles: np.ndarray, origin: np.ndarray, normal: np.ndarray, up: np.ndarray, angles: np.ndarray, gap: float
) -> np.ndarray | None:
    """The way of a taut string around a mesh in a plane.

    Args:
        points: (V, 3), of the mesh.
        triangles: (T, 3).
        origin: (3,), a point of the plane, within the mesh.
        normal: (3,), of the plane.
        up: (3,), where angle 0 is; the angle grows towards normal × up.
        angles: (K,), radians, at which the string's points are wanted.
        gap: metres, that it stays off.

    Returns:
        float64 (K, 3); None where the plane does not cut the mesh around the origin.
    """
    normal = normal / np.linalg.norm(normal)
    first = up - (up @ normal) * normal
    first /= np.linalg.norm(first)
    second = np.cross(normal, first)
    local = (points.astype(np.float64) - origin) @ np.stack([first, second, normal]).T
    cut = _cut(local, triangles)
    if len(cut) < 3:
        return None
    hull = cv2.convexHull(cut.astype(np.float32))[:, 0].astype(np.float64)
    reach = _to_edge(hull, angles)
    if reach is None:
        return None
    reach = reach + gap
    return origin + (np.cos(angles) * reach)[:, None] * first + (np.sin(angles) * reach)[:, None] * second


@njit(cache=True)
def _cut(local, triangles):
    """Where the edges of triangles meet the plane z = 0: (n, 2)."""
    found = np.empty((2 * triangles.shape[0], 2))
    count = 0
    for t in range(triangles.shape[0]):
        for k in range(3):
            a, b = local[triangles[t, k]], local[triangles[t, (k + 1) % 3]]
            if (a[2] < 0) != (b[2] < 0):
                share = a[2] / (a[2] - b[2])
                found[count, 0] = a[0] + share * (b[0] - a[0])
                found[count, 1] = a[1] + share * (b[1] - a[1])
                count += 1
    return found[:count]


def _to_edge(hull: np.ndarray, angles: np.ndarray) -> np.ndarray | None:
    """How far the edge of a convex polygon is from the origin within it at angles; None: it is not within."""
    following = np.roll(hull, -1, 0)
    edge = following - hull
    rays = np.stack([np.cos(angles), np.sin(angles)], 1)
    side = rays[:, None, 0] * edge[None, :, 1] - rays[:, None, 1] * edge[None, :, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        far = (hull[:, 0] * edge[:, 1] - hull[:, 1] * edge[:, 0])[None] / side
        at = (hull[None, :, 0] * rays[:, None, 1] - hull[None, :, 1] * rays[:, None, 0]) / side
    hit = (far > 0) & (at >= -1e-9) & (at <= 1 + 1e-9)
    if not hit.any(1).all():
        return None
    return np.where(hit, far, 0).max(1)
