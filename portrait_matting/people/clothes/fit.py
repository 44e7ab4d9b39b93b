"""What a tailor measures of a body, and the suit on it."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numba import njit
from scipy.spatial import cKDTree

from portrait_matting.people.bodies.body import Body, normals, skin
from portrait_matting.people.clothes.suit import Suit, suit_of

PIT = 0.519
"""The height of the hollow between the collar bones of the template, in metres."""
_SHOULDER = 0.168  # metres, half the breadth between the shoulder joints of the template


@dataclass(frozen=True)
class Fit:
    """A body with the suit on it; lengths in metres at rest.

    Attributes:
        body, suit: of these.
        rest: float32 (N, 3), the suit's points at rest.
        fine: float32 (M, 3), the finer suit's.
    """

    body: Body
    suit: Suit
    rest: np.ndarray
    fine: np.ndarray

    def joint(self, name: str) -> np.ndarray:
        return self.body.joints[self.body.data.bone(name)]

    @cached_property
    def size(self) -> float:
        """How much broader than the template the shoulders are."""
        return float(abs(self.joint("upperarm01.L")[0] - self.joint("upperarm01.R")[0]) / 2 / _SHOULDER)

    @cached_property
    def arm(self) -> float:
        """From the shoulder to the wrist."""
        joints = [self.joint(f"{name}.L") for name in ("upperarm01", "lowerarm01", "wrist")]
        return float(sum(np.linalg.norm(b - a) for a, b in pairwise(joints)))

    @cached_property
    def throat(self) -> np.ndarray:
        """The upper border of the suit, around the neck: (n, 3)."""
        return self.rest[self.suit.throat]

    @cached_property
    def neck(self) -> float:
        """Half the width of the neck."""
        return float(np.abs(self.throat[:, 0]).max())

    @cached_property
    def shoulder(self) -> float:
        """The height of the shoulders beside the neck."""
        x = np.abs(self.fine[:, 0])
        beside = (x > 1.5 * self.neck) & (x < 2.2 * self.neck) & (self.suit.sleeve < -0.05)
        return float(self.fine[beside, 2].max())

    @cached_property
    def pit(self) -> float:
        """The height of the hollow between the collar bones."""
        return float(self.joint("clavicle.L")[2])

    @cached_property
    def middle(self) -> float:
        """y of the trunk's axis."""
        trunk = (self.suit.sleeve < -0.05) & (self.suit.rest[:, 2] > 0.2) & (self.suit.rest[:, 2] < 0.45)
        return float(self.fine[trunk, 1].mean())

    @cached_property
    def normals(self) -> np.ndarray:
        """Of the suit at rest: (N, 3)."""
        return normals(self.rest, self.suit.coarse)

    @cached_property
    def tree(self) -> cKDTree:
        return cKDTree(self.rest)

    def posed(self, rest: np.ndarray) -> np.ndarray:
        """Points (N, 3) of the suit, moved at rest, as the body is held."""
        suit = self.suit
        return skin(np.ascontiguousarray(rest, np.float32), suit.weights, suit.weight_bones, self.body.bones)

    def carried(self, points: np.ndarray, near: int = 4) -> np.ndarray:
        """Other points (n, 3) of the rest pose, as the suit's points around them carry them."""
        far, found = self.tree.query(points, near)
        return _carried(np.ascontiguousarray(points, np.float32), far, found, self._moves)

    @cached_property
    def _moves(self) -> np.ndarray:
        """Where each point of the suit takes what is near: (N, 3, 4)."""
        return _moves(self.suit.weights, self.suit.weight_bones, self.body.bones)


@njit(cache=True, error_model="numpy")
def _moves(weights, weight_bones, bones):
    found = np.zeros((weights.shape[0], 3, 4), np.float32)
    for v in range(weights.shape[0]):
        for k in range(weights.shape[1]):
            if weights[v, k] <= 0:
                break  # they fall
            for i in range(3):
                for j in range(4):
                    found[v, i, j] += weights[v, k] * bones[weight_bones[v, k], i, j]
    return found


@njit(cache=True, error_model="numpy")
def _carried(points, far, near, moves):
    found = np.zeros((points.shape[0], 3), np.float32)
    for n in range(points.shape[0]):
        total = 0.0
        for k in range(near.shape[1]):
            share = 1 / (far[n, k] + 0.005)
            total += share
            for i in range(3):
                move = moves[near[n, k]]
                moved = move[i, 0] * points[n, 0] + move[i, 1] * points[n, 1] + move[i, 2] * points[n, 2] + move[i, 3]
                found[n, i] += share * moved
        for i in range(3):
            found[n, i] /= total
    return found


def fit(body: Body) -> Fit:
    """Measures a body."""
    suit = suit_of(body.data)
    rest = np.ascontiguousarray(body.rest[suit.vertices])
    return Fit(body, suit, rest, suit.finer(rest))
