"""How much of the samples along an outline people cover: of each a share, where the depth buffer says all or nothing.

What is opaque covers a sample by the union of its triangles, whatever lies before what, so that no depth is needed:
masks of a sample's 4 × 4 parts are put together (Carpenter, "The A-buffer", SIGGRAPH 1984).
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from portrait_matting.people.rendering.camera import NEAR
from portrait_matting.people.rendering.raster import NO_HEM, Seen, span
from portrait_matting.people.rendering.surface import Surface

_TILE = 8  # samples a side of the tiles that tell whether an outline is near
_PARTS = 4  # of a sample each way
_SHARES = np.array([bin(mask).count("1") / _PARTS**2 for mask in range(1 << _PARTS**2)], np.float32)


class Outline(NamedTuple):
    """The samples on either side of an outline, n of them.

    Attributes:
        places: int32 (n, 2), their rows and columns.
        shares: float32 (n,) in [0, 1], of each that is covered.
        there: bool (H, W), whether something opaque is seen at the middle of a sample.
    """

    places: np.ndarray
    shares: np.ndarray
    there: np.ndarray


def outline_of(seen: Seen, surfaces: list[Surface]) -> Outline:
    """The outline of opaque surfaces, which are all that `seen` is of."""
    outline, places, tiles = _outline(seen.surface)
    masks = np.zeros(outline.shape, np.uint16)
    for surface, (pixels, depth) in zip(surfaces, seen.projected, strict=True):
        hem = NO_HEM if surface.hem is None else surface.hem
        _cover(pixels, depth, surface.triangles, hem, outline, tiles, masks)
    return Outline(places, _SHARES[masks[places[:, 0], places[:, 1]]], seen.surface >= 0)


@njit(cache=True, error_model="numpy")
def _outline(surfaces):
    """The samples on either side of an outline: bool (H, W); their rows and columns, (n, 2); which tiles have some."""
    height, width = surfaces.shape
    found = np.zeros((height, width), np.bool_)
    tiles = np.zeros((-(-height // _TILE), -(-width // _TILE)), np.bool_)
    places, count = np.empty((height * width, 2), np.int32), 0
    for y in range(height):
        for x in range(width):
            here = surfaces[y, x] < 0
            beside = x + 1 < width and (surfaces[y, x + 1] < 0) != here
            below = y + 1 < height and (surfaces[y + 1, x] < 0) != here
            if not (beside or below):
                continue
            for i, j in ((y, x), (y, x + 1 if beside else x), (y + 1 if below else y, x)):
                if not found[i, j]:
                    found[i, j] = tiles[i // _TILE, j // _TILE] = True
                    places[count, 0], places[count, 1] = i, j
                    count += 1
    return found, places[:count], tiles


@njit(cache=True, error_model="numpy")
def _near(tiles, top, bottom, left, right):
    """Whether a box of samples touches a tile that has some of an outline."""
    for i in range(top // _TILE, bottom // _TILE + 1):
        for j in range(left // _TILE, right // _TILE + 1):
            if tiles[i, j]:
                return True
    return False


@njit(cache=True, error_model="numpy")
def _cover(pixels, depth, triangles, hem, outline, tiles, masks):
    """Adds the parts of samples that triangles cover to their masks; part (i, j) is bit 4 i + j."""
    height, width = outline.shape
    has_hem = hem.size > 0
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0 = np.float64(pixels[a, 0]), np.float64(pixels[a, 1])
        x1, y1 = np.float64(pixels[b, 0]), np.float64(pixels[b, 1])
        x2, y2 = np.float64(pixels[c, 0]), np.float64(pixels[c, 1])
        left, right = max(0, int(np.floor(min(x0, x1, x2)))), min(width - 1, int(np.floor(max(x0, x1, x2))))
        top, bottom = max(0, int(np.floor(min(y0, y1, y2)))), min(height - 1, int(np.floor(max(y0, y1, y2))))
        if left > right or top > bottom or not _near(tiles, top, bottom, left, right):
            continue
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if abs(area) < 1e-12 or min(depth[a], depth[b], depth[c]) < NEAR:
            continue
        one = 1 / area
        u_x, u_y = (y2 - y0) * one, (x0 - x2) * one
        v_x, v_y = (y0 - y1) * one, (x1 - x0) * one
        # over the depth, heights above the hem are linear over the picture
        h0, h1, h2 = 1.0, 1.0, 1.0
        if has_hem:
            h0, h1, h2 = hem[a] / depth[a], hem[b] / depth[b], hem[c] / depth[c]
            if h0 < 0 and h1 < 0 and h2 < 0:
                continue
        cut = h0 < 0 or h1 < 0 or h2 < 0
        h_x, h_y = u_x * (h1 - h0) + v_x * (h2 - h0), u_y * (h1 - h0) + v_y * (h2 - h0)
        dx = left - x0
        for y in range(top, bottom + 1):
            for i in range(_PARTS):
                dy = y + (i + 0.5) / _PARTS - y0
                if dy < min(0.0, y1 - y0, y2 - y0) or dy > max(0.0, y1 - y0, y2 - y0):
                    continue
                u, v, above = dx * u_x + dy * u_y, dx * v_x + dy * v_y, h0 + dx * h_x + dy * h_y
                low, high = span(0.0, right + 1.0 - left, u, u_x)
                low, high = span(low, high, v, v_x)
                low, high = span(low, high, 1 - u - v, -u_x - v_x)
                if cut:
                    low, high = span(low, high, above, h_x)
                if low > high or (cut and h_x == 0 and above < 0):
                    continue
                for x in range(left + int(low), min(left + int(high), right) + 1):
                    if outline[y, x]:
                        first = max(int(np.ceil(_PARTS * (left + low - x) - 0.5)), 0)
                        last = min(int(np.floor(_PARTS * (left + high - x) - 0.5)), _PARTS - 1)
                        for j in range(first, last + 1):
                            masks[y, x] |= np.uint16(1 << (_PARTS * i + j))


@njit(cache=True, error_model="numpy")
def soften(under, covered, places, shares, there, colour, alpha, number, size, over, apart):
    """Blends, in samples along an outline, what is on its two sides by the share that each covers: in place.

    Both sides are as hair has been laid over them, so that hair behind a face meets it without a gap.

    Args:
        under, covered: (H, W, 3) and (H, W), pixels: colour times alpha, and alpha.
        places, shares, there: of the `Outline`.
        colour, alpha: (size · H, size · W, 3) and (size · H, size · W), samples: without hair.
        number, over, apart: hair of pixels, and of the samples of those that are numbered: see `strand_cover.lay`.
        size: samples of a pixel each way.
    """
    height, width = there.shape
    own, mean, sample = np.empty(4, np.float32), np.empty(4, np.float32), np.empty(4, np.float32)
    weight = np.float32(1 / (size * size))
    for n in range(len(places)):
        y, x = places[n, 0], places[n, 1]
        _final(own, y, x, colour, alpha, number, size, over, apart)
        mean[:], count = 0, 0
        for i in range(max(y - 1, 0), min(y + 2, height)):
            for j in range(max(x - 1, 0), min(x + 2, width)):
                if there[i, j] != there[y, x]:
                    _final(sample, i, j, colour, alpha, number, size, over, apart)
                    mean += sample
                    count += 1
        left = weight * (1 - shares[n] if there[y, x] else shares[n])  # of the other side
        for c in range(3):
            under[y // size, x // size, c] += left * (mean[c] / count - own[c])
        covered[y // size, x // size] += left * (mean[3] / count - own[3])


@njit(cache=True, error_model="numpy")
def _final(found, y, x, colour, alpha, number, size, over, apart):
    """Colour times alpha and alpha of a sample with its hair: into `found`, (4,)."""
    k = number[y // size, x // size]
    hair = over[y // size, x // size] if k < 0 else apart[k, y % size * size + x % size]
    for c in range(3):
        found[c] = hair[c] + (1 - hair[3]) * colour[y, x, c]
    found[3] = hair[3] + (1 - hair[3]) * alpha[y, x]
