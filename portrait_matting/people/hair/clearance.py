"""How far points are from a clothed body, so that hair lies on it and not in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numba import njit

from portrait_matting.people.bodies.body import Body, normals
from portrait_matting.people.bodies.body_data import body_data
from portrait_matting.people.rendering.surface import Surface

CLOTHES = 0.013
"""Metres from the skin to the outside of ordinary clothes."""
_CELL = 0.015  # metres, of the grid
_PER_CELL = 1 / _CELL
_REACH = 2  # cells around a vertex that learn of it
_ASKED = 900  # vertices of a garment, about: they lie 2 cm apart
_SPACING = 0.008  # metres between the vertices that are asked
_MIDDLE, _CHIN = np.array([0, -0.03, 0.74], np.float32), 0.66  # metres, of the head all bodies have in common
_LOW, _HIGH = np.array([-0.33, -0.30, -0.62]), np.array([0.33, 0.33, 0.18])  # metres around the eyes' middle


@dataclass(frozen=True)
class Clearance:
    """A grid of distances from a body, outside of it positive.

    Attributes:
        origin: float32 (3,), metres, of the first cell's middle.
        distance: float32 (X, Y, Z), metres, at most a few cells; what is farther away or deeper counts as that far out.
    """

    origin: np.ndarray
    distance: np.ndarray

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Of points (n, 3), metres: float32 (n,)."""
        return _distances(np.ascontiguousarray(points, np.float32), self.origin, self.distance)


