"""How cloth hangs: from shoulders and chest down, rather than along the waist."""

import numpy as np
from numba import njit

from portrait_matting.people.clothes.fit import Fit
from portrait_matting.people.clothes.suit import ANGLES, HEIGHTS, HIGH, LOW, polar

_FLOOR = 0.0  # metres of the template: below, a suit has legs


def outline(fit: Fit, looseness: float) -> np.ndarray:
    """How far from the trunk's axis cloth hangs: (heights, angles), metres.

    Args:
        fit: of the body.
        looseness: 0, as tights; 1, as a sack.
    """
    fall = (0.9 - 0.85 * looseness) * (HIGH - LOW) / (HEIGHTS - 1)  # a slice below another may be that much less
    body, hanging = _hull(fit.fine, fit.middle, *fit.suit.grid, fall)
    return body + min(1.0, 0.25 + 1.2 * looseness) * (hanging - body)


@njit(cache=True, error_model="numpy")
def _hull(points, middle, near, share, fall):
    """How far from the trunk's axis the body reaches, and what hangs from all that is around: (heights, angles)."""
    body = np.empty((HEIGHTS, ANGLES), np.float32)
    for row in range(HEIGHTS):
        for column in range(ANGLES):
            cell, total = row * ANGLES + column, np.float32(0)
            for k in range(near.shape[1]):
                x, y = points[near[cell, k], 0], points[near[cell, k], 1] - np.float32(middle)
                total += np.sqrt(x * x + y * y) * share[cell, k]
            body[row, column] = total
    hanging = body.copy()
    for step in (6, 4, 3, 2, 1):  # the hull of each slice: a chord between neighbours lies outside
        cosine, last = np.float32(2 * np.cos(2 * np.pi * step / ANGLES)), hanging.copy()
        for row in range(HEIGHTS):
            for column in range(ANGLES):
                before, after = last[row, (column - step) % ANGLES], last[row, (column + step) % ANGLES]
                hanging[row, column] = max(last[row, column], before * after * cosine / (before + after))
    for row in range(HEIGHTS - 2, -1, -1):
        for column in range(ANGLES):
            hanging[row, column] = max(hanging[row, column], hanging[row + 1, column] - np.float32(fall))
    return body, hanging


def draped(fit: Fit, looseness: float, ease: float, flare: float = 0.0, end: float = 1.0) -> np.ndarray:
    """The suit at rest as a garment: float32 (N, 3).

    Args:
        fit: of the body.
        looseness: 0 to 1, how much it hangs.
        ease: metres between the body and the cloth, where it does not lie on the shoulders.
        flare: metres more at the `end` of sleeves, a share of the arm.
    """
    suit = fit.suit
    count = len(fit.rest)
    template = suit.rest[:count]
    lying = np.clip(fit.normals[:, 2] * 1.6, 0, 1)  # on shoulders
    points = suit.smoothed(fit.rest, suit.arm * np.float32(0.5), int(1 + 3 * looseness))
    cuff = np.clip((suit.sleeve[:count] - 0.8) / 0.2, 0, 1)
    wider = flare * np.clip(suit.sleeve[:count] / max(end, 0.1), 0, 1.2) ** 1.5
    sleeve = (ease * (1 - 0.55 * cuff) + 0.004 + wider) * (1 - 0.4 * lying)
    trunk = 0.004 + 0.5 * ease * (1 - 0.8 * lying)
    points = points + fit.normals * (trunk + suit.arm * (sleeve - trunk))[:, None].astype(np.float32)
    found = outline(fit, looseness)
    at = (polar(template) / (2 * np.pi) + 0.5) * ANGLES
    up = np.clip((template[:, 2] - LOW) / (HIGH - LOW) * (HEIGHTS - 1), 0, HEIGHTS - 1.001)
    left, low = np.floor(at).astype(int), np.floor(up).astype(int)
    u, v = at - left, up - low
    a, b = left % ANGLES, (left + 1) % ANGLES
    radius = (found[low, a] * (1 - u) + found[low, b] * u) * (1 - v) + v * (
        found[low + 1, a] * (1 - u) + found[low + 1, b] * u
    )
    weight = _step(0.55, 0.37, template[:, 2]) * (1 - _step(0.0, 0.6, suit.arm))
    weight *= _step(_FLOOR - 0.05, _FLOOR, template[:, 2])
    offset = points[:, :2] - np.float32((0, fit.middle))
    now = np.maximum(np.hypot(offset[:, 0], offset[:, 1]), 1e-3)
    wanted = np.maximum(radius + 0.004 + ease * 0.7, now)
    points[:, :2] += offset * (weight * (wanted / now - 1))[:, None].astype(np.float32)
    crease = _step(0.28, 0.40, template[:, 2]) * _step(0.6, 0.55, template[:, 2]) * (1 - suit.arm)
    return suit.smoothed(points, 0.5 * crease, 6)  # where hanging begins


def _step(low, high, value):
    """0 at low, 1 at high, smooth between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)
