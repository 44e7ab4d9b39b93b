"""Meshes of things: tubes along curves, grids, ribbons, what a lathe turns, boxes with rounded edges."""

from functools import cache
from typing import NamedTuple

import numpy as np

from portrait_matting.people.bodies.body import Body, normals
from portrait_matting.people.rendering.surface import Look, Surface
from portrait_matting.people.things.rings import rings_along


class Solid(NamedTuple):
    """A mesh in the rest pose. V vertices, T triangles.

    Attributes:
        points: float32 (V, 3), metres.
        triangles: int32 (T, 3).
        normals: float32 (V, 3), of length 1.
        corners: float32 (T, 3, 2): where the corners of triangles are in the solid's map, [0, 1] each way.
    """

    points: np.ndarray
    triangles: np.ndarray
    normals: np.ndarray
    corners: np.ndarray

    def worn(self, body: Body, look: Look, bone: str = "head", hem=None, opacity: float = 1.0, casts: bool = True):
        """The surface of the solid as a bone carries it."""
        return Surface(
            points=body.carried(self.points, bone),
            triangles=self.triangles,
            normals=np.ascontiguousarray(self.normals @ body.bones[body.data.bone(bone)][:, :3].T, np.float32),
            look=look,
            rest=self.points,
            corners=self.corners,
            hem=None if hem is None else np.ascontiguousarray(hem, np.float32),
            opacity=opacity,
            casts=casts,
        )

    def placed(self, look: Look, opacity: float = 1.0, casts: bool = True) -> Surface:
        """The surface of a solid that is in the room already."""
        return Surface(
            self.points, self.triangles, self.normals, look, corners=self.corners, opacity=opacity, casts=casts
        )

    def moved(self, axes: np.ndarray, origin: np.ndarray) -> "Solid":
        """The solid in other axes (3, 3), one a row, of length 1 and at right angles, from another origin (3,)."""
        points = (self.points @ axes + origin).astype(np.float32)
        return self._replace(points=points, normals=np.ascontiguousarray(self.normals @ axes, np.float32))

    def stretched(self, by: tuple[float, float, float]) -> "Solid":
        """The solid `by` times as large along each axis."""
        normal = self.normals / np.asarray(by)
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
        return self._replace(points=(self.points * by).astype(np.float32), normals=normal.astype(np.float32))


Part = tuple[Solid, Look, float]
"""A solid of some thing, its look and its opacity."""


def grid(points: np.ndarray, closed: bool = False, pole: bool = False, levels: np.ndarray | None = None) -> Solid:
    """A surface through rows of points (R, C, 3).

    The map's first coordinate goes along the rows, the second from the first row to the last.

    Args:
        points: the rows.
        closed: the end of each row meets its beginning.
        pole: the last row is one point.
        levels: (R,), the second coordinate of each row; None: evenly from 0 to 1.
    """
    rows, columns = points.shape[:2]
    triangles, u, row = _topology(rows, columns, closed)
    levels = np.linspace(0, 1, rows) if levels is None else np.asarray(levels)
    corners = np.stack([u, levels[row]], -1).astype(np.float32)
    flat = np.ascontiguousarray(points.reshape(-1, 3), np.float32)
    found = normals(flat, triangles)
    found[~found.any(1)] = (0, 0, 1)  # where rows meet in a point, triangles have no area
    if pole:
        middle = found[-columns:].mean(0)
        found[-columns:] = middle / max(float(np.linalg.norm(middle)), 1e-6)
    return Solid(flat, triangles, found, corners)