def clearance(body: Body, ears: bool = True, over: Sequence[Surface] = ()) -> Clearance:
    """The clearance around the head and the upper half of a body as it is held.

    It is that of the nearest vertex's tangent plane: skin of the head, the neck and the hands, elsewhere clothes. Where
    garments that are given are farther out, it is theirs.

    Args:
        body: as it is held.
        ears: whether they count; hair that is tied or short lies behind them.
        over: garments that hair lies on. Not collars and hoods: hair that falls between them and the neck is theirs to
            hide, and pushed out of them it would stand off.
    """
    bare, covered = _asked(ears)
    outside = normals(body.points, body.data.meshes["tights"][0])[covered]
    points = np.concatenate([body.points[bare], body.points[covered] + np.float32(CLOTHES) * outside])
    away = np.concatenate([body.normals[bare], outside])
    origin = (body.carried(body.eyes.mean(0), "head") + _LOW).astype(np.float32)
    shape = tuple(int(n) for n in np.ceil((_HIGH - _LOW) / _CELL))
    distance = _splat(points, away, origin, shape)
    for garment in over:
        # of each by itself: between two layers it is the outer one that counts
        worn = garment.points[:, 2] > origin[2]
        if garment.hem is not None:
            worn &= garment.hem > 0
        asked = np.flatnonzero(worn)
        asked = asked[:: max(1, len(asked) // _ASKED)]
        if len(asked):
            np.minimum(distance, _splat(garment.points[asked], garment.normals[asked], origin, shape), out=distance)
    return Clearance(origin, distance)


@cache
def _asked(ears: bool) -> tuple[np.ndarray, np.ndarray]:
    """The vertices of skin and of clothes that are asked."""
    data = body_data()
    names = np.asarray(data.labels["bones"])[data.weight_bones[:, 0]]
    hand = np.char.startswith(names, "finger") | np.char.startswith(names, "metacarpal")
    bare = np.unique(data.meshes["body"][0])
    bare = bare[(hand | np.isin(names, ("head", "neck02", "neck03")))[bare]]
    # not the inside of the mouth, of the nose and of the ears: what faces the middle of the head
    facing = normals(data.template, data.meshes["body"][0])[bare]
    inside = ((data.template[bare] - _MIDDLE) * facing).sum(1) < 0
    if not ears:
        names = [f"local_change:{side}-ear-wing-incr" for side in "lr"]
        moved = sum(np.abs(data.shapes[data.labels["shapes"].index(name)][bare]).max(1) for name in names)
        keep = moved < 0.12 * moved.max()
        bare, facing, inside = bare[keep], facing[keep], inside[keep]
    bare = bare[~(inside & (data.template[bare, 2] > _CHIN) & ~hand[bare])]
    return bare[_thinned(data.template[bare], _SPACING)], np.unique(data.meshes["tights"][0])


def _thinned(points: np.ndarray, spacing: float) -> np.ndarray:
    """Indices of points of which no two share a cell of a grid."""
    cells = np.floor(points / spacing).astype(np.int64)
    return np.sort(np.unique(cells, axis=0, return_index=True)[1])


@njit(cache=True, error_model="numpy")
def _splat(points, away, origin, shape):
    found = np.full(shape, np.float32(_CELL * _REACH), np.float32)
    nearest = np.full(shape, np.float32(1e9), np.float32)
    for v in range(points.shape[0]):
        x, y, z = points[v, 0] - origin[0], points[v, 1] - origin[1], points[v, 2] - origin[2]
        i0, j0, k0 = int(np.rint(x / _CELL)), int(np.rint(y / _CELL)), int(np.rint(z / _CELL))
        for i in range(max(i0 - _REACH, 0), min(i0 + _REACH + 1, shape[0])):
            for j in range(max(j0 - _REACH, 0), min(j0 + _REACH + 1, shape[1])):
                u, v_ = np.float32(i * _CELL) - x, np.float32(j * _CELL) - y
                across, up = u * u + v_ * v_, u * away[v, 0] + v_ * away[v, 1]
                for k in range(max(k0 - _REACH, 0), min(k0 + _REACH + 1, shape[2])):
                    w = np.float32(k * _CELL) - z
                    far = across + w * w
                    if far < nearest[i, j, k]:
                        nearest[i, j, k] = far
                        found[i, j, k] = up + w * away[v, 2]
    return found


@njit(cache=True, error_model="numpy")
def probe(x, y, z, origin, distance):
    """The distance at a point, and where it grows: (distance, x, y, z), the last three of length 1 or 0."""
    a, b, c = (x - origin[0]) * _PER_CELL, (y - origin[1]) * _PER_CELL, (z - origin[2]) * _PER_CELL
    i, j, k = int(np.floor(a)), int(np.floor(b)), int(np.floor(c))
    if (
        i < 0
        or j < 0
        or k < 0
        or i + 1 >= distance.shape[0]
        or j + 1 >= distance.shape[1]
        or k + 1 >= distance.shape[2]
    ):
        return _CELL * _REACH, 0.0, 0.0, 0.0
    a, b, c = a - i, b - j, c - k
    d000, d001, d010, d011 = distance[i, j, k], distance[i, j, k + 1], distance[i, j + 1, k], distance[i, j + 1, k + 1]
    i += 1
    d100, d101, d110, d111 = distance[i, j, k], distance[i, j, k + 1], distance[i, j + 1, k], distance[i, j + 1, k + 1]
    e00, e01, e10, e11 = (
        d000 + a * (d100 - d000),
        d001 + a * (d101 - d001),
        d010 + a * (d110 - d010),
        d011 + a * (d111 - d011),
    )
    low, high = e00 + b * (e10 - e00), e01 + b * (e11 - e01)
    f00, f01 = d000 + b * (d010 - d000), d001 + b * (d011 - d001)
    f10, f11 = d100 + b * (d110 - d100), d101 + b * (d111 - d101)
    gx = (f10 + c * (f11 - f10)) - (f00 + c * (f01 - f00))
    gy = (e10 + c * (e11 - e10)) - (e00 + c * (e01 - e00))
    gz = high - low
    scale = 1 / (np.sqrt(gx * gx + gy * gy + gz * gz) + 1e-9)
    return low + c * (high - low), gx * scale, gy * scale, gz * scale


@njit(cache=True, error_model="numpy")
def _distances(points, origin, distance):
    found = np.empty(len(points), np.float32)
    for n in range(len(points)):
        found[n] = probe(points[n, 0], points[n, 1], points[n, 2], origin, distance)[0]
    return found
