"""Lids: where their borders are, and how they follow the gaze."""

from functools import cache

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.bodies.body_data import body_data

_LOOKS = 30.0  # degrees up or down that MakeHuman's eyeLook actions stand for


@cache
def lid_rim() -> np.ndarray:
    """The vertices of the left eye's lids at their border, around the eye: int (about 30,)."""
    data = body_data()
    eye = data.joints[data.bone("eye.L")]
    used = np.unique(data.meshes["body"][0])
    offset = data.template[used] - eye
    far = np.linalg.norm(offset, axis=1)
    inside = (offset[:, 0] / 0.0132) ** 2 + (offset[:, 2] / 0.0052) ** 2 < 1
    chosen = used[(far > 0.0150) & (far < 0.01605) & (offset[:, 1] < -0.0092) & inside]
    offset = data.template[chosen] - eye
    return chosen[np.argsort(np.arctan2(offset[:, 2], offset[:, 0]))]


@cache
def lid_halves() -> tuple[np.ndarray, np.ndarray]:
    """Of the border of the lids, which belong to the upper and to the lower lid, from the inner to the outer corner."""
    place = body_data().template[lid_rim()]
    order = np.argsort(place[:, 0])
    inner, outer = place[order[0]], place[order[-1]]
    chord = np.interp(place[:, 0], (inner[0], outer[0]), (inner[2], outer[2]))
    above = place[:, 2] >= chord - 1e-6
    return order[above[order]], order[~above[order] | (order == order[0]) | (order == order[-1])]


@cache
def lid_rims() -> tuple[np.ndarray, np.ndarray]:
    """The borders of the left and the right eye's lids, in the same order."""
    data = body_data()
    left = lid_rim()
    used = np.unique(data.meshes["body"][0])
    wanted = data.template[left] * (-1, 1, 1)
    return left, used[((data.template[used][None] - wanted[:, None]) ** 2).sum(-1).argmin(1)]


def lids_after(body: Body, gaze: np.ndarray) -> np.ndarray:
    """The points of a body whose lids follow its gaze: float32 (V, 3), in the room."""
    pitch = float(np.degrees(np.arcsin(np.clip(gaze[:, 2].mean(), -1, 1))))
    action, share = ("eyeLookUp", pitch / _LOOKS) if pitch > 0 else ("eyeLookDown", -pitch / _LOOKS)
    if share < 0.02:
        return body.points
    data = body.data
    moved, deltas = _lid_moves(action)
    head = body.bones[data.bone("head"), :, :3]
    points = body.points.copy()
    points[moved] += np.float32(min(share, 1.0)) * (deltas @ head.T)
    return points


@cache
def _lid_moves(action: str) -> tuple[np.ndarray, np.ndarray]:
    data = body_data()
    names = [data.labels["shapes"].index(f"facial_action:{action}{side}") for side in ("Left", "Right")]
    deltas = (data.shapes[names] * data.steps[names, None, None]).sum(0)
    deltas[np.unique(data.meshes["eyes"][0])] = 0
    moved = np.flatnonzero(np.abs(deltas).max(1) > 1e-5)
    return moved, deltas[moved].astype(np.float32)


def lid_lines(body: Body, points: np.ndarray, side: int, affine) -> tuple:
    """The border of the upper and the lower lid on the ball of radius 1: across, rising, and up, of each."""
    ring = lid_rims()[side]
    head = body.bones[body.data.bone("head")].astype(np.float64)
    rest = (points[ring] - head[:, 3]) @ head[:, :3]
    place = (rest - affine[3]) @ np.linalg.inv(affine[:3])
    found = []
    for half in lid_halves():
        order = half[np.argsort(place[half, 0])]
        found.append((place[order, 0], place[order, 2]))
    return tuple(found)
