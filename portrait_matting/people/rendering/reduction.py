"""Samples of a picture reduced to pixels, and what is laid over both."""

import numpy as np
from numba import njit

from portrait_matting.people.rendering.strand_cover import FULL

_STEP = 0.004  # metres that the depths of a pixel's samples may differ by, and the pixel counts as one sample


@njit(cache=True, error_model="numpy")
def reduced(colour, alpha, depth, size):
    """Pixels of samples: the means of colour and alpha, and the least depth; numbers of those whose samples lie at
    several depths, int32 (H, W), -1 of the others; and how many these are."""
    height, width = alpha.shape[0] // size, alpha.shape[1] // size
    colour = colour.reshape(height, size, width, size, 3)
    alpha, depth = alpha.reshape(height, size, width, size), depth.reshape(height, size, width, size)
    blocks = np.zeros((height, width, 3), np.float32)
    covered, nearest = np.empty((height, width), np.float32), np.empty((height, width), np.float32)
    number, count = np.full((height, width), -1, np.int32), 0
    share = np.float32(1 / (size * size))
    for y in range(height):
        for x in range(width):
            total, near, far = np.float32(0), np.float32(np.inf), np.float32(-np.inf)
            for i in range(size):
                for j in range(size):
                    z = depth[y, i, x, j]
                    total += alpha[y, i, x, j]
                    near, far = min(near, z), max(far, z)
            covered[y, x], nearest[y, x] = share * total, near
            if near != far and not far - near < _STEP:
                number[y, x] = count
                count += 1
            if total > 0:
                for i in range(size):
                    for j in range(size):
                        for c in range(3):
                            blocks[y, x, c] += share * colour[y, i, x, j, c]
    return blocks, covered, nearest, number, count


@njit(cache=True, error_model="numpy")
def merge(under, covered, colour, alpha, number, size, over, apart):
    """Lays what was gathered over the pixels."""
    height, width = number.shape
    for y in range(height):
        for x in range(width):
            k = number[y, x]
            if k < 0:
                if over[y, x, 3] >= FULL:
                    for c in range(4):
                        over[y, x, c] /= over[y, x, 3]
                left = 1 - over[y, x, 3]
                if left < 1:
                    for c in range(3):
                        under[y, x, c] = over[y, x, c] + left * under[y, x, c]
                    covered[y, x] = over[y, x, 3] + left * covered[y, x]
                continue
            for c in range(3):
                under[y, x, c] = 0
            covered[y, x] = 0
            for s in range(size * size):
                i, j = y * size + s // size, x * size + s % size
                left = (1 - apart[k, s, 3]) / (size * size)
                for c in range(3):
                    under[y, x, c] += apart[k, s, c] / (size * size) + left * colour[i, j, c]
                covered[y, x] += apart[k, s, 3] / (size * size) + left * alpha[i, j]
