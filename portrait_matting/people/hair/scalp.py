"""Where hair grows on a head: within a hairline that is drawn on the head all bodies have in common."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numba import njit

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.bodies.body_data import body_data

# Of the common head: metres, the axis around which it is unrolled, the level of the eyes, from there to its top.
AXIS, EYES, HEIGHT = -0.03, 0.7284, 0.1207
_LINE = (  # the hairline: degrees from the face to the back, and height above the eyes by HEIGHT
    ((0, 0.62), (18, 0.635), (34, 0.61), (44, 0.53), (47, 0.40), (49, 0.27), (54, 0.14), (58.5, 0.02))
    + ((60, -0.12), (61, -0.24), (64.5, -0.25), (66.5, -0.12), (68, 0.03), (74, 0.09), (84, 0.09), (91, -0.02))
    + ((95, -0.25), (99, -0.45), (109, -0.6), (128, -0.7), (150, -0.73), (180, -0.74))
)
_DEGREE = 0.0125  # of HEIGHT that a degree is wide
_LOW, _HIGH, _CELL = -1.0, 1.2, 0.01  # of the map of distances from the line
_POOL = 60_000  # places where a hair could grow


@dataclass(frozen=True)
class Hairline:
    """How a head differs from the common hairline, in head heights (eyes to top).

    Attributes:
        front: how much higher it is above the forehead.
        temples: how far it recedes beside it.
        nape: how much lower it is at the back.
        crown: the radius of a thin place around the crown; 0: none.
        top: of the hair on top, the share that is left: 0 leaves a wreath.
        edge: how wide the border is.
    """

    front: float = 0.0
    temples: float = 0.0
    nape: float = 0.0
    crown: float = 0.0
    top: float = 1.0
    edge: float = 0.05


def density(hairline: Hairline, around: np.ndarray, up: np.ndarray) -> np.ndarray:
    """How dense hair is, of what it can be, at places of the common head: float32 in [0, 1].

    Args:
        hairline: of a person.
        around: degrees from the face to the back, 0 to 180.
        up: above the eyes, in head heights.
    """
    shift = hairline.front * np.exp(-((around / 42) ** 4))
    shift += hairline.temples * np.exp(-(((around - 31) / 13) ** 2))
    shift -= hairline.nape * np.clip((around - 105) / 40, 0, 1)
    lined = _looked_up(around, up - shift)
    found = _smooth(lined / hairline.edge + 0.3)
    if hairline.top < 1:
        edge = 0.46 - 0.12 * np.clip((around - 100) / 80, 0, 1)
        found = found * (1 - (1 - hairline.top) * _smooth((up - edge) / 0.14 + 0.5))
    if hairline.crown > 0:
        reach = np.hypot(np.sin(np.radians(around)) * 0.5, (up - 0.88) * 1.3) + 0.5 * np.clip(1 - around / 150, 0, 1)
        found = found * (1 - 0.9 * _smooth(1.5 - reach / hairline.crown))
    return found.astype(np.float32)


def scalp_share(body: Body, hairline: Hairline) -> np.ndarray:
    """How much hair roots cover each vertex of a body: float32 (V,) in [0, 1]; 0 but on the head."""
    around, up, outer = _vertices()
    found = np.zeros(len(body.points), np.float32)
    found[outer] = density(hairline, around, up)
    return found


@dataclass(frozen=True)
class Roots:
    """Places on the common head, n of them.

    Attributes:
        corners: int32 (n, 3), vertices.
        weights: float32 (n, 3), of the corners.
        at: float32 (n, 3), where they are on the common head.
        around, up: float32 (n,), as in `density`.
    """

    corners: np.ndarray
    weights: np.ndarray
    at: np.ndarray
    around: np.ndarray
    up: np.ndarray

    def of(self, values: np.ndarray) -> np.ndarray:
        """The values of vertices (V, C) there: (n, C)."""
        return between(values, self.corners, self.weights)

    def __getitem__(self, chosen: np.ndarray) -> "Roots":
        return Roots(*(part[chosen] for part in self._parts()))

    def __add__(self, other: "Roots") -> "Roots":
        return Roots(*(np.concatenate(pair) for pair in zip(self._parts(), other._parts(), strict=True)))

    def _parts(self) -> tuple[np.ndarray, ...]:
        return self.corners, self.weights, self.at, self.around, self.up


@njit(cache=True, error_model="numpy")
def between(values, corners, weights):
    """The values of vertices (V, C) between their corners (n, K): (n, C)."""
    found = np.zeros((corners.shape[0], values.shape[1]), values.dtype)
    for n in range(corners.shape[0]):
        for k in range(corners.shape[1]):
            for c in range(values.shape[1]):
                found[n, c] += weights[n, k] * values[corners[n, k], c]
    return found


@cache
def scalp() -> Roots:
    """Places all over the scalp, evenly, in no order."""
    data = body_data()
    triangles = data.meshes["body"][0]
    around, up = unrolled(data.template)
    inside = (_looked_up(around, up)[triangles] > -0.3).any(1) & (up[triangles] > -1).all(1)
    return scattered(triangles[inside], _POOL, np.random.default_rng(0))


def scattered(triangles: np.ndarray, count: int, rng: np.random.Generator) -> Roots:
    """Places on triangles of the common head, as many on an area as on another."""
    template = body_data().template
    a, b, c = (template[triangles[:, k]] for k in range(3))
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    edges = np.concatenate([[0], np.cumsum(areas / areas.sum())])
    chosen = np.searchsorted(edges[1:-1], (np.arange(count) + rng.random(count)) / count)
    u, v = np.sqrt(rng.random(count)), rng.random(count)
    weights = np.stack([1 - u, u * (1 - v), u * v], 1).astype(np.float32)
    order = rng.permutation(count)
    corners, weights = triangles[chosen][order], weights[order]
    at = np.einsum("nk,nkc->nc", weights, template[corners])
    return Roots(corners, weights, at, *unrolled(at))


def unrolled(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, 3) of the common head as degrees from the face to the back, and head heights above the eyes."""
    around = np.degrees(np.arctan2(np.abs(at[:, 0]), AXIS - at[:, 1]))
    return around.astype(np.float32), ((at[:, 2] - EYES) / HEIGHT).astype(np.float32)


