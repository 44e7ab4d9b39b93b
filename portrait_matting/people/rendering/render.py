"""Surfaces and strands, a camera and a light: a picture of people with its exact alpha, and nothing behind them."""

from dataclasses import dataclass

import numpy as np
from numba import njit

from portrait_matting.people.rendering.camera import Camera
from portrait_matting.people.rendering.light import Light
from portrait_matting.people.rendering.occlusion import openness
from portrait_matting.people.rendering.raster import Seen, add, see
from portrait_matting.people.rendering.shading import lit
from portrait_matting.people.rendering.shadow import ShadowMap, shadow_map
from portrait_matting.people.rendering.strands import draw_strands
from portrait_matting.people.rendering.surface import Samples, Strands, Surface

SUPERSAMPLING = 2
"""Samples of a pixel each way."""

_STEP = 0.02  # metres: samples of a pixel that lie farther apart are shaded one by one

_OUTLINE = 0.35  # the cosine: how far past an outline smooth normals point


@dataclass(frozen=True)
class Rendered:
    """Attributes:
    colour: float32 (H, W, 3), linear RGB, times alpha.
    alpha: float32 (H, W) in [0, 1].
    depth: float32 (H, W), metres of the nearest that a pixel sees; inf where there is nothing.
    """

    colour: np.ndarray
    alpha: np.ndarray
    depth: np.ndarray


def render(
    surfaces: list[Surface],
    strands: list[Strands],
    camera: Camera,
    light: Light,
    shadows: bool = True,
    supersampling: int = SUPERSAMPLING,
) -> Rendered:
    """Renders a scene without a background.

    Args:
        surfaces, strands: what is there.
        camera: of the picture.
        light: of the place.
        shadows: whether things keep light from one another.
        supersampling: samples of a pixel each way.
    """
    fine = camera.scaled(supersampling)
    solid = [surface for surface in surfaces if surface.opacity >= 1]
    seen = see(solid, fine)
    maps = shadow_maps(surfaces, strands, light, shadows)
    open_ = openness(seen.depth, fine) if shadows else np.ones_like(seen.depth)
    colour = np.zeros((*seen.depth.shape, 3), np.float32)
    alpha = (seen.surface >= 0).astype(np.float32)
    chosen, where, starts = _chosen(seen.surface, seen.depth, supersampling, len(solid))
    for number, surface in enumerate(solid):
        _paint(colour, surface, seen, where[starts[number] : starts[number + 1]], camera, light, maps, open_)
    _spread(colour, seen.surface, chosen, supersampling)
    for surface in _far_first([surface for surface in surfaces if surface.opacity < 1], camera):
        _glaze(colour, alpha, seen, surface, fine, camera, light, maps, open_)
    return Rendered(*draw_strands(colour, alpha, seen.depth, strands, camera, light, maps, supersampling))


def shadow_maps(surfaces, strands, light: Light, shadows: bool) -> list[ShadowMap | None]:
    """What each source of the light reaches; None of one that throws no shadow."""
    if not surfaces or not shadows:
        return [None] * len(light.sources)
    points = np.concatenate([surface.points for surface in surfaces])
    low, high = points.min(0), points.max(0)
    middle, radius = (low + high) / 2, float(np.linalg.norm(high - low)) / 2
    return [
        shadow_map(surfaces, strands, source.direction, middle, radius) if source.shadows else None
        for source in light.sources
    ]


def _paint(colour, surface, seen: Seen, where, camera, light, maps, open_) -> None:
    """Shades the samples `where` (numbers y * width + x) of a surface."""
    if not len(where):
        return
    samples = _samples(surface, seen, where, camera)
    colour.reshape(-1, 3)[where] = _shaded(surface, samples, camera, light, maps, open_.ravel()[where])


def _shaded(surface: Surface, samples: Samples, camera, light, maps, open_) -> np.ndarray:
    ones = np.ones(len(samples.position), np.float32)
    reached = [ones if shadow is None else shadow.reached(samples.position, samples.normal) for shadow in maps]
    return lit(surface.look(samples), samples.position, camera.position, light, reached, open_)


def _samples(surface: Surface, seen: Seen, where, camera: Camera) -> Samples:
    triangles = seen.triangle.ravel()[where]
    weights = seen.weights.reshape(-1, 2)[where]
    corners = surface.triangles[triangles]
    position = _mean(surface.points, corners, weights)
    normal = _mean(surface.normals, corners, weights)
    _face(normal, position, camera.position.astype(np.float32))
    count = len(where)
    ones = np.ones((count, 3), np.float32)
    second, third = weights[:, :1], weights[:, 1:]
    if surface.corners is None:
        uv = np.zeros((count, 2), np.float32)
    else:
        at = surface.corners[triangles]
        uv = at[:, 0] * (1 - second - third) + at[:, 1] * second + at[:, 2] * third
    hem = np.full(count, np.inf, np.float32)
    return Samples(
        position=position,
        normal=normal,
        rest=position if surface.rest is None else _mean(surface.rest, corners, weights),
        uv=uv,
        colour=ones if surface.colours is None else _mean(surface.colours, corners, weights),
        hem=hem if surface.hem is None else _mean(surface.hem[:, None], corners, weights)[:, 0],
        footprint=seen.depth.ravel()[where] / np.float32(camera.focal),
    )


