"""The head that things are worn on: its ears, and how far its surface is from a point within."""

import math
from dataclasses import dataclass
from functools import cache, cached_property

import cv2
import numpy as np
from numba import njit

from portrait_matting.people.body import Body
from portrait_matting.people.body_data import body_data

COLUMNS, ROWS = 64, 33
"""Directions around the head, and from straight down to straight up."""


@dataclass(frozen=True)
class Skull:
    """The head of a body at rest, metres.

    Attributes:
        body: whose it is.
    """

    body: Body

    @cached_property
    def eyes(self) -> np.ndarray:
        """The point between the eyes: (3,)."""
        return self.body.eyes.mean(0)

    @cached_property
    def size(self) -> float:
        """How high the head is above the eyes, metres: 0.1 of an adult."""
        return self.body.head_height

    @cached_property
    def depth(self) -> float:
        """Along y, from the eyes to the middle of the skull above them."""
        above = self.body.rest[_parts()["skull"]]
        level = above[np.abs(above[:, 2] - self.eyes[2] - 0.4 * self.size) < 0.25 * self.size]
        return float((level[:, 1].min() + level[:, 1].max()) / 2 - self.eyes[1])

    @cached_property
    def chin(self) -> np.ndarray:
        """The lowest point of the chin, in the middle: (3,)."""
        points = self.body.rest[_parts()["bare"].ravel()]
        near = (np.abs(points[:, 0] - self.eyes[0]) < 0.012) & (points[:, 1] < self.eyes[1] + 0.3 * self.size)
        points = points[near]
        return points[points[:, 2].argmin()]

    @cached_property
    def ear_top(self) -> float:
        """How high the ears reach above the eyes, metres."""
        return float(max(self.ear(side)[:, 2].max() for side in "LR") - self.eyes[2])

    def ear(self, side: str) -> np.ndarray:
        """The vertices (n, 3) of the ear on "L" or "R"."""
        return self.body.rest[_parts()[f"ear.{side}"]]

    def triangles(self, ears: bool) -> np.ndarray:
        """Those of head and neck, with or without the ears."""
        return _parts()["head"] if ears else _parts()["bare"]

    def centre(self, height: float) -> np.ndarray:
        """The middle of the head at `height` times its size above the eyes: (3,)."""
        return self.eyes + np.array([0, self.depth, height * self.size], np.float32)


@cache
def _parts() -> dict[str, np.ndarray]:
    """Which vertices and triangles of all bodies are the head's."""
    data = body_data()
    shapes, triangles = data.labels["shapes"], data.meshes["body"][0]
    ears = {}
    for side in "LR":
        row = shapes.index(f"local_change:{side.lower()}-ear-wing-incr")
        moved = np.abs(data.shapes[row].astype(np.float32)).max(1)
        ears[f"ear.{side}"] = np.flatnonzero(moved > 0.2 * moved.max())
    above = [data.bone(name) for name in data.labels["bones"] if name.startswith(("head", "eye", "neck"))]
    share = (data.weights * np.isin(data.weight_bones, above)).sum(1)
    head = triangles[(share[triangles] > 0.6).all(1)]
    both = np.concatenate(list(ears.values()))
    bare = head[~np.isin(head, both).any(1)]
    vertices = np.unique(bare)
    skull = vertices[data.template[vertices, 2] > data.joints[data.bone("eye.L"), 2]]
    return {**ears, "head": head, "bare": bare, "skull": skull}


@dataclass(frozen=True)
class Fit:
    """Directions around a point in the head, in axes of its own, and how far the head reaches in each.

    Attributes:
        origin: (3,).
        axes: (3, 3), one a row: to the left, to the back, up.
        reach: float64 (ROWS, COLUMNS), metres, by elevation from -90 to 90 degrees and by azimuth from the front to
            the left.
    """

    origin: np.ndarray
    axes: np.ndarray
    reach: np.ndarray

    def at(self, azimuth, elevation) -> np.ndarray:
        """How far the head reaches in directions, in radians: metres."""
        azimuth, elevation = np.broadcast_arrays(azimuth, elevation)
        column = azimuth / (2 * math.pi) % 1 * COLUMNS
        row = np.clip((elevation / math.pi + 0.5) * (ROWS - 1), 0, ROWS - 1.001)
        j, i = column.astype(int), row.astype(int)
        x, y = column - j, row - i
        j, k = j % COLUMNS, (j + 1) % COLUMNS
        lower = self.reach[i, j] * (1 - x) + self.reach[i, k] * x
        return lower * (1 - y) + (self.reach[i + 1, j] * (1 - x) + self.reach[i + 1, k] * x) * y

    def point(self, azimuth, elevation, radius) -> np.ndarray:
        """The points (…, 3) at rest in directions, `radius` metres from the origin."""
        azimuth, elevation, radius = np.broadcast_arrays(azimuth, elevation, radius)
        level = radius * np.cos(elevation)
        local = np.stack([np.sin(azimuth) * level, -np.cos(azimuth) * level, radius * np.sin(elevation)], -1)
        return local @ self.axes + self.origin

    def local(self, points: np.ndarray) -> np.ndarray:
        """Points (…, 3) in the fit's own axes."""
        return (points - self.origin) @ self.axes.T

    def outside(self, points: np.ndarray, gap: float) -> np.ndarray:
        """Points, those too near pushed out until they are `gap` metres from the head."""
        x, y, z = np.moveaxis(self.local(points), -1, 0)
        radius = np.sqrt(x * x + y * y + z * z) + 1e-9
        azimuth, elevation = np.arctan2(x, -y), np.arcsin(np.clip(z / radius, -1, 1))
        return self.point(azimuth, elevation, np.maximum(radius, self.at(azimuth, elevation) + gap))


