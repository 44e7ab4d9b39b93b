"""How far the surface of a head or a chest is from a point within it, in all directions."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit

COLUMNS, ROWS = 64, 33
"""Directions around, and from straight down to straight up."""


@dataclass(frozen=True)
class Fit:
    """Directions around a point in a head or a chest, in axes of its own, and how far that reaches in each.

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
        """How far it reaches in directions, in radians: metres."""
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

    def above(self, points: np.ndarray) -> np.ndarray:
        """How far points (…, 3) are off the surface, from the origin: metres, less than 0 within it."""
        radius, azimuth, elevation = self._directions(points)
        return radius - self.at(azimuth, elevation)

    def outside(self, points: np.ndarray, gap: float) -> np.ndarray:
        """Points, those too near pushed out until they are `gap` metres off."""
        radius, azimuth, elevation = self._directions(points)
        return self.point(azimuth, elevation, np.maximum(radius, self.at(azimuth, elevation) + gap))

    def _directions(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        x, y, z = np.moveaxis(self.local(points), -1, 0)
        radius = np.sqrt(x * x + y * y + z * z) + 1e-9
        return radius, np.arctan2(x, -y), np.arcsin(np.clip(z / radius, -1, 1))


def measured(
    points: np.ndarray, triangles: np.ndarray, origin: np.ndarray, axes: np.ndarray, slack: float, lowest: float = -9.0
) -> Fit:
    """Measures a mesh (V, 3), (T, 3) around a point within it; what is `lowest` metres or more below it is left out."""
    local = (points - origin) @ axes.T
    reach = _reach(local, triangles, ROWS, COLUMNS, lowest)
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


@njit(cache=True, error_model="numpy")
def _reach(points, triangles, rows, columns, lowest):
    """The farthest that triangles are from the origin in each direction: (rows, columns); 0 where there is none."""
    found = np.zeros((rows, columns))
    around = 2 * np.pi / columns
    step = np.pi / (rows - 1)
    for t in range(triangles.shape[0]):
        a, b, c = points[triangles[t, 0]], points[triangles[t, 1]], points[triangles[t, 2]]
        if a[2] < lowest and b[2] < lowest and c[2] < lowest:
            continue
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
        ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        away = nx * a[0] + ny * a[1] + nz * a[2]
        size = nx * nx + ny * ny + nz * nz
        if size < 1e-24:
            continue
        i0, i1 = int(np.ceil((low + np.pi / 2) / step - 0.01)), int(np.floor((high + np.pi / 2) / step + 0.01))
        j0, j1 = int(np.ceil((first + left) / around - 0.01)), int(np.floor((first + right) / around + 0.01))
        for i in range(max(i0, 0), min(i1, rows - 1) + 1):
            elevation = i * step - np.pi / 2
            for j in range(j0, j1 + 1):
                azimuth = j * around
                x, y, z = np.sin(azimuth) * np.cos(elevation), -np.cos(azimuth) * np.cos(elevation), np.sin(elevation)
                facing = nx * x + ny * y + nz * z
                if abs(facing) < 1e-14:
                    continue
                r = away / facing
                if r <= found[i, j % columns]:
                    continue
                qx, qy, qz = x * r - a[0], y * r - a[1], z * r - a[2]
                # barycentric coordinates are areas along the normal
                u = ((qy * vz - qz * vy) * nx + (qz * vx - qx * vz) * ny + (qx * vy - qy * vx) * nz) / size
                v = ((uy * qz - uz * qy) * nx + (uz * qx - ux * qz) * ny + (ux * qy - uy * qx) * nz) / size
                if u >= -0.02 and v >= -0.02 and u + v <= 1.02:
                    found[i, j % columns] = r
    return found
