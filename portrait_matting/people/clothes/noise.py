"""Smooth noise in three dimensions with its gradient: folds and spots that move with the cloth."""

from functools import cache

import numpy as np
from numba import njit

_SIZE = 32  # cells on each side, after which the noise repeats itself
_WIDTH = 1.15  # cells: the standard deviation of the bell that makes white noise smooth; a fold is near 5 cells long


@cache
def volume() -> np.ndarray:
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
    return _interpolated(volume(), np.ascontiguousarray(points, np.float32))


@njit(cache=True, error_model="numpy")
def _interpolated(volume, points):
    found = np.empty((points.shape[0], 4), np.float32)
    for i in range(points.shape[0]):
        found[i, 0], found[i, 1], found[i, 2], found[i, 3] = noise_at(volume, points[i, 0], points[i, 1], points[i, 2])
    return found


@njit(cache=True, error_model="numpy")
def _cell(volume, px, py, pz):
    """The last index of a side, the indices of a point's cell, and where in it the point is, each in [0, 1)."""
    last = volume.shape[0] - 1  # a power of 2 less 1
    x0, y0, z0 = np.floor(px), np.floor(py), np.floor(pz)
    u, v, w = np.float32(px - x0), np.float32(py - y0), np.float32(pz - z0)
    x, y, z = int(x0) & last, int(y0) & last, int(z0) & last
    return last, x, y, z, u, v, w


@njit(cache=True, error_model="numpy")
def noise_at(volume, px, py, pz):
    """The noise at one point, for loops: its value and its gradient.

    Who changes it removes the __pycache__ of this folder:
    numba looks only at the file of the function that it compiles,
    not at those of what it calls.
    """
    last, x, y, z, u, v, w = _cell(volume, px, py, pz)
    a = b = c = d = np.float32(0)
    one = np.float32(1)
    for i in range(2):
        along = u if i else one - u
        xi = (x + i) & last
        for j in range(2):
            both = along * (v if j else one - v)
            yj = (y + j) & last
            for k in range(2):
                zk = (z + k) & last
                weight = both * (w if k else one - w)
                a += weight * volume[xi, yj, zk, 0]
                b += weight * volume[xi, yj, zk, 1]
                c += weight * volume[xi, yj, zk, 2]
                d += weight * volume[xi, yj, zk, 3]
    return a, b, c, d


@njit(cache=True, error_model="numpy")
def value_at(volume, px, py, pz):
    """The noise at one point without its gradient: as `noise_at`."""
    last, x, y, z, u, v, w = _cell(volume, px, py, pz)
    found, one = np.float32(0), np.float32(1)
    for i in range(2):
        along = u if i else one - u
        xi = (x + i) & last
        for j in range(2):
            both = along * (v if j else one - v)
            yj = (y + j) & last
            for k in range(2):
                found += both * (w if k else one - w) * volume[xi, yj, (z + k) & last, 0]
    return found
