"""Which samples of a picture are shaded: one of a pixel, where its samples see the same surface."""

import numpy as np
from numba import njit

_STEP = 0.02  # metres: samples of a pixel that lie farther apart are shaded one by one


@njit(cache=True, error_model="numpy")
def chosen_of(surfaces, depths, size, count):
    """The samples that are shaded, of each surface: one of a pixel's that see the same surface without a step, else
    each of them. Returns them by surface, as numbers y * width + x, and where each surface's begin."""
    height, width = surfaces.shape
    chosen = np.zeros((height, width), np.bool_)
    starts = np.zeros(count + 1, np.int64)
    for y in range(0, height, size):
        for x in range(0, width, size):
            first, near, far, one = surfaces[y, x], depths[y, x], depths[y, x], True
            for i in range(size):
                for j in range(size):
                    one = one and surfaces[y + i, x + j] == first
                    near, far = min(near, depths[y + i, x + j]), max(far, depths[y + i, x + j])
            if one and (first < 0 or far - near < _STEP):
                if first >= 0:
                    chosen[y + size // 2, x + size // 2] = True
                    starts[first + 1] += 1
            else:
                for i in range(size):
                    for j in range(size):
                        if surfaces[y + i, x + j] >= 0:
                            chosen[y + i, x + j] = True
                            starts[surfaces[y + i, x + j] + 1] += 1
    starts = np.cumsum(starts)
    filled, where = starts.copy(), np.empty(starts[-1], np.int64)
    for y in range(height):
        for x in range(width):
            if chosen[y, x]:
                where[filled[surfaces[y, x]]] = y * width + x
                filled[surfaces[y, x]] += 1
    return chosen, where, starts


@njit(cache=True, error_model="numpy")
def spread(colour, surfaces, chosen, size):
    """Gives the samples that were not shaded the colour of the one of their pixel that was."""
    height, width = surfaces.shape
    for y in range(0, height, size):
        for x in range(0, width, size):
            row, column = y + size // 2, x + size // 2
            for i in range(size):
                for j in range(size):
                    if surfaces[y + i, x + j] >= 0 and not chosen[y + i, x + j]:
                        for c in range(3):
                            colour[y + i, x + j, c] = colour[row, column, c]
