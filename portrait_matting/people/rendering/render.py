"""Surfaces and strands, a camera and a light: a picture of people with its exact alpha, and nothing behind them."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from portrait_matting.people.rendering.camera import Camera
from portrait_matting.people.rendering.light import Light
from portrait_matting.people.rendering.occlusion import openness
from portrait_matting.people.rendering.outline import outline_of
from portrait_matting.people.rendering.raster import Seen, add, see
from portrait_matting.people.rendering.sampling import place, samples_of
from portrait_matting.people.rendering.shading import lit
from portrait_matting.people.rendering.shading_rate import chosen_of, spread
from portrait_matting.people.rendering.shadow import shadow_maps
from portrait_matting.people.rendering.strands import draw_strands
from portrait_matting.people.rendering.surface import Samples, Strands, Surface

SUPERSAMPLING = 2
"""Samples of a pixel each way."""

_DENSE = 0.4  # the opacity from where hair behind a surface is seen through it: not of clear lenses, which hide none


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
    chosen, where, starts = chosen_of(seen.surface, seen.depth, supersampling, len(solid))
    for number, surface in enumerate(solid):
        _paint(colour, surface, seen, where[starts[number] : starts[number + 1]], camera, light, maps, open_)
    spread(colour, seen.surface, chosen, supersampling)
    outline = outline_of(seen, solid)
    for surface in _far_first([surface for surface in surfaces if surface.opacity < 1], camera):
        _glaze(colour, alpha, seen, surface, strands, fine, camera, light, maps, open_)
    samples = colour, alpha, seen.depth
    found = Rendered(*draw_strands(*samples, strands, camera, light, maps, supersampling, outline))
    return replace(found, depth=_without_gaps(found.depth, found.alpha))


def _without_gaps(depth: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Depths of pixels; where an outline alone reaches into one, that of the nearest beside it."""
    beside = cv2.erode(depth, np.ones((3, 3), np.uint8))
    return np.where(np.isinf(depth) & (alpha > 0), beside, depth)


def _paint(colour, surface, seen: Seen, where, camera, light, maps, open_) -> None:
    """Shades the samples `where` (numbers y * width + x) of a surface."""
    if not len(where):
        return
    samples = samples_of(surface, seen, where, camera)
    place(_shaded(surface, samples, camera, light, maps, open_.reshape(-1).take(where)), where, colour.reshape(-1, 3))


def _shaded(surface: Surface, samples: Samples, camera, light, maps, open_) -> np.ndarray:
    ones = np.ones(len(samples.position), np.float32)
    reached = [ones if shadow is None else shadow.reached(samples.position, samples.normal) for shadow in maps]
    return lit(surface.look(samples), samples.position, camera.position, light, reached, open_)


def _far_first(surfaces: list[Surface], camera: Camera) -> list[Surface]:
    return sorted(surfaces, key=lambda surface: -float(np.median(camera.project(surface.points)[1])))


def _glaze(colour, alpha, seen: Seen, surface: Surface, strands, fine: Camera, camera, light, maps, open_) -> None:
    """Lays a surface that can be seen through over what is there, and over the hair behind it where it is dense."""
    alone = Seen(seen.depth.copy(), np.full_like(seen.surface, -1), seen.triangle.copy(), seen.weights.copy(), [])
    add(alone, surface, fine, 0)
    where = np.flatnonzero(alone.surface >= 0)
    if not len(where):
        return
    if surface.opacity >= _DENSE:
        _lay_behind(colour, alpha, seen.depth, where, strands, camera, light, maps)
        # hair that is drawn afterwards lies before it, or is not seen again
        seen.depth.reshape(-1)[where] = alone.depth.ravel()[where]
    samples = samples_of(surface, alone, where, camera)
    shaded = _shaded(surface, samples, camera, light, maps, open_.ravel()[where])
    share = np.float32(surface.opacity)
    colours, alphas = colour.reshape(-1, 3), alpha.reshape(-1)
    colours[where] = share * shaded + (1 - share) * colours[where]
    alphas[where] = share + (1 - share) * alphas[where]


def _lay_behind(colour, alpha, depth, where, strands: list[Strands], camera: Camera, light, maps) -> None:
    """Lays strands over the samples `where` alone: in place."""
    size = len(depth) // camera.height
    rows, columns = np.divmod(where, depth.shape[1])
    top, left = rows.min() // size, columns.min() // size
    bottom, right = rows.max() // size + 1, columns.max() // size + 1
    centre = camera.centre[0] - left, camera.centre[1] - top
    part = replace(camera, centre=centre, height=int(bottom - top), width=int(right - left))
    near = [found for strand in strands if (found := _within(strand, part)).points.size]
    if not near:
        return
    box = slice(size * top, size * bottom), slice(size * left, size * right)
    parts = (np.ascontiguousarray(values[box]) for values in (colour, alpha, depth))
    found, covered, _ = draw_strands(*parts, near, part, light, maps, size)
    pixels = rows // size - top, columns // size - left
    colour.reshape(-1, 3)[where], alpha.reshape(-1)[where] = found[pixels], covered[pixels]


def _within(strands: Strands, camera: Camera) -> Strands:
    """The strands that may be seen in a picture: those whose points' bounds touch it."""
    pixels, _ = camera.project(strands.points)
    chosen = (pixels.max(1) > 0).all(1) & (pixels.min(1) < (camera.width, camera.height)).all(1)
    normals = None if strands.normals is None else strands.normals[chosen]
    kept = strands.points[chosen], strands.radius[chosen], strands.colours[chosen]
    return Strands(*kept, strands.shine, normals)
