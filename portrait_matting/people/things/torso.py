"""The torso as it is held: what is tied around it lies taut on it."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
from numba import njit

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.bodies.body_data import body_data
from portrait_matting.people.rendering.surface import Surface
from portrait_matting.people.things.reach import Fit, measured

_THICK = 0.04  # metres: what is farther off the body is an arm, or hangs loose
_BONES = ("spine", "clavicle", "shoulder01", "pelvis", "root")


@cache
def torso_triangles(collar: bool = False) -> np.ndarray:
    """Of the tights, what is neither arm nor leg, with the collar or without: int32 (T, 3)."""
    data = body_data()
    triangles = data.meshes["tights"][0]
    necks = [data.bone(f"neck0{k}") for k in (1, 2, 3)]
    kept = [data.bone(name) for name in data.labels["bones"] if name.startswith(_BONES)] + necks * collar
    share = (data.weights * np.isin(data.weight_bones, kept)).sum(1)
    high = (data.weights * np.isin(data.weight_bones, necks)).sum(1) > 0.5
    found = (share[triangles] > 0.3).all(1)
    return np.ascontiguousarray(triangles[found if collar else found & ~high[triangles].any(1)])


@cache
def neck_triangles() -> np.ndarray:
    """Of the skin, neck, shoulders and chest: int32 (T, 3)."""
    data = body_data()
    triangles = data.meshes["body"][0]
    kept = [data.bone(name) for name in data.labels["bones"] if name.startswith((*_BONES, "neck"))]
    share = (data.weights * np.isin(data.weight_bones, kept)).sum(1)
    low = data.joints[data.bone("spine02"), 2]
    return np.ascontiguousarray(triangles[(share[triangles] > 0.5).all(1) & (data.template[triangles, 2] > low).all(1)])


def frame(body: Body) -> tuple[np.ndarray, np.ndarray]:
    """The base of the neck (3,) in the room, and where the torso's own left, back and up (3, 3) point, one a row."""
    bone = body.data.bone("spine01")
    turn, base = body.bones[bone][:, :3].astype(np.float64), body.joints[body.data.bone("neck01")]
    return body.carried(base, "spine01").astype(np.float64), turn.T


def shoulders(body: Body, over: Sequence[Surface] = (), neck: bool = True) -> Fit:
    """How far neck, shoulders and chest as they are held reach from a point in the chest.

    Args:
        body: whose.
        over: clothes; sleeves, and what stands far off the body, are left out.
        neck: it is measured, too; False: so is no collar.
    """
    base, axes = frame(body)
    origin = base - 0.8 * body.head_height * axes[2]
    found = measured(body.points, _covered() if neck else torso_triangles(), origin, axes, 0.6 if neck else 0.0)
    arm = body.carried(body.joints[body.data.bone("upperarm01.L")], "spine01").astype(np.float64)
    wide, reach = float(np.abs((arm - base) @ axes[0])), found.reach
    for surface in over:
        across, up = ((surface.points - base) @ axis for axis in (axes[0], axes[2]))
        trunk = (np.abs(across) < wide) & (up < (1.0 if neck else 0.005))
        triangles = surface.triangles[trunk[surface.triangles].all(1)]
        worn = measured(surface.points, triangles, origin, axes, 0.0).reach
        reach = np.where(worn < found.reach + _THICK, np.maximum(reach, worn), reach)
    return replace(found, reach=reach)


@cache
def _covered() -> np.ndarray:
    """Of the tights, torso, collar and the upper halves of the upper arms."""
    data = body_data()
    triangles = data.meshes["tights"][0]
    kept = [data.bone(name) for name in data.labels["bones"] if name.startswith((*_BONES, "neck", "upperarm01"))]
    share = (data.weights * np.isin(data.weight_bones, kept)).sum(1)
    low = data.joints[data.bone("spine05"), 2]
    return np.ascontiguousarray(triangles[(share[triangles] > 0.5).all(1) & (data.template[triangles, 2] > low).all(1)])


def loop(
    points: np.ndarray,
    triangles: np.ndarray,
    origin: np.ndarray,
    normal: np.ndarray,
    up: np.ndarray,
    angles: np.ndarray,
    gap: float,
) -> np.ndarray | None:
    """The way of a taut string around a mesh in a plane.

    Args:
        points: (V, 3), of the mesh.
        triangles: (T, 3).
        origin: (3,), a point of the plane, within the mesh; one that is not is moved to the middle of the cut.
        normal: (3,), of the plane.
        up: (3,), where angle 0 is; the angle grows towards normal × up.
        angles: (K,), radians, at which the string's points are wanted.
        gap: metres, that it stays off.

    Returns:
        float64 (K, 3); None where the plane does not cut the mesh.
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
        middle = (hull.min(0) + hull.max(0)) / 2
        origin = origin + middle[0] * first + middle[1] * second
        reach = _to_edge(hull - middle, angles)
        if reach is None:
            return None
    reach = reach + gap
    return origin + (np.cos(angles) * reach)[:, None] * first + (np.sin(angles) * reach)[:, None] * second


def hanging(
    body: Body,
    triangles: np.ndarray,
    nape: np.ndarray,
    tilts: np.ndarray,
    angles: np.ndarray,
    gap: float,
    power: float = 0.8,
) -> np.ndarray | None:
    """What hangs around the neck: behind and at the sides it lies high, before the chest it hangs down.

    Args:
        body: whose torso.
        triangles: (T, 3), on which it lies.
        nape: (3,), what it hangs from, in the neck.
        tilts: (N,), radians: the planes through the nape that it passes through from behind to the front.
        angles: (K,), radians, from behind.
        gap: metres, that it stays off.
        power: below 1 it hangs wide, above in a point.

    Returns:
        float64 (K, 3); None where the planes do not cut the mesh.
    """
    _, (_, back, up) = frame(body)
    loops = []
    for tilt in tilts:
        normal = np.cos(tilt) * up - np.sin(tilt) * back
        loops.append(loop(body.points, triangles, nape, normal, back, angles, gap))
    if any(path is None for path in loops):
        return None
    ahead = np.clip(1 - np.abs(angles % (2 * np.pi) - np.pi) / (0.625 * np.pi), 0, 1)  # 0 behind, 1 in front
    at = ahead**power * (len(loops) - 1)
    first = np.minimum(at.astype(int), len(loops) - 2)
    share, rows, columns = (at - first)[:, None], np.stack(loops), np.arange(len(angles))
    return rows[first, columns] * (1 - share) + rows[first + 1, columns] * share


@njit(cache=True, error_model="numpy")
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
