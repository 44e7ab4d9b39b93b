"""What a lamp reaches: a depth buffer as it sees the scene (Williams, "Casting curved shadows", SIGGRAPH 1978)."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numba import njit

from portrait_matting.people.rendering.camera import Camera
from portrait_matting.people.rendering.light import Light
from portrait_matting.people.rendering.raster import see
from portrait_matting.people.rendering.shadow_lookup import BIAS, LAYERS, reached_on, reached_within
from portrait_matting.people.rendering.surface import Strands, Surface

_SIZE = 256  # samples on each side of the buffer
_FAR = 20.0  # metres, from where a lamp looks: nearly parallel rays
_ENOUGH = 2500  # strands: of more, some stand for all


@dataclass(frozen=True)
class ShadowMap:
    """What a lamp sees: `depth` float32 (N, N) of surfaces; `hair` float32 (N, N) of where hair begins and `thick`
    (N, N, 4) of how often hair covers the sample, in layers behind that (deep opacity maps; Yuksel and Keyser,
    Eurographics 2008)."""

    camera: Camera
    depth: np.ndarray
    hair: np.ndarray
    thick: np.ndarray

    def reached(self, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """How much of the lamp's light reaches points (n, 3) of surfaces: float32 (n,) in [0, 1].

        Args:
            points: metres.
            normals: (n, 3), of length 1. Points are moved along them, the further the more light only grazes them: a
                sample of the buffer is wide, and would shade what slopes within it.
        """
        lamp, wide = self.camera, np.float32(_FAR / self.camera.focal)
        seen = lamp.eye, lamp.axes, lamp.focal, *lamp.centre
        return reached_on(points, normals, wide, *seen, self.depth, self.hair, self.thick, *self._around)

    @cached_property
    def _around(self) -> tuple[np.ndarray, np.ndarray]:
        """(N, N) each: the depth up to which all of the 3 × 3 samples around one are lit, and from which none is."""
        square, outside = np.ones((3, 3), np.uint8), {"borderType": cv2.BORDER_CONSTANT, "borderValue": np.inf}
        lit, hair = (cv2.erode(values, square, **outside) for values in (self.depth, self.hair))
        dark = cv2.dilate(self.depth, square, **outside)
        return np.minimum(lit + np.float32(BIAS), hair), dark + np.float32(BIAS)

    def reached_within(self, points: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """How much of the lamp's light reaches points of hair itself, less even, for hair is not: float32 (n,).

        Args:
            points: (n, 3), metres.
            numbers: (n,), of the points: each is looked up a little beside, as its number has it.
        """
        pixels, depth = self.camera.project(points)
        return reached_within(pixels, depth, numbers, self.depth, self.hair, self.thick)


def shadow_maps(surfaces: list[Surface], strands: list[Strands], light: Light, shadows: bool) -> list[ShadowMap | None]:
    """What each source of the light reaches; None of one that throws no shadow."""
    if not surfaces or not shadows:
        return [None] * len(light.sources)
    low, high = np.full(3, np.inf, np.float32), np.full(3, -np.inf, np.float32)
    for surface in surfaces:
        _widen(low, high, surface.points)
    middle, radius = (low + high) / 2, float(np.linalg.norm(high - low)) / 2
    return [
        shadow_map(surfaces, strands, source.direction, middle, radius) if source.shadows else None
        for source in light.sources
    ]


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
    shape = (_SIZE, _SIZE)
    hair, thick = np.full(shape, np.inf, np.float32), np.zeros((*shape, len(LAYERS) + 1), np.float32)
    strides = [1 + len(strand.points) // _ENOUGH for strand in strands]
    seen = [camera.project(strand.points[::each]) for strand, each in zip(strands, strides, strict=True)]
    for pixels, far in seen:
        _begin(pixels, far, hair)
    for strand, each, (pixels, far) in zip(strands, strides, seen, strict=True):
        size = each * 2 * strand.radius[::each] / (2 * radius / _SIZE)  # of a sample's width
        _count(pixels, far, size.astype(np.float32), hair, thick)
    return ShadowMap(camera, depth, hair, thick)


@njit(cache=True, error_model="numpy")
def _widen(low, high, points):
    """Widens bounds (3,) to those of points (n, 3), too: in place."""
    for i in range(points.shape[0]):
        for c in range(3):
            low[c], high[c] = min(low[c], points[i, c]), max(high[c], points[i, c])


@njit(cache=True, error_model="numpy")
def _begin(pixels, depth, hair):
    """Finds where hair begins."""
    height, width = hair.shape
    for s in range(pixels.shape[0]):
        for k in range(pixels.shape[1]):
            x, y = int(pixels[s, k, 0]), int(pixels[s, k, 1])
            if 0 <= x < width and 0 <= y < height and depth[s, k] < hair[y, x]:
                hair[y, x] = depth[s, k]


@njit(cache=True, error_model="numpy")
def _count(pixels, depth, size, hair, thick):
    """Adds the length of strands, in samples, times their width, to the samples that they pass."""
    height, width = hair.shape
    for s in range(pixels.shape[0]):
        for k in range(pixels.shape[1] - 1):
            dx, dy = pixels[s, k + 1, 0] - pixels[s, k, 0], pixels[s, k + 1, 1] - pixels[s, k, 1]
            length = np.sqrt(dx * dx + dy * dy)
            steps = int(length) + 1
            for i in range(steps):
                t = (i + np.float32(0.5)) / steps
                x, y = int(pixels[s, k, 0] + t * dx), int(pixels[s, k, 1] + t * dy)
                if x < 0 or y < 0 or x >= width or y >= height:
                    continue
                z = depth[s, k] + t * (depth[s, k + 1] - depth[s, k])
                if z < hair[y, x]:
                    hair[y, x] = z
                behind = z - hair[y, x]
                layer = 0
                while layer < len(LAYERS) and behind > LAYERS[layer]:
                    layer += 1
                thick[y, x, layer] += size[s] * length / steps
