"""One body: its points at rest and as it is held."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numba import njit

from portrait_matting.people.bodies.blend import blend
from portrait_matting.people.bodies.body_arrays import BodyData
from portrait_matting.people.bodies.pose import transforms
from portrait_matting.people.bodies.shape import Shape, coefficients

Posing = Callable[[np.ndarray], Mapping[str, np.ndarray]]
"""From joints, float32 (B, 3), to the rotations of bones by name."""


@dataclass(frozen=True)
class Body:
    """A body in metres, z up, at rest facing -y; V vertices, B bones.

    Attributes:
        data: what all bodies have in common.
        shape: whom it belongs to.
        rest: float32 (V, 3), in the rest pose.
        points: float32 (V, 3), as it is held.
        joints: float32 (B, 3), where bones begin in the rest pose.
        bones: float32 (B, 3, 4), where each bone takes points of the rest pose.
    """

    data: BodyData
    shape: Shape
    rest: np.ndarray
    points: np.ndarray
    joints: np.ndarray
    bones: np.ndarray

    def carried(self, points: np.ndarray, bone: str) -> np.ndarray:
        """Points (…, 3) of the rest pose as a bone carries them: what is worn on a head goes with the head."""
        matrix = self.bones[self.data.bone(bone)]
        return (points @ matrix[:, :3].T + matrix[:, 3]).astype(np.float32)

    def lifted(self, metres: float) -> "Body":
        """The same body so much higher in the room."""
        up = np.array([0, 0, metres], np.float32)
        bones = self.bones.copy()
        bones[:, :, 3] += up
        return replace(self, points=self.points + up, bones=bones)

    @cached_property
    def normals(self) -> np.ndarray:
        """Of the body's surface as it is held: float32 (V, 3), of length 1; 0 where no triangle meets."""
        return normals(self.points, self.data.meshes["body"][0])

    @cached_property
    def eyes(self) -> np.ndarray:
        """The middles of the left and the right eye at rest: (2, 3)."""
        return np.stack([self.joints[self.data.bone(f"eye.{side}")] for side in "LR"])

    @cached_property
    def head_height(self) -> float:
        """Metres from the level of the eyes to the top of the skull: near half of the head's height."""
        return float(self.rest[self.data.meshes["body"][0].ravel(), 2].max() - self.eyes[:, 2].mean())


def make_body(
    data: BodyData, shape: Shape, pose: Mapping[str, np.ndarray] | Posing, place: np.ndarray | None = None
) -> Body:
    """The body of a shape in a pose.

    Args:
        data: what all bodies have in common.
        shape: whom it belongs to.
        pose: rotations of bones by name, or what gives them for the joints (B, 3) of this body.
        place: (3, 4), where the whole of it stands in the room: a rotation and a translation; None: as it is made.

    Raises:
        KeyError, ValueError: the shape or the pose has a name that the data does not know.
    """
    found = coefficients(data, shape)
    active = np.flatnonzero(np.abs(found) > 1e-4)
    rest = blend(data.template, data.shapes, data.moved, active, (found * data.steps)[active])
    joints = data.joints + np.tensordot(found[active], data.joint_shapes[active], 1)
    bones = transforms(data, joints, pose(joints) if callable(pose) else pose)
    if place is not None:
        bones = _moved(bones, place)
    points = skin(rest, data.weights, data.weight_bones, bones)
    return Body(data, shape, rest, points, joints.astype(np.float32), bones)


def _moved(bones: np.ndarray, place: np.ndarray) -> np.ndarray:
    found = np.einsum("ij,bjk->bik", place[:, :3], bones)
    found[:, :, 3] += place[:, 3]
    return found.astype(np.float32)


@njit(cache=True, error_model="numpy")
def skin(rest: np.ndarray, weights: np.ndarray, weight_bones: np.ndarray, bones: np.ndarray) -> np.ndarray:
    """Linear blend skinning: each vertex goes to the weighted mean of where its bones take it. float32 (V, 3)."""
    found = np.zeros_like(rest)
    for v in range(rest.shape[0]):
        for k in range(weights.shape[1]):
            weight = weights[v, k]
            if weight <= 0:
                break  # they fall
            bone = bones[weight_bones[v, k]]
            for c in range(3):
                moved = bone[c, 0] * rest[v, 0] + bone[c, 1] * rest[v, 1] + bone[c, 2] * rest[v, 2] + bone[c, 3]
                found[v, c] += weight * moved
    return found


@njit(cache=True, error_model="numpy")
def normals(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """The mean of the normals of the triangles around each vertex, by area: float32 (V, 3), of length 1 or 0."""
    found = np.zeros(points.shape, np.float32)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        u0, u1, u2 = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1], points[b, 2] - points[a, 2]
        v0, v1, v2 = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1], points[c, 2] - points[a, 2]
        x, y, z = u1 * v2 - u2 * v1, u2 * v0 - u0 * v2, u0 * v1 - u1 * v0
        for k in range(3):
            corner = triangles[t, k]
            found[corner, 0] += x
            found[corner, 1] += y
            found[corner, 2] += z
    for n in range(found.shape[0]):
        length = np.sqrt(found[n, 0] ** 2 + found[n, 1] ** 2 + found[n, 2] ** 2)
        if length > 0:
            for k in range(3):
                found[n, k] /= length
    return found
