"""Collars: a band around the neck, and the leaves that are turned down from it."""

from dataclasses import dataclass

import numpy as np

from portrait_matting.people.clothes.fit import Fit
from portrait_matting.people.clothes.garment import Cloth
from portrait_matting.people.clothes.sewing import Ground, sheet
from portrait_matting.people.rendering.surface import Look


@dataclass(frozen=True)
class Collar:
    """Lengths in metres of a grown person.

    Attributes:
        stand: how high the band is behind; before it is `front` of that.
        leaf: how far it is turned down behind; 0: it stands, as a mandarin's.
        point: how much longer the leaves are at their tips.
        gap: half the angle in degrees that is open before; 0: it is closed all around.
        spread: how far the tips stand apart, 0 to 1.
        room: between the neck and the band.
        thickness: of the cloth.
        fall: how far the band's foot lies below the neck's, before.
    """

    stand: float = 0.034
    front: float = 0.8
    leaf: float = 0.048
    point: float = 0.022
    gap: float = 5.0
    spread: float = 0.5
    room: float = 0.006
    thickness: float = 0.0025
    fall: float = 0.0


def collar(fit: Fit, ground: Ground, shape: Collar, look: Look) -> list[Cloth]:
    """The surfaces of a collar that lies on a garment."""
    size, columns = fit.size, 44
    closed = shape.gap <= 0
    start = np.radians(shape.gap)
    angle = np.linspace(start, 2 * np.pi - start, columns, endpoint=not closed)  # 0 before, to the left first
    before = (np.cos(angle) + 1) / 2
    top = neck_ring(fit, angle, shape.room * size)
    foot = neck_ring(fit, angle, shape.room * size + 0.010 * size)
    low, high = fit.pit + (0.016 - shape.fall) * size, fit.joint("neck01")[2] - 0.006 * size
    foot[:, 2] = high + (low - high) * before**1.3
    foot = ground.cleared(foot, -0.004)
    deep = np.clip(1.5 * (1 - before), 0, 1) * 0.035 * size
    below = ground.cleared(foot - np.outer(deep, (0, 0, 1)), -0.005)  # under the garment, whose edge may lie lower
    stand = shape.stand * size * (1 - (1 - shape.front) * before)
    top[:, 2] = foot[:, 2] + stand
    top[:, :2] += 0.25 * (foot[:, :2] - top[:, :2])
    share = np.linspace(0, 1, 4)[:, None, None]
    band = np.concatenate([below[None], foot + share * (top - foot)])
    if not closed:
        top[[0, -1]] += (0, -0.002, -0.004)
    made = sheet(fit, band, look, closed=closed, thickness=0.0 if shape.leaf else shape.thickness, flip=True,
                 hem=_edges(band, 1.0))  # fmt: skip
    if not shape.leaf:
        return made
    out = top[:, :2] - top[:, :2].mean(0)
    out = np.concatenate([out / np.linalg.norm(out, axis=1, keepdims=True), np.zeros((columns, 1))], 1)
    tip = np.exp(-((np.minimum(angle, 2 * np.pi - angle) - start) / 0.35))
    long = shape.leaf * size + shape.point * size * tip
    aside = np.stack([np.sign(np.pi - angle) * tip, -0.2 * tip, 0 * tip], 1) * (shape.spread * 0.03 * size)
    rows = [top - 0.001 * out]
    for t in (0.06, 0.2, 0.45, 0.72, 1.0):
        roll = 0.006 * size * min(1, t / 0.2)
        down = np.array([0, 0, -1.0]) * (long * (t - 0.10 * (1 - t) * (t < 0.3)))[:, None]
        row = top + out * (roll + 0.5 * t * long)[:, None] * 0.6 + down * 0.85 + aside * t
        row[:, 2] += 0.004 * size * np.sin(min(t, 0.3) / 0.3 * np.pi)
        rows.append(row)
    leaf = np.stack(rows)
    gap = np.linspace(0.003, 0.006, len(rows))[:, None] + 0.5 * shape.thickness
    leaf[2:] = ground.cleared(leaf[2:], gap[2:] + 0 * leaf[2:, :, 0])
    hem = np.linspace(1, 0, len(rows))[:, None] * long + 0.0 * leaf[..., 0]
    if not closed:
        side = np.linalg.norm(np.diff(leaf, axis=1, prepend=leaf[:, :1]), axis=2).cumsum(1)
        hem = np.minimum(hem, np.minimum(side, side[:, -1:] - side))
    return made + sheet(fit, leaf, look, closed=closed, thickness=shape.thickness, flip=True, hem=hem)


def neck_ring(fit: Fit, angle: np.ndarray, room: float) -> np.ndarray:
    """Points around the throat at angles from the front: (n, 3); `room` metres outside of it."""
    throat = fit.throat
    front, back = throat[:, 1].min(), throat[:, 1].max()
    middle = (front + back) / 2
    x = (fit.neck + room) * np.sin(angle)
    y = middle - ((back - front) / 2 + room) * np.cos(angle)
    z = throat[:, 2].mean() + 0 * angle
    return np.stack([x, y, z], 1)


def _edges(grid: np.ndarray, scale: float) -> np.ndarray:
    """Metres from the upper edge of a band."""
    down = np.linalg.norm(np.diff(grid, axis=0, prepend=grid[:1]), axis=2).cumsum(0)
    return scale * (down[-1:] - down)