def fit(skull: Skull, height: float, tilt: float, ears: bool = False, slack: float = 0.0, roll: float = 0.0) -> Fit:
    """Measures a head for something that is worn on it.

    Args:
        skull: the head.
        height: of the origin above the eyes, times the head's size.
        tilt: degrees; the front is up.
        ears: they are under it.
        slack: in [0, 1], how little cloth follows the hollows of the head.
        roll: degrees; the left is up.
    """
    t, r = math.radians(tilt), math.radians(roll)
    left = np.array([math.cos(r), 0, math.sin(r)])
    back = np.array([math.sin(t) * math.sin(r), math.cos(t), -math.sin(t) * math.cos(r)])
    axes = np.stack([left, back, np.cross(left, back)])
    origin = skull.centre(height).astype(np.float64)
    return measured(skull.body.rest, skull.triangles(ears), origin, axes, slack)


def measured(points: np.ndarray, triangles: np.ndarray, origin: np.ndarray, axes: np.ndarray, slack: float) -> Fit:
    """Measures a mesh (V, 3), (T, 3) around a point within it."""
    local = (points.astype(np.float64) - origin) @ axes.T
    reach = _reach(local, triangles, ROWS, COLUMNS)
    _fill_gaps(reach)
    if slack > 0:  # the columns meet: some of the other end are put before and after
        wide = np.concatenate([reach[:, -8:], reach, reach[:, :8]], 1).astype(np.float32)
        hull = cv2.GaussianBlur(cv2.dilate(wide, np.ones((3, 5), np.uint8)), (0, 0), 1.5)[:, 8:-8]
        reach = np.maximum(reach, (1 - slack) * reach + slack * hull)
    return Fit(origin, axes, reach)


def _fill_gaps(reach: np.ndarray) -> None:
    """Directions in which there is no surface, through the neck, get that of the row above."""
    for row in range(ROWS - 2, -1, -1):
        gap = reach[row] <= 0
        reach[row, gap] = reach[row + 1, gap]
    for row in range(1, ROWS):
        gap = reach[row] <= 0
        reach[row, gap] = reach[row - 1, gap]


@njit(cache=True)
def _reach(points, triangles, rows, columns):
    """The farthest that triangles are from the origin in each direction: (rows, columns); 0 where there is none."""
    found = np.zeros((rows, columns))
    around = 2 * np.pi / columns
    step = np.pi / (rows - 1)
    for t in range(triangles.shape[0]):
        a, b, c = points[triangles[t, 0]], points[triangles[t, 1]], points[triangles[t, 2]]
        low, high, first = 10.0, -10.0, np.arctan2(a[0], -a[1])
        left, right, pole = 0.0, 0.0, False
        for p in (a, b, c):
            level = np.sqrt(p[0] * p[0] + p[1] * p[1])
            elevation = np.arctan2(p[2], level)
            low, high = min(low, elevation), max(high, elevation)
            turn = np.arctan2(p[0], -p[1]) - first
            turn -= 2 * np.pi * np.round(turn / (2 * np.pi))
            left, right = min(left, turn), max(right, turn)
        if right - left > 2.0:  # around a pole
            left, right, pole = -np.pi, np.pi - 1e-6, True
        if pole:
            low, high = (low, np.pi / 2) if low + high > 0 else (-np.pi / 2, high)
        e1, e2 = b - a, c - a
        n = np.array([e1[1] * e2[2] - e1[2] * e2[1], e1[2] * e2[0] - e1[0] * e2[2], e1[0] * e2[1] - e1[1] * e2[0]])
        away = n[0] * a[0] + n[1] * a[1] + n[2] * a[2]
        size = n[0] * n[0] + n[1] * n[1] + n[2] * n[2]
        if size < 1e-24:
            continue
        i0, i1 = int(np.ceil((low + np.pi / 2) / step - 0.01)), int(np.floor((high + np.pi / 2) / step + 0.01))
        j0, j1 = int(np.ceil((first + left) / around - 0.01)), int(np.floor((first + right) / around + 0.01))
        for i in range(max(i0, 0), min(i1, rows - 1) + 1):
            elevation = i * step - np.pi / 2
            for j in range(j0, j1 + 1):
                azimuth = j * around
                x, y, z = np.sin(azimuth) * np.cos(elevation), -np.cos(azimuth) * np.cos(elevation), np.sin(elevation)
                facing = n[0] * x + n[1] * y + n[2] * z
                if abs(facing) < 1e-14:
                    continue
                r = away / facing
                if r <= 0:
                    continue
                q = np.array([x * r - a[0], y * r - a[1], z * r - a[2]])
                # barycentric coordinates from areas along the normal
                u = _area(q, e2, n) / size
                v = _area(e1, q, n) / size
                if u >= -0.02 and v >= -0.02 and u + v <= 1.02:
                    found[i, j % columns] = max(found[i, j % columns], r)
    return found


@njit(cache=True)
def _area(p, q, n):
    return (
        (p[1] * q[2] - p[2] * q[1]) * n[0] + (p[2] * q[0] - p[0] * q[2]) * n[1] + (p[0] * q[1] - p[1] * q[0]) * n[2]
    )