@cache
def _vertices():
    data = body_data()
    outer = np.unique(data.meshes["body"][0])
    around, up = unrolled(data.template[outer])
    wide = np.hypot(data.template[outer, 0], data.template[outer, 1] - AXIS) + (up > 0.5) * 1.0
    on = (up > -0.95) & (wide > 0.03)
    return around[on], up[on], outer[on]


@cache
def _map() -> np.ndarray:
    """The distance of each cell from the hairline, in head heights, inside of it positive."""
    line = np.asarray(_LINE)
    fine = np.linspace(0, len(line) - 1, 200)
    smooth = np.stack([np.interp(fine, np.arange(len(line)), line[:, k]) for k in (0, 1)], 1)
    smooth[:, 0] *= _DEGREE
    kernel = np.hanning(9)[1:-1] / np.hanning(9)[1:-1].sum()
    padded = np.pad(smooth, ((3, 3), (0, 0)), mode="edge")
    smooth = np.stack([np.convolve(padded[:, k], kernel, mode="valid") for k in (0, 1)], 1)
    ring = np.concatenate([[(-1, smooth[0, 1])], smooth, [(4, smooth[-1, 1]), (4, 3), (-1, 3)]]).astype(np.float32)
    rows, columns = int((_HIGH - _LOW) / _CELL) + 1, int(180 * _DEGREE / _CELL) + 1
    found = np.empty((rows, columns), np.float32)
    for i in range(rows):
        for j in range(columns):
            found[i, j] = cv2.pointPolygonTest(ring, (j * _CELL, _LOW + i * _CELL), True)
    return found


def _looked_up(around: np.ndarray, up: np.ndarray) -> np.ndarray:
    table = _map()
    y = np.clip((np.asarray(up, np.float32) - _LOW) / _CELL, 0, table.shape[0] - 1.001)
    x = np.clip(np.asarray(around, np.float32) * _DEGREE / _CELL, 0, table.shape[1] - 1.001)
    i, j = y.astype(np.int32), x.astype(np.int32)
    y, x = y - i, x - j
    upper = table[i, j] * (1 - x) + table[i, j + 1] * x
    return upper * (1 - y) + (table[i + 1, j] * (1 - x) + table[i + 1, j + 1] * x) * y


def _smooth(x: np.ndarray) -> np.ndarray:
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)
