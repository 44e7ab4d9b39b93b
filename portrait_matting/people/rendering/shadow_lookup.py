"""How much of a lamp's light reaches points, by what the lamp sees (`ShadowMap`)."""

import numpy as np
from numba import njit

_OFF = 0.003  # metres that a surface is lifted by, and
_SLOPED = 1.5  # widths of a sample besides, where light grazes it
_DENSITY = 0.45  # of the light that hair keeps away, where it covers a sample of the buffer once; others scatter it on
LAYERS = (0.006, 0.02, 0.05)
"""Metres behind the first hair, where the layers of hair end; the last has no end."""
BIAS = 0.008
"""Metres: what is so near to what the lamp sees is lit."""


@njit(cache=True, error_model="numpy")
def _through(behind, thick):
    """The share of light that comes through hair to a depth behind where it begins."""
    before, passed = np.float32(0), np.float32(0)
    for layer in range(len(LAYERS) + 1):
        end = np.float32(LAYERS[layer] if layer < len(LAYERS) else 2 * LAYERS[-1])
        if behind < end:
            passed += max(behind - before, np.float32(0)) / (end - before) * thick[layer]
            break
        passed += thick[layer]
        before = end
    return np.exp(np.float32(-_DENSITY) * passed)


@njit(cache=True, error_model="numpy")
def reached_on(points, normals, wide, position, axes, focal, across, down, depths, hair, thick, lit_until, dark_from):
    """The share of light at points that are lifted off their surfaces; `wide` metres is a sample of the buffer."""
    height, width = depths.shape
    found = np.empty(points.shape[0], np.float32)
    for i in range(points.shape[0]):
        n, p = normals[i], points[i]
        cosine = n[0] * axes[2, 0] + n[1] * axes[2, 1] + n[2] * axes[2, 2]
        grazing = np.sqrt(max(np.float32(1) - cosine * cosine, np.float32(0)))
        off = np.float32(_OFF) + np.float32(_SLOPED) * wide * grazing
        x = p[0] + off * n[0] - position[0]
        y = p[1] + off * n[1] - position[1]
        z = p[2] + off * n[2] - position[2]
        depth = axes[2, 0] * x + axes[2, 1] * y + axes[2, 2] * z
        scale = focal / depth
        column = (axes[0, 0] * x + axes[0, 1] * y + axes[0, 2] * z) * scale + across
        row = (axes[1, 0] * x + axes[1, 1] * y + axes[1, 2] * z) * scale + down
        x0, y0 = int(np.floor(column)), int(np.floor(row))
        if 0 <= x0 < width and 0 <= y0 < height:  # most points need no second look
            if depth <= lit_until[y0, x0]:
                found[i] = 1
                continue
            if depth > dark_from[y0, x0]:
                found[i] = 0
                continue
        found[i] = _lit_share(np.float32(column), np.float32(row), depth, depths, hair, thick)
    return found


@njit(cache=True, error_model="numpy")
def _lit_share(column, row, depth, depths, hair, thick):
    """The share of a square of two samples' width around a point that is lit: no steps from sample to sample."""
    height, width = depths.shape
    x0, y0 = int(np.floor(column)), int(np.floor(row))
    u, v, half = np.float32(column - x0), np.float32(row - y0), np.float32(0.5)
    columns, rows = (half - half * u, half, half * u), (half - half * v, half, half * v)  # of the square, by place
    lit = np.float32(0)
    for i in range(3):
        for j in range(3):
            x, y, weight = x0 + j - 1, y0 + i - 1, rows[i] * columns[j]
            if x < 0 or y < 0 or x >= width or y >= height:
                lit += weight
            elif depth <= depths[y, x] + np.float32(BIAS):
                behind = depth - hair[y, x]
                lit += weight * _through(behind, thick[y, x]) if behind > 0 else weight
    return lit


@njit(cache=True, error_model="numpy")
def reached_within(pixels, depth, numbers, depths, hair, thick):
    height, width = depths.shape
    found = np.ones(len(depth), np.float32)
    for i in range(len(depth)):
        u, v = numbers[i] * 0.618034, numbers[i] * 0.754878  # another place for each: no steps where samples meet
        x = int(pixels[i, 0] + 1.4 * (u - np.floor(u) - 0.5))
        y = int(pixels[i, 1] + 1.4 * (v - np.floor(v) - 0.5))
        if 0 <= x < width and 0 <= y < height:
            behind = depth[i] - hair[y, x]
            if depth[i] > depths[y, x] + np.float32(2 * BIAS):
                found[i] = 0
            elif behind > 0:
                found[i] = _through(behind, thick[y, x])
    return found
