"""Noise in three dimensions: what is uneven in skin, wool and stone looks the same on all sides and has no seams."""

from functools import cache

import cv2
import numpy as np
from numba import njit

SIZE = 64
"""Cells of the volume each way; it goes on periodically."""
SCALE = 28
"""What is kept, times the noise."""


@cache
def grain() -> np.ndarray:
    """Noise and its slopes: int8 (64, 64, 64, 4), periodic; what is uneven spans 3 cells.

    The last axis has the noise, of standard deviation 1, and its derivatives along the three axes, a cell, all of them
    times 28: a megabyte, which processors keep at hand, for it is looked up here and there.
    """
    noise = np.random.default_rng(15).normal(size=(SIZE, SIZE, SIZE)).astype(np.float32)
    for axis in range(3):
        rows = np.ascontiguousarray(np.moveaxis(noise, axis, -1)).reshape(-1, SIZE)
        rows = cv2.GaussianBlur(np.concatenate([rows, rows, rows], 1), (9, 1), 1.1)[:, SIZE : 2 * SIZE]
        noise = np.moveaxis(rows.reshape(SIZE, SIZE, SIZE), -1, axis)
    noise = (noise - noise.mean()) / noise.std()
    slopes = [(np.roll(noise, -1, axis) - np.roll(noise, 1, axis)) / 2 for axis in range(3)]
    return np.rint(np.clip(np.stack([noise, *slopes], -1) * SCALE, -127, 127)).astype(np.int8)


@njit(cache=True, error_model="numpy")
def value_at(volume, x, y, z):
    """The noise at a place in cells: linear between them."""
    places, shares = _around(x, y, z)
    return _mean(volume, places, shares, 0)


@njit(cache=True, error_model="numpy")
def at(volume, x, y, z):
    """The noise and its three slopes at a place in cells: linear between them."""
    places, shares = _around(x, y, z)
    return (
        _mean(volume, places, shares, 0),
        _mean(volume, places, shares, 1),
        _mean(volume, places, shares, 2),
        _mean(volume, places, shares, 3),
    )


@njit(cache=True, error_model="numpy", inline="always")
def _around(x, y, z):
    """The cells around a place, two along each axis, and the share of each of the eight."""
    i, j, k = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
    u, v, w = np.float32(x - i), np.float32(y - j), np.float32(z - k)
    one = np.float32(1)
    p, q = (one - u) * np.float32(1 / SCALE), u * np.float32(1 / SCALE)
    a, b, c, d = p * (one - v), p * v, q * (one - v), q * v
    places = (i & 63, j & 63, k & 63, (i + 1) & 63, (j + 1) & 63, (k + 1) & 63)
    return places, (a * (one - w), a * w, b * (one - w), b * w, c * (one - w), c * w, d * (one - w), d * w)


@njit(cache=True, error_model="numpy", inline="always")
def _mean(volume, places, shares, what):
    """The mean of one of the volume's four values."""
    i0, j0, k0, i1, j1, k1 = places
    w0, w1, w2, w3, w4, w5, w6, w7 = shares
    return (
        w0 * volume[i0, j0, k0, what]
        + w1 * volume[i0, j0, k1, what]
        + w2 * volume[i0, j1, k0, what]
        + w3 * volume[i0, j1, k1, what]
        + w4 * volume[i1, j0, k0, what]
        + w5 * volume[i1, j0, k1, what]
        + w6 * volume[i1, j1, k0, what]
        + w7 * volume[i1, j1, k1, what]
    )
