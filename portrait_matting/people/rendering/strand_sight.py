"""Which segments of strands may be seen: those in the picture that no surface hides."""

import numpy as np
from numba import njit

from portrait_matting.people.rendering.camera import NEAR

BIAS = 0.0015
"""Metres: a hair that lies on the skin is before it, whatever rounding says."""
_FAR = np.float32(1e9)  # metres: nothing is farther


@njit(cache=True, error_model="numpy")
def seen_until(depth, number, size):
    """The depth up to which hair is seen in each pixel: float32 (H, W), finite; inf of those that are numbered."""
    found = np.empty(number.shape, np.float32)
    for y in range(found.shape[0]):
        for x in range(found.shape[1]):
            far = depth[y * size + size // 2, x * size + size // 2]
            found[y, x] = min(far + np.float32(BIAS), _FAR) if number[y, x] < 0 else np.inf
    return found


@njit(cache=True, error_model="numpy")
def hidden(x0, y0, x1, y1, z, until):
    """Whether a segment lies behind full pixels and surfaces, as every third pixel along its middle tells: it may be
    taken for hidden where it shows in a gap of a pixel or two."""
    steps = 1 + int(max(abs(x1 - x0), abs(y1 - y0)) / 3)
    dx, dy = (x1 - x0) / np.float32(steps), (y1 - y0) / np.float32(steps)
    for _ in range(steps + 1):
        x, y = int(x0), int(y0)
        if x < 0 or y < 0 or x >= until.shape[1] or y >= until.shape[0] or z <= until[y, x]:
            return False
        x0, y0 = x0 + dx, y0 + dy
    return True


@njit(cache=True, error_model="numpy")
def in_sight(pixels, depth, widths, until):
    """Segments of strands (S, K) that are in the picture and not hidden: the numbers of their first points, int32, and
    which points are of one, bool (S, K)."""
    count, length = depth.shape
    height, width = until.shape
    starts, seen, found = np.empty(count * (length - 1), np.int32), np.zeros(depth.shape, np.bool_), 0
    for s in range(count):
        for k in range(length - 1):
            x0, y0, x1, y1 = pixels[s, k, 0], pixels[s, k, 1], pixels[s, k + 1, 0], pixels[s, k + 1, 1]
            off, near = max(widths[s, k], widths[s, k + 1]) + 1, min(depth[s, k], depth[s, k + 1])
            if max(x0, x1) < -off or max(y0, y1) < -off or min(x0, x1) > width + off or min(y0, y1) > height + off:
                continue
            if not near >= NEAR or hidden(x0, y0, x1, y1, near, until):
                continue
            starts[found] = s * length + k
            seen[s, k] = seen[s, k + 1] = True
            found += 1
    return starts[:found], seen
