"""How a body is held: the rotation of each joint."""

import math
from collections.abc import Mapping

import numpy as np

from portrait_matting.people.body_data import BodyData

X, Y, Z = 0, 1, 2  # to the person's left, back, up: rotations about these axes of the rest pose, in degrees


def rotation(axis: int, degrees: float) -> np.ndarray:
    """A rotation about one axis by the right-hand rule: float64 (3, 3)."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = cosine
    matrix[second, first], matrix[first, second] = sine, -sine
    return matrix


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
    turns = {data.bone(name): matrix for name, matrix in pose.items()}
    found = np.zeros((len(joints), 3, 4))
    for bone, parent in enumerate(data.parents):
        above = found[parent] if parent >= 0 else np.eye(4)[:3]
        if (turn := turns.get(bone)) is None:
            found[bone] = above
            continue
        joint = joints[bone]
        found[bone, :, :3] = above[:, :3] @ turn
        found[bone, :, 3] = above[:, :3] @ (joint - turn @ joint) + above[:, 3]
    return found.astype(np.float32)