@cache
def _topology(rows: int, columns: int, closed: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The triangles of a grid, and of their corners the first coordinate and the row: (T, 3) each."""
    across = columns if closed else columns - 1
    row, column = (index.ravel() for index in np.indices((rows - 1, across)))
    low = np.stack([row, row, row + 1, row, row + 1, row + 1], 1).reshape(-1, 3)
    steps = np.stack([column, column + 1, column + 1, column, column + 1, column], 1).reshape(-1, 3)
    triangles = (low * columns + steps % columns).astype(np.int32)
    return triangles, steps / across, low


def joined(solids: list[Solid]) -> Solid:
    """Several solids as one."""
    starts = np.cumsum([0] + [len(solid.points) for solid in solids[:-1]])
    return Solid(
        np.concatenate([solid.points for solid in solids]),
        np.concatenate([s.triangles + start for s, start in zip(solids, starts, strict=True)]).astype(np.int32),
        np.concatenate([solid.normals for solid in solids]),
        np.concatenate([solid.corners for solid in solids]),
    )


def tube(curve: np.ndarray, radius, sides: int = 8, closed: bool = False, flat=(1.0, 1.0), up=(0.0, 0.0, 1.0)) -> Solid:
    """A tube along a curve (K, 3), with ends when it is open.

    Args:
        curve: its middle.
        radius: metres, a number or one of each point.
        sides: of its section.
        closed: it is a ring.
        flat: of how many radii the section is across, and along `up`.
        up: which way its section's second axis points, as far as the curve lets it.
    """
    curve = np.ascontiguousarray(curve, np.float64)
    radii = np.full(len(curve), radius, np.float64)
    cosines, sines = _circle(sides)
    rings = rings_along(curve, radii, flat[0] * cosines, flat[1] * sines, closed, np.array(up, np.float64))
    if closed:
        rings = np.concatenate([rings, rings[:1]])
    else:
        rings = np.concatenate([rings[:1].mean(1, keepdims=True).repeat(sides, 1), rings])
        rings = np.concatenate([rings, rings[-1:].mean(1, keepdims=True).repeat(sides, 1)])
    return grid(rings, closed=True)


@cache
def _circle(sides: int) -> tuple[np.ndarray, np.ndarray]:
    turn = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    return np.cos(turn), np.sin(turn)


def lathe(profile: np.ndarray, columns: int = 24) -> Solid:
    """What a lathe turns about the z axis from a profile (K, 2) of radius and height."""
    turn = np.linspace(0, 2 * np.pi, columns, endpoint=False)
    profile = np.asarray(profile, np.float64)
    around = np.stack([np.cos(turn), np.sin(turn), np.zeros(columns)], 1)
    return grid(profile[:, :1, None] * around[None] + profile[:, 1:, None] * (0, 0, 1), closed=True)


def ribbon(curve: np.ndarray, across: np.ndarray, width: float, closed: bool = False) -> Solid:
    """A flat band along a curve (K, 3), `width` metres along `across` (K, 3) or (3,), of length 1."""
    shares = np.linspace(-0.5, 0.5, 4)
    rows = curve[:, None] + width * shares[None, :, None] * np.broadcast_to(across, curve.shape)[:, None]
    if closed:
        rows = np.concatenate([rows, rows[:1]])
    return grid(rows.transpose(1, 0, 2))


def box(size, radius: float) -> Solid:
    """A box of `size` (3,) metres around the origin with edges rounded by `radius`."""
    half = np.asarray(size, np.float64) / 2
    radius = min(radius, 0.999 * half.min())
    steps = np.stack([np.concatenate([[-h], *_rounded(h, radius), [h]]) for h in half])
    places, triangles, others = _box_topology()
    points = np.take_along_axis(steps, places.T, 1).T
    inner = np.clip(points, radius - half, half - radius)
    out = points - inner
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    at = np.take_along_axis(points / (2 * half) + 0.5, others, 1)
    rounded = (inner + radius * out).astype(np.float32)
    return Solid(rounded, triangles, out.astype(np.float32), at[triangles].astype(np.float32))


@cache
def _box_topology() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of a box: the step that each vertex is at along each axis (V, 3), triangles, and the axes of its side (V, 2)."""
    count = 8
    first, second = (index.ravel() for index in np.indices((count, count)))
    places, axes, triangles = [], [], []
    for axis in range(3):
        others = [i for i in range(3) if i != axis]
        for end in (0, count - 1):
            side = np.empty((count * count, 3), np.intp)
            side[:, others[0]], side[:, others[1]], side[:, axis] = first, second, end
            triangles.append(_topology(count, count, False)[0] + len(places) * count * count)
            places.append(side)
            axes.append(np.broadcast_to(others, (count * count, 2)))
    return np.concatenate(places), np.concatenate(triangles).astype(np.int32), np.concatenate(axes)


def _rounded(half: float, radius: float) -> tuple[np.ndarray, np.ndarray]:
    near = radius * (1 - np.tan(np.linspace(np.pi / 4, 0, 4)[1:]))
    return near - half, (half - near)[::-1]


def ball(radius: float, sides: int = 12) -> Solid:
    """A ball around the origin."""
    turn = np.linspace(-np.pi / 2, np.pi / 2, sides // 2 + 1)
    return lathe(radius * np.stack([np.cos(turn), np.sin(turn)], 1), sides)
