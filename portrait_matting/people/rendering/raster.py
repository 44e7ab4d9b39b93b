"""Which triangle each sample of the picture sees: a depth buffer, filled a triangle at a time.

A sample has the triangle and the perspective-correct weights of its corners; what things look like is decided later,
once a sample (deferred shading; Deering et al., SIGGRAPH 1988).
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from portrait_matting.people.rendering.camera import NEAR, Camera
from portrait_matting.people.rendering.surface import Surface

_EDGE = 1e-6  # a sample on the edge of two triangles belongs to both rather than to neither
_TILE = 8  # samples a side of the tiles whose farthest depth tells what is hidden
_NO_TILES = np.zeros((0, 0), np.float32)
NO_HEM = np.zeros(0, np.float32)
"""Of a surface that has none."""


@dataclass(frozen=True)
class Seen:
    """What each sample sees, (H, W).

    Attributes:
        depth: float32, metres along the camera's axis; inf where there is nothing.
        surface: int16, the number of the surface; -1 where there is nothing.
        triangle: int32, of the surface.
        weights: float32 (H, W, 2), of the triangle's second and third corner.
        projected: of each surface, where its points fall and how far they are: see `Camera.project`.
    """

    depth: np.ndarray
    surface: np.ndarray
    triangle: np.ndarray
    weights: np.ndarray
    projected: list[tuple[np.ndarray, np.ndarray]]


def see(surfaces: list[Surface], camera: Camera) -> Seen:
    """Looks at surfaces, all of them opaque."""
    shape = camera.height, camera.width
    seen = Seen(
        np.full(shape, np.inf, np.float32),
        np.full(shape, -1, np.int16),
        np.full(shape, -1, np.int32),
        np.zeros((*shape, 2), np.float32),
        [camera.project(surface.points) for surface in surfaces],
    )
    # those that face the other way are mostly hidden by the others, and cost little after them
    for back, tiles in ((False, _NO_TILES), (True, None)):
        tiles = _farthest(seen.depth) if tiles is None else tiles
        for number, (surface, (pixels, depth)) in enumerate(zip(surfaces, seen.projected, strict=True)):
            _fill(seen, surface, pixels, depth, number, back, tiles)
    return seen


def add(seen: Seen, surface: Surface, camera: Camera, number: int) -> None:
    """Looks at one more surface."""
    seen.projected.append(camera.project(surface.points))
    pixels, depth = seen.projected[-1]
    for back in (False, True):
        _fill(seen, surface, pixels, depth, number, back, _NO_TILES)


def _fill(seen: Seen, surface: Surface, pixels, depth, number: int, back: bool, tiles) -> None:
    hem = NO_HEM if surface.hem is None else surface.hem
    _filled(
        pixels,
        depth,
        surface.triangles,
        hem,
        number,
        back,
        tiles,
        seen.depth,
        seen.surface,
        seen.triangle,
        seen.weights,
    )


@njit(cache=True, error_model="numpy")
def _farthest(depths):
    """The farthest depth of each tile of samples."""
    height, width = depths.shape
    found = np.zeros((-(-height // _TILE), -(-width // _TILE)), np.float32)
    for y in range(height):
        for i in range(found.shape[1]):
            far = found[y // _TILE, i]
            for x in range(i * _TILE, min(i * _TILE + _TILE, width)):
                far = max(far, depths[y, x])
            found[y // _TILE, i] = far
    return found


@njit(cache=True, error_model="numpy")
def _hidden(nearest, top, bottom, left, right, tiles):
    """Whether all tiles that a box touches are nearer than it."""
    for i in range(top // _TILE, bottom // _TILE + 1):
        for j in range(left // _TILE, right // _TILE + 1):
            if tiles[i, j] >= nearest:
                return False
    return True


@njit(cache=True, error_model="numpy")
def span(low, high, weight, step):
    """Of the steps from `low` to `high`, those along which a weight, changed by `step` in each, is not below 0."""
    if step > 0:
        return max(low, (-_EDGE - weight) / step), high
    if step < 0:
        return low, min(high, (-_EDGE - weight) / step)
    return low, high  # an edge along the row: all rows of the triangle's box are on its side


@njit(cache=True, error_model="numpy")
def _filled(pixels, depth, triangles, hem, number, back, tiles, depths, surfaces, numbers, weights):
    """Looks at the triangles of a surface that face one way; `back`: clockwise on the picture."""
    height, width = depths.shape
    has_hem, tiled = hem.size > 0, tiles.size > 0
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0 = np.float64(pixels[a, 0]), np.float64(pixels[a, 1])
        x1, y1 = np.float64(pixels[b, 0]), np.float64(pixels[b, 1])
        x2, y2 = np.float64(pixels[c, 0]), np.float64(pixels[c, 1])
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if (area > 0) != back or abs(area) < 1e-12:
            continue
        left, right = max(0, int(np.ceil(min(x0, x1, x2) - 0.5))), min(width - 1, int(np.floor(max(x0, x1, x2) - 0.5)))
        if left > right:
            continue
        top, bottom = max(0, int(np.ceil(min(y0, y1, y2) - 0.5))), min(height - 1, int(np.floor(max(y0, y1, y2) - 0.5)))
        nearest = min(depth[a], depth[b], depth[c])
        if top > bottom or nearest < NEAR:
            continue
        if has_hem and hem[a] < 0 and hem[b] < 0 and hem[c] < 0:
            continue
        if tiled and _hidden(nearest, top, bottom, left, right, tiles):
            continue
        one = 1 / area
        i0, i1, i2 = 1 / np.float64(depth[a]), 1 / np.float64(depth[b]), 1 / np.float64(depth[c])
        # weights of b and c, and one over the depth, are linear over the picture: their steps from sample to sample
        u_x, u_y = (y2 - y0) * one, (x0 - x2) * one
        v_x, v_y = (y0 - y1) * one, (x1 - x0) * one
        i_x, i_y = u_x * (i1 - i0) + v_x * (i2 - i0), u_y * (i1 - i0) + v_y * (i2 - i0)
        dx = left + 0.5 - x0
        for y in range(top, bottom + 1):
            dy = y + 0.5 - y0
            u, v, near = dx * u_x + dy * u_y, dx * v_x + dy * v_y, i0 + dx * i_x + dy * i_y
            low, high = span(0.0, np.float64(right - left), u, u_x)
            low, high = span(low, high, v, v_x)
            low, high = span(low, high, 1 - u - v, -u_x - v_x)
            skip = int(np.ceil(low))
            u, v, near = u + skip * u_x, v + skip * v_x, near + skip * i_x
            for x in range(left + skip, left + int(np.floor(high)) + 1):
                if near * depths[y, x] > 1:
                    z = 1 / near
                    p, q = u * i1 * z, v * i2 * z
                    if not has_hem or (1 - p - q) * hem[a] + p * hem[b] + q * hem[c] >= 0:
                        depths[y, x] = z
                        surfaces[y, x] = number
                        numbers[y, x] = t
                        weights[y, x, 0] = p
                        weights[y, x, 1] = q
                u += u_x
                v += v_x
                near += i_x
