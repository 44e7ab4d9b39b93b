"""What covers a head: its surfaces, and which hair is under it."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.rendering.surface import Surface
from portrait_matting.people.things.reach import COLUMNS, Fit
from portrait_matting.people.things.solids import Solid, grid


class Headwear(NamedTuple):
    """Something worn on the head, or before the face.

    Attributes:
        surfaces: of it, in the room.
        hides: says of points (n, 3) in the rest pose whether hair there is under it: bool (n,).
        over_face: says it of hair that grows in the face, where that differs: brows and beards; None: as `hides`.
    """

    surfaces: list[Surface]
    hides: Callable[[np.ndarray], np.ndarray]
    over_face: Callable[[np.ndarray], np.ndarray] | None = None


AROUND = np.arange(COLUMNS) * (2 * math.pi / COLUMNS)
"""Azimuths of the columns of what goes around a head, from the front to the left."""


def axis_of(body: Body, fit: Fit) -> np.ndarray:
    """Where the top of what is worn points, in the room: (3,)."""
    return body.bones[body.data.bone("head")][:, :3] @ fit.axes[2]


def dome(fit: Fit, elevations: np.ndarray, extra: np.ndarray) -> Solid:
    """A cover from its rim to the top.

    Args:
        fit: of the head.
        elevations: (R,), radians, of its rows; the last is pi / 2.
        extra: (R,) or (R, COLUMNS), metres from the head.
    """
    extra = extra[:, None] if extra.ndim == 1 else extra
    radius = fit.at(AROUND[None], elevations[:, None]) + extra
    if elevations[-1] > math.pi / 2 - 1e-6:
        radius[-1] = radius[-1].mean()
    points = fit.point(AROUND[None], elevations[:, None], radius)
    levels = (elevations - elevations.min()) / np.ptp(elevations)
    return grid(points, closed=True, pole=True, levels=levels)


def front(width: float) -> np.ndarray:
    """1 before the face, 0 from `width` radians on to each side: (COLUMNS,)."""
    away = np.abs((AROUND + math.pi) % (2 * math.pi) - math.pi)
    return np.where(away < width, 0.5 + 0.5 * np.cos(math.pi * np.minimum(away / width, 1)), 0)


def above(fit: Fit, margin: float = 0.004) -> Callable[[np.ndarray], np.ndarray]:
    """Hides what is above the rim of something, or less than `margin` metres below it."""
    up, rim = fit.axes[2], float(fit.origin @ fit.axes[2]) - margin
    return lambda points: points @ up.astype(points.dtype) > rim
