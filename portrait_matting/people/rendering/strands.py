"""Strands of hair, laid over a render: thinner than a pixel, so that the share of a pixel that one covers is computed.

They are laid over the surfaces of which a picture has several samples a pixel: see `strand_cover`.
"""

import numpy as np
from numba import njit

from portrait_matting.people.rendering.camera import NEAR, Camera
from portrait_matting.people.rendering.light import Light
from portrait_matting.people.rendering.outline import Outline, soften
from portrait_matting.people.rendering.reduction import merge, reduced
from portrait_matting.people.rendering.shadow import ShadowMap
from portrait_matting.people.rendering.strand_cover import lay
from portrait_matting.people.rendering.strand_shading import strand_colours, thinned
from portrait_matting.people.rendering.strand_sight import in_sight, seen_until
from portrait_matting.people.rendering.surface import Strands

_TIP = 0.2  # of a strand's width at the root that is left at its tip
_BUCKETS = 4096  # depths that are told apart when segments are sorted
_SAG = 0.4  # pixels between an arc and its chord, in the mean, from where chords are halved


def draw_strands(
    colour: np.ndarray,
    alpha: np.ndarray,
    depth: np.ndarray,
    strands: list[Strands],
    camera: Camera,
    light: Light,
    maps: list[ShadowMap | None],
    size: int,
    outline: Outline | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lays strands over surfaces that were rendered with several samples a pixel, and reduces both to pixels.

    Where the samples of a pixel lie at one depth, strands cover it as a whole; where they do not, at the edge of a
    shoulder, say, each sample decides for itself what is before it.

    Args:
        colour: float32 (size · H, size · W, 3), linear RGB times alpha.
        alpha: float32 (size · H, size · W).
        depth: float32 (size · H, size · W), metres; inf where there is nothing.
        strands: what is laid over.
        camera: of the picture, H × W pixels.
        light: of the place.
        maps: what each source of the light reaches.
        size: samples of a pixel each way.
        outline: of the surfaces; None: their samples are covered as a whole or not at all.

    Returns:
        (H, W, 3), (H, W) and (H, W), float32: colour times alpha, alpha, and the depth of the nearest; that of hair
        where hair covers half of the pixel.
    """
    under, covered, nearest, number, count = reduced(colour, alpha, depth, size)
    strands = [strand for strand in strands if strand.points.size]
    over = np.zeros((camera.height, camera.width, 4), np.float32)
    apart = np.zeros((count, size * size, 4), np.float32)
    if strands:
        until = seen_until(depth, number, size)
        pixels, far, widths, colours, starts = _flat(strands, camera, light, maps, until)
        order = _nearest_first(far, starts, _BUCKETS)
        lay(pixels, far, widths, colours, order, depth, number, size, until, over, apart, nearest)
        merge(under, covered, colour, alpha, number, size, over, apart)
    if outline is not None:
        soften(under, covered, *outline, colour, alpha, number, size, over, apart)
    return under, covered, nearest


def taper(count: int) -> np.ndarray:
    """The width of a strand at each of its points, of that at its root: float32 (count,)."""
    return (1 - (1 - _TIP) * np.linspace(0, 1, count) ** 2).astype(np.float32)


def _flat(strands: list[Strands], camera: Camera, light: Light, maps, until):
    """The points of all strands, one after the other, and where the segments start that surfaces do not hide."""
    pixels, far, widths, colours, starts, offset = [], [], [], [], [], 0
    for strand in strands:
        at, depth = camera.project(strand.points)
        halved = _sag(at) > _SAG
        if halved:
            at, depth = _halved(at), _halved(depth[..., None])[..., 0]
        width = _widths(strand.radius, taper(depth.shape[1]), depth, np.float32(2 * camera.focal))
        first, seen = in_sight(at, depth, width, until)
        if halved:  # a cubic goes through the four points around it, which are three halves away at most
            seen = thinned(seen, 2, 3)
        shades = strand_colours(strand, camera, light, maps, seen)
        if halved:
            shades = _halved(shades)
        pixels.append(at.reshape(-1, 2))
        far.append(depth.ravel())
        widths.append(width.ravel())
        colours.append(shades.reshape(-1, 3))
        starts.append(first + np.int32(offset))
        offset += depth.size
    return tuple(np.concatenate(part) for part in (pixels, far, widths, colours, starts))


@njit(cache=True, error_model="numpy")
def _widths(radius, tapers, depth, scale):
    """Pixels that strands (S, K) are wide at their points."""
    found = np.empty(depth.shape, np.float32)
    for s in range(depth.shape[0]):
        for k in range(depth.shape[1]):
            found[s, k] = scale * radius[s] * tapers[k] / max(depth[s, k], np.float32(NEAR))
    return found


@njit(cache=True, error_model="numpy")
def _sag(pixels):
    """The mean distance, in pixels, of arcs through points (S, K, 2) from their chords; of some of the strands."""
    total, count = 0.0, 0
    for s in range(0, pixels.shape[0], 1 + pixels.shape[0] // 200):
        for k in range(1, pixels.shape[1] - 1):
            x = pixels[s, k - 1, 0] - 2 * pixels[s, k, 0] + pixels[s, k + 1, 0]
            y = pixels[s, k - 1, 1] - 2 * pixels[s, k, 1] + pixels[s, k + 1, 1]
            total, count = total + np.sqrt(x * x + y * y), count + 1
    return total / max(count, 1) / 8


@njit(cache=True, error_model="numpy")
def _halved(values):
    """Values (S, K, C) along strands with one more between any two, on the cubic through four: (S, 2 K - 1, C)."""
    count, length, size = values.shape
    found = np.empty((count, 2 * length - 1, size), np.float32)
    for s in range(count):
        for k in range(length - 1):
            for c in range(size):
                a, b = values[s, max(k - 1, 0), c], values[s, k, c]
                d, e = values[s, k + 1, c], values[s, min(k + 2, length - 1), c]
                found[s, 2 * k, c] = b
                found[s, 2 * k + 1, c] = np.float32(0.0625) * (9 * (b + d) - a - e)
        for c in range(size):
            found[s, 2 * length - 2, c] = values[s, length - 1, c]
    return found


@njit(cache=True, error_model="numpy")
def _nearest_first(far, starts, buckets):
    """Starts of segments by depth, as far as the buckets tell depths apart; otherwise in their order."""
    low, high = np.inf, 0.0
    for s in starts:
        low, high = min(low, far[s]), max(high, far[s])
    scale = (buckets - 1) / max(high - low, 1e-6)
    counts = np.zeros(buckets + 1, np.int32)
    for s in starts:
        counts[int((far[s] - low) * scale) + 1] += 1
    for b in range(buckets):
        counts[b + 1] += counts[b]
    found = np.empty_like(starts)
    for s in starts:
        b = int((far[s] - low) * scale)
        found[counts[b]] = s
        counts[b] += 1
    return found