@njit(cache=True, error_model="numpy")
def _face(normal, position, eye):
    """Makes normals (n, 3) unit vectors on the side of the eye.

    Near an outline smooth normals point a little past it, and are bent to lie along it; those that point far away are
    of the other side of cloth, and are turned round.
    """
    for i in range(normal.shape[0]):
        length, away, facing = np.float32(1e-12), np.float32(1e-12), np.float32(0)
        for c in range(3):
            towards = eye[c] - position[i, c]
            length += normal[i, c] * normal[i, c]
            away += towards * towards
            facing += normal[i, c] * towards
        cosine = facing / np.sqrt(length * away)
        if cosine < 0 and cosine > -_OUTLINE:
            rest = np.float32(1e-12)
            for c in range(3):
                normal[i, c] -= facing / away * (eye[c] - position[i, c])
                rest += normal[i, c] * normal[i, c]
            length = rest
        scale = np.float32(1 if cosine > -_OUTLINE else -1) / np.sqrt(length)
        for c in range(3):
            normal[i, c] *= scale


@njit(cache=True, error_model="numpy")
def _mean(values, corners, weights):
    """The values of vertices (V, C) at samples: (n, C)."""
    found = np.empty((corners.shape[0], values.shape[1]), np.float32)
    for i in range(corners.shape[0]):
        v, w = weights[i, 0], weights[i, 1]
        u = 1 - v - w
        for c in range(values.shape[1]):
            found[i, c] = u * values[corners[i, 0], c] + v * values[corners[i, 1], c] + w * values[corners[i, 2], c]
    return found


@njit(cache=True, error_model="numpy")
def _chosen(surfaces, depths, size, count):
    """The samples that are shaded, of each surface: one of a pixel's that see the same surface without a step, else
    each of them. Returns them by surface, as numbers y * width + x, and where each surface's begin."""
    height, width = surfaces.shape
    chosen = np.zeros((height, width), np.bool_)
    starts = np.zeros(count + 1, np.int64)
    for y in range(0, height, size):
        for x in range(0, width, size):
            first, near, far, one = surfaces[y, x], depths[y, x], depths[y, x], True
            for i in range(size):
                for j in range(size):
                    one = one and surfaces[y + i, x + j] == first
                    near, far = min(near, depths[y + i, x + j]), max(far, depths[y + i, x + j])
            if one and (first < 0 or far - near < _STEP):
                if first >= 0:
                    chosen[y + size // 2, x + size // 2] = True
                    starts[first + 1] += 1
            else:
                for i in range(size):
                    for j in range(size):
                        if surfaces[y + i, x + j] >= 0:
                            chosen[y + i, x + j] = True
                            starts[surfaces[y + i, x + j] + 1] += 1
    starts = np.cumsum(starts)
    filled, where = starts.copy(), np.empty(starts[-1], np.int64)
    for y in range(height):
        for x in range(width):
            if chosen[y, x]:
                where[filled[surfaces[y, x]]] = y * width + x
                filled[surfaces[y, x]] += 1
    return chosen, where, starts


@njit(cache=True, error_model="numpy")
def _spread(colour, surfaces, chosen, size):
    """Gives the samples that were not shaded the colour of the one of their pixel that was."""
    height, width = surfaces.shape
    for y in range(0, height, size):
        for x in range(0, width, size):
            row, column = y + size // 2, x + size // 2
            for i in range(size):
                for j in range(size):
                    if surfaces[y + i, x + j] >= 0 and not chosen[y + i, x + j]:
                        for c in range(3):
                            colour[y + i, x + j, c] = colour[row, column, c]


def _far_first(surfaces: list[Surface], camera: Camera) -> list[Surface]:
    return sorted(surfaces, key=lambda surface: -float(np.median(camera.project(surface.points)[1])))


def _glaze(colour, alpha, seen: Seen, surface: Surface, fine: Camera, camera, light, maps, open_) -> None:
    """Lays a surface that can be seen through over what is there."""
    alone = Seen(seen.depth.copy(), np.full_like(seen.surface, -1), seen.triangle.copy(), seen.weights.copy())
    add(alone, surface, fine, 0)
    where = np.flatnonzero(alone.surface >= 0)
    if not len(where):
        return
    samples = _samples(surface, alone, where, camera)
    shaded = _shaded(surface, samples, camera, light, maps, open_.ravel()[where])
    share = np.float32(surface.opacity)
    colours, alphas = colour.reshape(-1, 3), alpha.reshape(-1)
    colours[where] = share * shaded + (1 - share) * colours[where]
    alphas[where] = share + (1 - share) * alphas[where]
