"""Which samples of a picture are shaded: one of a pixel, where its samples see the same surface."""

import numpy as np
from numba import njit

_STEP = 0.02  # metres: samples of a pixel that lie farther apart are shaded one by one


def chosen_of(
    surfaces: np.ndarray, depths: np.ndarray, size: int, count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The samples that are shaded, of each of `count` surfaces: one of a pixel's that see the same surface without a
    step, else each of them.

    Returns:
        Whether a sample is, bool (H, W); their numbers y * width + x by surface; and where each surface's begin, of
        length `count` + 1.
    """
    chosen = _chosen(surfaces, depths, size)
    numbers = np.flatnonzero(chosen)
    return chosen, *_by_surface(numbers, surfaces.reshape(-1), count)


@njit(cache=True, error_model="numpy")
def _chosen(surfaces, depths, size):
    chosen = np.zeros(surfaces.shape, np.bool_)
    height, width = surfaces.shape[0] // size, surfaces.shape[1] // size
    shape = height, size, width, size
    surfaces, depths, shaded = surfaces.reshape(shape), depths.reshape(shape), chosen.reshape(shape)
    for y in range(height):
        for x in range(width):
            first, near, far, one = surfaces[y, 0, x, 0], depths[y, 0, x, 0], depths[y, 0, x, 0], True
            for i in range(size):
                for j in range(size):
                    one &= surfaces[y, i, x, j] == first
                    near, far = min(near, depths[y, i, x, j]), max(far, depths[y, i, x, j])
            if one and (first < 0 or far - near < _STEP):
                shaded[y, size // 2, x, size // 2] = first >= 0
            else:
                for i in range(size):
                    for j in range(size):
                        shaded[y, i, x, j] = surfaces[y, i, x, j] >= 0
    return chosen


@njit(cache=True, error_model="numpy")
def _by_surface(numbers, surfaces, count):
    starts = np.zeros(count + 1, np.int64)
    for n in numbers:
        starts[surfaces[n] + 1] += 1
    starts = np.cumsum(starts)
    filled, where = starts.copy(), np.empty_like(numbers)
    for n in numbers:
        where[filled[surfaces[n]]] = n
        filled[surfaces[n]] += 1
    return where, starts


@njit(cache=True, error_model="numpy")
def spread(colour, surfaces, chosen, size):
    """Gives the samples that were not shaded the colour of the one of their pixel that was."""
    height, width = surfaces.shape
    for y in range(0, height, size):
        for x in range(0, width, size):
            if surfaces[y, x] < 0 or chosen[y, x]:  # nothing is there, or its samples were shaded one by one
                continue
            own = colour[y + size // 2, x + size // 2]
            for i in range(y, y + size):
                for j in range(x, x + size):
                    for c in range(3):
                        colour[i, j, c] = own[c]
