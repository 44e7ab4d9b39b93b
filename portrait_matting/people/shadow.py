"""What a lamp reaches: a depth buffer as it sees the scene (Williams, "Casting curved shadows", SIGGRAPH 1978)."""

from dataclasses import dataclass

import numpy as np
from numba import njit

from portrait_matting.people.camera import Camera
from portrait_matting.people.raster import see
from portrait_matting.people.surface import Strands, Surface

_SIZE = 256  # samples on each side of the buffer
_FAR = 20.0  # metres, from where a lamp looks: nearly parallel rays
_BIAS = 0.008  # metres: what is so near to what the lamp sees is lit
_DENSITY = 0.35  # of the light that a strand which passes by a sample keeps away, where strands lie 1 cm deep


@dataclass(frozen=True)
class ShadowMap:
    """What a lamp sees: `depth` float32 (N, N) of surfaces; `hair` float32 (N, N) of where hair begins and `thick`
    (N, N) of how much of it there is."""

    camera: Camera
    depth: np.ndarray
    hair: np.ndarray
    thick: np.ndarray

    def reached(self, points: np.ndarray, softness: float = 1.0) -> np.ndarray:
        """How much of the lamp's light reaches points (n, 3): float32 (n,) in [0, 1].

        Args:
            points: metres.
            softness: half the width, in samples of the buffer, of the border of a shadow.
        """
        pixels, depth = self.camera.project(points)
        return _reached(pixels, depth, self.depth, self.hair, self.thick, np.float32(softness))


def shadow_map(
    surfaces: list[Surface], strands: list[Strands], direction: np.ndarray, middle: np.ndarray, radius: float
):
    """What a lamp in `direction` sees of the ball of `radius` metres around `middle`."""
    forward = -np.asarray(direction, np.float64)
    side = np.array([0.0, 0.0, 1.0]) if abs(forward[2]) < 0.9 else np.array([0.0, 1.0, 0.0])
    right = np.cross(forward, side)
    right /= np.linalg.norm(right)
    camera = Camera(
        middle - _FAR * forward,
        right,
        np.cross(right, forward),
        forward,
        _SIZE / 2 / radius * _FAR,
        (_SIZE / 2, _SIZE / 2),
        _SIZE,
        _SIZE,
    )
    depth = see([surface for surface in surfaces if surface.casts], camera).depth
    hair, thick = np.full((_SIZE, _SIZE), np.inf, np.float32), np.zeros((_SIZE, _SIZE), np.float32)
    for strand in strands:
        pixels, far = camera.project(strand.points)
        size = strand.radius / (radius / _SIZE)  # of a sample's width
        _count(pixels, far, size.astype(np.float32), hair, thick)
    return ShadowMap(camera, depth, hair, thick)


@njit(cache=True)
def _count(pixels, depth, size, hair, thick):
    """Adds the length of strands, in samples, times their width, to the samples that they pass."""
    height, width = hair.shape
    for s in range(pixels.shape[0]):
        for k in range(pixels.shape[1]):
            x, y = int(pixels[s, k, 0]), int(pixels[s, k, 1])
            if x < 0 or y < 0 or x >= width or y >= height:
                continue
            if k > 0:
                dx = pixels[s, k, 0] - pixels[s, k - 1, 0]
                dy = pixels[s, k, 1] - pixels[s, k - 1, 1]
                thick[y, x] += size[s] * np.sqrt(dx * dx + dy * dy)
            if depth[s, k] < hair[y, x]:
                hair[y, x] = depth[s, k]


@njit(cache=True)
def _reached(pixels, depth, depths, hair, thick, softness):
    height, width = depths.shape
    found = np.empty(len(depth), np.float32)
    for i in range(len(depth)):
        lit = np.float32(0)
        for k in range(9):
            x = int(pixels[i, 0] + softness * (k % 3 - 1))
            y = int(pixels[i, 1] + softness * (k // 3 - 1))
            if x < 0 or y < 0 or x >= width or y >= height:
                lit += 1
                continue
            if depth[i] > depths[y, x] + _BIAS:
                continue
            behind = min(max(depth[i] - hair[y, x], 0.0), 0.06) / 0.01
            lit += np.exp(-_DENSITY * behind * min(thick[y, x], 3.0))
        found[i] = lit / 9
    return found
