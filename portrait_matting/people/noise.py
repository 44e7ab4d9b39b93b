"""Smooth noise in three dimensions with its gradient: folds and spots that move with the cloth."""

from functools import cache

import numpy as np
from numba import njit

_SIZE = 32  # cells on each side, after which the noise repeats itself
_WIDTH = 1.15  # cells: the standard deviation of the bell that makes white noise smooth; a fold is near 5 cells long


@cache
def _volume() -> np.ndarray:
    """float32 (N, N, N, 4): the noise, of mean 0 and standard deviation 1, and its gradient a cell."""
    white = np.random.default_rng(20).normal(size=(_SIZE,) * 3)
    frequency = np.fft.fftfreq(_SIZE)
    square = sum(axis**2 for axis in np.meshgrid(frequency, frequency, frequency, indexing="ij"))
    smooth = np.fft.ifftn(np.fft.fftn(white) * np.exp(-2 * (np.pi * _WIDTH) ** 2 * square)).real
    smooth = (smooth - smooth.mean()) / smooth.std()
    slopes = [(np.roll(smooth, -1, axis) - np.roll(smooth, 1, axis)) / 2 for axis in range(3)]
    return np.stack([smooth, *slopes], -1).astype(np.float32)


def noise(points: np.ndarray) -> np.ndarray:
    """The noise at points (n, 3), in cells, and its gradient: float32 (n, 4)."""
    return _interpolated(_volume(), np.ascontiguousarray(points, np.float32))


@njit(cache=True)
def _interpolated(volume, points):
    size = volume.shape[0]
    found = np.zeros((points.shape[0], 4), np.float32)
    for i in range(points.shape[0]):
        x0, y0, z0 = np.floor(points[i, 0]), np.floor(points[i, 1]), np.floor(points[i, 2])
        u, v, w = points[i, 0] - x0, points[i, 1] - y0, points[i, 2] - z0
        x, y, z = int(x0) % size, int(y0) % size, int(z0) % size
        for k in range(8):
            a, b, c = k & 1, (k >> 1) & 1, k >> 2
            weight = (u if a else 1 - u) * (v if b else 1 - v) * (w if c else 1 - w)
            cell = volume[(x + a) % size, (y + b) % size, (z + c) % size]
            for j in range(4):
                found[i, j] += weight * cell[j]
    return found
