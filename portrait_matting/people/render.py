"""Surfaces and strands, a camera and a light: a picture of people with its exact alpha, and nothing behind them."""

from dataclasses import dataclass

import numpy as np
from numba import njit

from portrait_matting.people.camera import Camera
from portrait_matting.people.light import Light
from portrait_matting.people.occlusion import openness
from portrait_matting.people.raster import Seen, add, see
from portrait_matting.people.shading import lit
from portrait_matting.people.shadow import ShadowMap, shadow_map
from portrait_matting.people.surface import Samples, Strands, Surface

SUPERSAMPLING = 2
"""Samples of a pixel each way."""


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
    chosen = _chosen(seen.surface, seen.depth, supersampling)
    for number, surface in enumerate(solid):
        _paint(colour, surface, seen, chosen & (seen.surface == number), camera, light, maps, open_, supersampling)
    _spread(colour, seen.surface, chosen, supersampling)
    for surface in _far_first([surface for surface in surfaces if surface.opacity < 1], camera):
        _glaze(colour, alpha, seen, surface, fine, camera, light, maps, open_)
    reduced = _reduced(colour, alpha, seen.depth, supersampling)
    return Rendered(*reduced)


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


def _paint(colour, surface, seen: Seen, where, camera, light, maps, open_, supersampling) -> None:
    """Shades the samples `where` of a surface."""
    rows, columns = np.nonzero(where)
    if not len(rows):
        return
    samples = _samples(surface, seen, rows, columns, camera, supersampling)
    colour[rows, columns] = _shaded(surface, samples, camera, light, maps, open_[rows, columns])


def _shaded(surface: Surface, samples: Samples, camera, light, maps, open_) -> np.ndarray:
    ones = np.ones(len(samples.position), np.float32)
    offset = samples.position + np.float32(0.004) * samples.normal  # off the surface's own coarse shadow
    reached = [ones if shadow is None else shadow.reached(offset) for shadow in maps]
    return lit(surface.look(samples), samples.position, camera.position, light, reached, open_)


def _samples(surface: Surface, seen: Seen, rows, columns, camera: Camera, supersampling: int) -> Samples:
    triangles = seen.triangle[rows, columns]
    weights = seen.weights[rows, columns]
    corners = surface.triangles[triangles]
    position = _mean(surface.points, corners, weights)
    normal = _mean(surface.normals, corners, weights)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    towards = camera.position.astype(np.float32) - position
    towards /= np.maximum(np.linalg.norm(towards, axis=1, keepdims=True), 1e-6)
    facing = (normal * towards).sum(1, keepdims=True)
    beyond = np.where(facing < 0, normal - facing * towards, normal)  # at an outline smooth normals point past it
    normal = np.where(facing < -0.35, -normal, beyond)  # the other side of cloth
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    count = len(rows)
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
        footprint=(seen.depth[rows, columns] / np.float32(camera.focal)),
    )


@njit(cache=True)
def _mean(values, corners, weights):
    """The values of vertices (V, C) at samples: (n, C)."""
    found = np.empty((corners.shape[0], values.shape[1]), np.float32)
    for i in range(corners.shape[0]):
        v, w = weights[i, 0], weights[i, 1]
        u = 1 - v - w
        for c in range(values.shape[1]):
            found[i, c] = u * values[corners[i, 0], c] + v * values[corners[i, 1], c] + w * values[corners[i, 2], c]
    return found


@njit(cache=True)
def _chosen(surfaces, depths, size):
    """Which samples are shaded: one of a pixel's that see the same surface without a step, else each of them."""
    height, width = surfaces.shape
    found = np.zeros((height, width), np.bool_)
    for y in range(0, height, size):
        for x in range(0, width, size):
            first, near, far, one = surfaces[y, x], np.inf, 0.0, True
            for i in range(size):
                for j in range(size):
                    one = one and surfaces[y + i, x + j] == first
                    near, far = min(near, depths[y + i, x + j]), max(far, depths[y + i, x + j])
            if one:
                one = first < 0 or far - near < 0.02
            if one:
                found[y + size // 2, x + size // 2] = first >= 0
            else:
                for i in range(size):
                    for j in range(size):
                        found[y + i, x + j] = surfaces[y + i, x + j] >= 0
    return found


@njit(cache=True)
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
    rows, columns = np.nonzero(alone.surface >= 0)
    if not len(rows):
        return
    samples = _samples(surface, alone, rows, columns, camera, 1)
    shaded = _shaded(surface, samples, camera, light, maps, open_[rows, columns])
    share = np.float32(surface.opacity)
    colour[rows, columns] = share * shaded + (1 - share) * colour[rows, columns]
    alpha[rows, columns] = share + (1 - share) * alpha[rows, columns]


def _reduced(colour, alpha, depth, size):
    height, width = alpha.shape[0] // size, alpha.shape[1] // size
    blocks = colour.reshape(height, size, width, size, 3).mean((1, 3), dtype=np.float32)
    covered = alpha.reshape(height, size, width, size).mean((1, 3), dtype=np.float32)
    nearest = depth.reshape(height, size, width, size).min((1, 3))
    return blocks, covered, nearest
