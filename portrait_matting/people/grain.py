"""Noise in three dimensions: what is uneven in skin, wool and stone looks the same on all sides and has no seams."""

from functools import cache

import cv2
import numpy as np
from numba import njit

SIZE = 64
"""Cells of the volume each way; it goes on periodically."""


@cache
def grain() -> np.ndarray:
    """Noise and its slopes: float32 (64, 64, 64, 4), periodic, of standard deviation 1; what is uneven spans 3 cells.

    The last axis has the noise and its derivatives along the three axes, a cell.
    """
    noise = np.random.default_rng(15).normal(size=(SIZE, SIZE, SIZE)).astype(np.float32)
    for axis in range(3):
        rows = np.ascontiguousarray(np.moveaxis(noise, axis, -1)).reshape(-1, SIZE)
        rows = cv2.GaussianBlur(np.concatenate([rows, rows, rows], 1), (9, 1), 1.1)[:, SIZE : 2 * SIZE]
        noise = np.moveaxis(rows.reshape(SIZE, SIZE, SIZE), -1, axis)
    noise = (noise - noise.mean()) / noise.std()
    slopes = [(np.roll(noise, -1, axis) - np.roll(noise, 1, axis)) / 2 for axis in range(3)]
    return np.ascontiguousarray(np.stack([noise, *slopes], -1), np.float32)


@njit(cache=True, inline="always")
def at(volume, x, y, z):
    """The noise and its three slopes at a place in cells: linear between them."""
    i, j, k = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
    u, v, w = np.float32(x - i), np.float32(y - j), np.float32(z - k)
    i, j, k = i & 63, j & 63, k & 63
    l, m, n = (i + 1) & 63, (j + 1) & 63, (k + 1) & 63
    a, b = (1 - u) * (1 - v), (1 - u) * v
    c, d = u * (1 - v), u * v
    e = 1 - w
    p000, p001, p010, p011 = volume[i, j, k], volume[i, j, n], volume[i, m, k], volume[i, m, n]
    p100, p101, p110, p111 = volume[l, j, k], volume[l, j, n], volume[l, m, k], volume[l, m, n]
    w000, w001, w010, w011 = a * e, a * w, b * e, b * w
    w100, w101, w110, w111 = c * e, c * w, d * e, d * w
    value = (
        w000 * p000[0] + w001 * p001[0] + w010 * p010[0] + w011 * p011[0]
        + w100 * p100[0] + w101 * p101[0] + w110 * p110[0] + w111 * p111[0]
    )  # fmt: skip
    dx = (
        w000 * p000[1] + w001 * p001[1] + w010 * p010[1] + w011 * p011[1]
        + w100 * p100[1] + w101 * p101[1] + w110 * p110[1] + w111 * p111[1]
    )  # fmt: skip
    dy = (
        w000 * p000[2] + w001 * p001[2] + w010 * p010[2] + w011 * p011[2]
        + w100 * p100[2] + w101 * p101[2] + w110 * p110[2] + w111 * p111[2]
    )  # fmt: skip
    dz = (
        w000 * p000[3] + w001 * p001[3] + w010 * p010[3] + w011 * p011[3]
        + w100 * p100[3] + w101 * p101[3] + w110 * p110[3] + w111 * p111[3]
    )  # fmt: skip
    return value, dx, dy, dz
