"""How a body is held: the rotation of each joint."""

import math
from collections.abc import Mapping

import numpy as np
from numba import njit

from portrait_matting.people.bodies.body_arrays import BodyData

X, Y, Z = np.eye(3)  # to the person's left, back, up
Rotations = dict[str, np.ndarray]
"""Of bones by name, (3, 3) each, about the axes of the rest pose; bones that are not there keep theirs."""


def rotation(axis: np.ndarray, degrees: float) -> np.ndarray:
    """A rotation about an axis (3,) by the right-hand rule: float64 (3, 3). (Rodrigues' formula)"""
    x, y, z = (float(part) for part in axis)  # numbers: of a portrait's time, arrays so small cost milliseconds
    length, angle = math.hypot(x, y, z), math.radians(degrees)
    x, y, z = x / length, y / length, z / length
    cosine, sine = math.cos(angle), math.sin(angle)
    a, b, c = (1 - cosine) * x, (1 - cosine) * y, (1 - cosine) * z
    return np.array(
        (
            (cosine + a * x, a * y - sine * z, a * z + sine * y),
            (b * x + sine * z, cosine + b * y, b * z - sine * x),
            (c * x - sine * y, c * y + sine * x, cosine + c * z),
        )
    )


def between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The smallest rotation that turns one direction (3,) into another: float64 (3, 3)."""
    first, second = first / np.linalg.norm(first), second / np.linalg.norm(second)
    axis = np.cross(first, second)
    sine, cosine = np.linalg.norm(axis), float(first @ second)
    if sine < 1e-9:
        return np.eye(3) if cosine > 0 else rotation(np.cross(first, X if abs(first[0]) < 0.9 else Y), 180)
    return rotation(axis, math.degrees(math.atan2(sine, cosine)))


def transforms(data: BodyData, joints: np.ndarray, pose: Mapping[str, np.ndarray]) -> np.ndarray:
    """Where each bone takes the points of the rest pose: float32 (B, 3, 4).

    A bone turns about its joint, by a rotation about the axes of the rest pose, and takes along all that hangs on it.

    Args:
        data: the skeleton.
        joints: (B, 3), where the bones of this body begin.
        pose: the rotation (3, 3) of bones by name; the others keep theirs.

    Raises:
        ValueError: a bone is not one of the skeleton's.
    """
    turned = np.full(len(joints), -1)
    turned[[data.bone(name) for name in pose]] = np.arange(len(pose))
    turns = np.array(list(pose.values()), np.float64).reshape(-1, 3, 3)
    return _chained(data.parents, np.asarray(joints, np.float64), turned, turns).astype(np.float32)


@njit(cache=True, error_model="numpy")
def _chained(parents, joints, turned, turns):
    """The transforms (B, 3, 4) of bones, each after its parent: `turned` (B,) is the number of its turn, -1 of none."""
    found = np.zeros((len(parents), 3, 4))
    for bone in range(len(parents)):
        own = found[bone]
        if parents[bone] >= 0:
            own[:] = found[parents[bone]]
        else:
            own[0, 0] = own[1, 1] = own[2, 2] = 1
        if turned[bone] < 0:
            continue
        turn, joint = turns[turned[bone]], joints[bone]
        for i in range(3):
            a, b, c = own[i, 0], own[i, 1], own[i, 2]
            before = a * joint[0] + b * joint[1] + c * joint[2]
            for j in range(3):
                own[i, j] = a * turn[0, j] + b * turn[1, j] + c * turn[2, j]
            own[i, 3] += before - (own[i, 0] * joint[0] + own[i, 1] * joint[1] + own[i, 2] * joint[2])
    return found


def reach(
    data: BodyData,
    joints: np.ndarray,
    pose: Rotations,
    side: str,
    wrist: np.ndarray,
    elbow: np.ndarray,
    pointing: np.ndarray | None = None,
) -> Rotations:
    """Bends an arm so that its wrist comes to a place: two-bone inverse kinematics, in closed form.

    Args:
        data, joints: the skeleton and where its bones begin.
        pose: of the rest of the body, settled already.
        side: "L" or "R".
        wrist: (3,), metres, where the wrist shall be; a place out of reach is approached along the line to it.
        elbow: (3,), the direction to which the elbow points.
        pointing: (3,), the direction of the hand's fingers; None: that of the forearm.

    Returns:
        The rotations of that arm's bones.
    """
    names = ("upperarm01", "lowerarm01", "wrist", "finger3-1")
    bones = [data.bone(f"{name}.{side}") for name in names]
    at = transforms(data, joints, pose)[data.bone(f"shoulder01.{side}")].astype(np.float64)
    above = at[:, :3]
    rest = [joints[bone].astype(np.float64) for bone in bones]
    shoulder = above @ rest[0] + at[:, 3]
    upper, fore = rest[1] - rest[0], rest[2] - rest[1]
    a, b = np.linalg.norm(upper), np.linalg.norm(fore)
    line = wrist - shoulder
    distance = float(np.clip(np.linalg.norm(line), 1.02 * abs(a - b), 0.995 * (a + b)))
    line = line / np.linalg.norm(line)
    aside = elbow - (elbow @ line) * line
    aside /= np.linalg.norm(aside) + 1e-9
    along = (a * a - b * b + distance * distance) / (2 * distance)
    bend = shoulder + along * line + math.sqrt(max(a * a - along * along, 0)) * aside
    first = between(upper, above.T @ (bend - shoulder))
    carried = above @ first
    second = between(fore, carried.T @ (shoulder + distance * line - bend))
    found = {f"upperarm01.{side}": first, f"lowerarm01.{side}": second}
    if pointing is not None:
        turn = between(rest[3] - rest[2], (carried @ second).T @ pointing)
        found[f"wrist.{side}"] = _limited(turn, 60)
    return found


def curled(data: BodyData, joints: np.ndarray, side: str, degrees: float, thumb: float = 0.4) -> Rotations:
    """Fingers of a hand, each joint bent by so many degrees to the palm, and the thumb by a share of that."""
    first, last = (joints[data.bone(f"finger{finger}-1.{side}")] for finger in (2, 5))
    across = (last - first) * (1 if side == "L" else -1)
    of_thumb, of_finger = rotation(across, thumb * degrees), rotation(across, degrees)
    return {
        f"finger{finger}-{joint}.{side}": of_thumb if finger == 1 else of_finger
        for finger in range(1, 6)
        for joint in (1, 2, 3)
    }


def _limited(turn: np.ndarray, most: float) -> np.ndarray:
    """A rotation, of `most` degrees at the utmost about the same axis: wrists do not turn round."""
    angle = math.degrees(math.acos(float(np.clip((np.trace(turn) - 1) / 2, -1, 1))))
    if angle <= most:
        return turn
    axis = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]])
    return rotation(axis if np.linalg.norm(axis) > 1e-9 else X, most)
