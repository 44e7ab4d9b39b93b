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


@dataclass(frozen=True)
class Seen:
    """What each sample sees, (H, W).

    Attributes:
        depth: float32, metres along the camera's axis; inf where there is nothing.
        surface: int16, the number of the surface; -1 where there is nothing.
        triangle: int32, of the surface.
        weights: float32 (H, W, 2), of the triangle's second and third corner.
    """

    depth: np.ndarray
    surface: np.ndarray
    triangle: np.ndarray
    weights: np.ndarray


def see(surfaces: list[Surface], camera: Camera) -> Seen:
    """Looks at surfaces, all of them opaque."""
    shape = camera.height, camera.width
    seen = Seen(
        np.full(shape, np.inf, np.float32),
        np.full(shape, -1, np.int16),
        np.full(shape, -1, np.int32),
        np.zeros((*shape, 2), np.float32),
    )
    for number, surface in enumerate(surfaces):
        add(seen, surface, camera, number)
    return seen


def add(seen: Seen, surface: Surface, camera: Camera, number: int) -> None:
    """Looks at one more surface."""
    pixels, depth = camera.project(surface.points)
    hem = _NO_HEM if surface.hem is None else surface.hem
    _fill(pixels, depth, surface.triangles, hem, number, seen.depth, seen.surface, seen.triangle, seen.weights)


_NO_HEM = np.zeros(0, np.float32)


@njit(cache=True, error_model="numpy")
def _fill(pixels, depth, triangles, hem, number, depths, surfaces, numbers, weights):
    height, width = depths.shape
    inverse = np.empty(len(depth), np.float64)
    for v in range(len(depth)):
        inverse[v] = 1 / np.float64(depth[v])
    has_hem = hem.size > 0
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0 = np.float64(pixels[a, 0]), np.float64(pixels[a, 1])
        x1, y1 = np.float64(pixels[b, 0]), np.float64(pixels[b, 1])
        x2, y2 = np.float64(pixels[c, 0]), np.float64(pixels[c, 1])
        left, right = max(0, int(np.ceil(min(x0, x1, x2) - 0.5))), min(width - 1, int(np.floor(max(x0, x1, x2) - 0.5)))
        if left > right:
            continue
        top, bottom = max(0, int(np.ceil(min(y0, y1, y2) - 0.5))), min(height - 1, int(np.floor(max(y0, y1, y2) - 0.5)))
        if top > bottom or depth[a] < NEAR or depth[b] < NEAR or depth[c] < NEAR:
            continue
        if has_hem and hem[a] < 0 and hem[b] < 0 and hem[c] < 0:
            continue
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if abs(area) < 1e-12:
            continue
        one = 1 / area
        i0, i1, i2 = inverse[a], inverse[b], inverse[c]
        # weights of b and c, and one over the depth, are linear over the picture: their steps from sample to sample
        u_x, u_y = (y2 - y0) * one, (x0 - x2) * one
        v_x, v_y = (y0 - y1) * one, (x1 - x0) * one
        i_x, i_y = u_x * (i1 - i0) + v_x * (i2 - i0), u_y * (i1 - i0) + v_y * (i2 - i0)
        dx = left + 0.5 - x0
        for y in range(top, bottom + 1):
            dy = y + 0.5 - y0
            u, v, near = dx * u_x + dy * u_y, dx * v_x + dy * v_y, i0 + dx * i_x + dy * i_y
            for x in range(left, right + 1):
                if u >= -_EDGE and v >= -_EDGE and u + v <= 1 + _EDGE and near * depths[y, x] > 1:
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
