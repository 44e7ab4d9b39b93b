"""The rings of points that tubes are made of."""

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def rings_along(curve, radius, cosines, sines, closed, up):
    """Rings of points around a curve, in planes at right angles to it: float64 (K, n, 3).

    Args:
        curve: float64 (K, 3).
        radius: float64 (K,), metres.
        cosines, sines: float64 (n,), of the points of a ring, times how wide it is across, and along `up`.
        closed: the curve is a ring itself.
        up: float64 (3,), the way of a ring's second axis, as far as the curve lets it.
    """
    count, sides = len(curve), len(cosines)
    found = np.empty((count, sides, 3))
    for k in range(count):
        before, after = k - 1 if k or closed else 0, k + 1 if k + 1 < count else (0 if closed else k)
        x, y, z = _unit(curve[after] - curve[before])
        along = up[0] * x + up[1] * y + up[2] * z
        u, v, w = up[0] - along * x, up[1] - along * y, up[2] - along * z
        if np.sqrt(u * u + v * v + w * w) < 0.1:
            u, v, w = 0.2 * y - 0.3 * z, z - 0.2 * x, 0.3 * x - y
        u, v, w = _unit(np.array((u, v, w)))
        p, q, r = v * z - w * y, w * x - u * z, u * y - v * x
        for n in range(sides):
            a, b = radius[k] * cosines[n], radius[k] * sines[n]
            found[k, n, 0] = curve[k, 0] + a * p + b * u
            found[k, n, 1] = curve[k, 1] + a * q + b * v
            found[k, n, 2] = curve[k, 2] + a * r + b * w
    return found


@njit(cache=True, error_model="numpy")
def _unit(way):
    length = max(np.sqrt(way[0] * way[0] + way[1] * way[1] + way[2] * way[2]), 1e-9)
    return way[0] / length, way[1] / length, way[2] / length
