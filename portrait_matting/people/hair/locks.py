"""What is done to strands that have grown: gathered in locks, curled, cut, and kept off the body."""

import numpy as np
from numba import njit

from portrait_matting.people.hair.clearance import probe
from portrait_matting.people.hair.growth import unit


@njit(cache=True, error_model="numpy")
def away_from_axis(points, lower, upper):
    """Directions of points (S, K, 3) away from the line between two points, of length 1."""
    found = np.empty_like(points)
    x, y, z = upper[0] - lower[0], upper[1] - lower[1], upper[2] - lower[2]
    long = x * x + y * y + z * z
    for s in range(points.shape[0]):
        for k in range(points.shape[1]):
            u, v, w = points[s, k, 0] - lower[0], points[s, k, 1] - lower[1], points[s, k, 2] - lower[2]
            at = min(max((u * x + v * y + w * z) / long, 0.0), 1.0)
            u, v, w = unit(u - at * x, v - at * y, w - at * z)
            found[s, k, 0], found[s, k, 1], found[s, k, 2] = u, v, w
    return found


@njit(cache=True, error_model="numpy")
def gather(points, tuft, number, share, steady, early):
    """Draws the strands of a tuft together, the more the nearer to their tips, `early` times sooner: in place.

    To the mean of those that are `steady`, (S,): whether one of the others flies away is no matter of theirs.
    """
    length = points.shape[1]
    means = np.zeros((number, length, 3), np.float32)
    counts = np.zeros(number, np.float32)
    for s in range(points.shape[0]):
        if steady[s]:
            counts[tuft[s]] += 1
            means[tuft[s]] += points[s]
    for t in range(number):
        means[t] /= max(counts[t], 1)
    for s in range(points.shape[0]):
        if counts[tuft[s]] == 0:
            continue
        for k in range(1, length):
            own = share[s] * min(early * k / (length - 1), 1.0)
            for c in range(3):
                points[s, k, c] += own * (means[tuft[s], k, c] - points[s, k, c])


@njit(cache=True, error_model="numpy")
def curl(points, phase, width, turn, flat):
    """Winds strands around their own paths: in place.

    Args:
        points: (S, K, 3), metres.
        phase: (S,), radians, at the root.
        width: (S,), metres, the radius of a curl at the tip.
        turn: (S,), metres of hair in a turn.
        flat: 0 curls, 1 waves in one plane.
    """
    length = points.shape[1]
    for s in range(points.shape[0]):
        passed = 0.0
        before = points[s, 0].copy()
        end = points[s, length - 1] - before
        ax, ay, az = unit(end[1] + 0.3, -end[2], end[0])
        for k in range(1, length):
            x, y, z = points[s, k, 0] - before[0], points[s, k, 1] - before[1], points[s, k, 2] - before[2]
            step = np.sqrt(x * x + y * y + z * z) + 1e-9
            passed += step
            before[0], before[1], before[2] = points[s, k, 0], points[s, k, 1], points[s, k, 2]
            x, y, z = x / step, y / step, z / step
            along = ax * x + ay * y + az * z  # carried along, so that the curl does not jump
            ax, ay, az = unit(ax - along * x, ay - along * y, az - along * z)
            bx, by, bz = y * az - z * ay, z * ax - x * az, x * ay - y * ax
            angle = phase[s] + 2 * np.pi * passed / turn[s]
            out = width[s] * min(passed / (1.2 * turn[s] + 0.01), 1.0)
            u, v = out * np.cos(angle), out * np.sin(angle) * (1 - flat)
            points[s, k, 0] += u * ax + v * bx
            points[s, k, 1] += u * ay + v * by
            points[s, k, 2] += u * az + v * bz


@njit(cache=True, error_model="numpy")
def cut_off(points, ends):
    """Strands that end at `ends` (S,) of their steps, with as many points as before."""
    count, length = points.shape[:2]
    found = np.empty_like(points)
    for s in range(count):
        for k in range(length):
            at = ends[s] * k / (length - 1)
            i = min(int(at), length - 2)
            t = np.float32(at - i)
            for c in range(3):
                found[s, k, c] = points[s, i, c] + t * (points[s, i + 1, c] - points[s, i, c])
    return found


@njit(cache=True, error_model="numpy")
def keep_off(points, margin, origin, distance):
    """Moves points of strands that lie within `margin` metres of the body, or in it, out of it: in place."""
    for s in range(points.shape[0]):
        for k in range(1, points.shape[1]):
            gap, x, y, z = probe(points[s, k, 0], points[s, k, 1], points[s, k, 2], origin, distance)
            if gap < margin:
                move = margin - gap
                points[s, k, 0] += x * move
                points[s, k, 1] += y * move
                points[s, k, 2] += z * move


@njit(cache=True, error_model="numpy")
def nearest_of(points, centres):
    """Which centre (T, 3), of one or more, each point (n, 3), float32, is nearest to: int32 (n,)."""
    found = np.empty(len(points), np.int32)
    x, y, z = centres[:, 0].copy(), centres[:, 1].copy(), centres[:, 2].copy()
    far = np.empty(len(centres), np.float32)
    bits = far.view(np.int32)  # as whole numbers they are in the same order, and compared eight at a time
    for n in range(len(points)):
        for t in range(len(centres)):
            u, v, w = points[n, 0] - x[t], points[n, 1] - y[t], points[n, 2] - z[t]
            far[t] = u * u + v * v + w * w
        least = bits[0]
        for t in range(len(centres)):
            least = min(least, bits[t])
        at = 0
        while bits[at] != least:
            at += 1
        found[n] = at
    return found
