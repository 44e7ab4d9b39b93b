"""What a photo says of alpha within a cell of a coarse matte: a local linear model of the colours, after He and Sun.

Guided filter: K. He, J. Sun and X. Tang, "Guided Image Filtering", PAMI 2013, equations 14 to 16 for a colour guide.
Fast: K. He and J. Sun, "Fast Guided Filter", arXiv 1505.00996: the coefficients are found at the coarse resolution, and
meet the photo at its own.

Only near an edge do they differ from nothing. So a photo is gone through in tiles, of which the flat ones are passed
over, and memory is that of one tile.
"""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import cv2
import numpy as np

RADIUS = 1
"""Cells of the matte. Wider windows smear: with 2, the gradient error of true alphas grows by half and more."""

_TILE = 64  # pixels: a tile stays in the processor's cache, and its products are too small for BLAS to use threads on
_FLAT = np.float32(1 / 512)  # a matte that varies by less than half a step of 8 bits has no edge


class _Stretch(NamedTuple):
    """A tile's pixels along one side, the cells between which they lie, and each cell's share in each pixel.

    `weights` is float32 (pixels, cells): linear interpolation, from centre to centre, as `cv2.resize` has it.
    """

    pixels: slice
    cells: slice
    weights: np.ndarray


def coefficients(matte: np.ndarray, small: np.ndarray, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
    """The slope and offset of alpha over the colours around each cell, averaged over the windows that see it.

    Args:
        matte: float32 (h, w).
        small: float32 RGB (h, w, 3) in [0, 1], the photo at the matte's size.
        epsilon: regularisation of the covariance of the colours: larger follows the photo less.

    Returns:
        float32 (h, w, 3) and (h, w): alpha is near slope · colour + offset.
    """
    mean, mean_matte = _mean(small), _mean(matte)
    x, y, z = cv2.split(_mean(small * matte[..., None]) - mean * mean_matte[..., None])
    # Each window's symmetric 3 x 3 covariance, inverted by its cofactors: LAPACK, pixel by pixel, takes several times
    # as long. In float32, as epsilon is a thousand times its rounding.
    red, green, blue = cv2.split(small)
    r, g, b = cv2.split(mean)
    rr, gg, bb = (_mean(own * own) - middle * middle + epsilon for own, middle in ((red, r), (green, g), (blue, b)))
    rg, rb, gb = _mean(red * green) - r * g, _mean(red * blue) - r * b, _mean(green * blue) - g * b
    of_rr, of_rg, of_rb = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    of_gg, of_gb, of_bb = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    slope = cv2.merge(
        [
            of_rr * x + of_rg * y + of_rb * z,
            of_rg * x + of_gg * y + of_gb * z,
            of_rb * x + of_gb * y + of_bb * z,
        ]
    )
    slope /= (rr * of_rr + rg * of_rg + rb * of_rb)[..., None]
    return _mean(slope), _mean(mean_matte - (slope * mean).sum(axis=2))


def add_model(
    alpha: np.ndarray, photo: np.ndarray, matte: np.ndarray, slope: np.ndarray, offset: np.ndarray, replace: bool
) -> None:
    """Puts slope · colour + offset, brought linearly to the photo's size, into `alpha` where the matte has an edge.

    Args:
        alpha: float32 (H, W) in [0, 1]; changed, and stays in [0, 1].
        photo: uint8 RGB (H, W, 3).
        matte: float32 (h, w), whose flat parts are passed over.
        slope, offset: float32 (h, w, 3) and (h, w).
        replace: writes the model in place of alpha; else it is added.
    """
    planes = [*cv2.split(slope / np.float32(255)), offset]
    for down, across in _tiles(_edges(matte), alpha.shape):
        part = down.pixels, across.pixels
        *slopes, model = (down.weights @ plane[down.cells, across.cells] @ across.weights.T for plane in planes)
        for own, colour in zip(slopes, cv2.split(photo[part]), strict=True):
            own *= colour
            model += own
        if not replace:
            model += alpha[part]
        np.clip(model, 0, 1, out=alpha[part])


def _mean(plane: np.ndarray) -> np.ndarray:
    return cv2.blur(plane, (2 * RADIUS + 1,) * 2, borderType=cv2.BORDER_REPLICATE)


def _edges(matte: np.ndarray) -> np.ndarray:
    """bool (h, w): cells that a window with an edge in it has a part in."""
    square = np.ones((4 * RADIUS + 1,) * 2, np.uint8)
    return cv2.dilate(matte, square) - cv2.erode(matte, square) > _FLAT


def _tiles(edges: np.ndarray, size: tuple[int, int]) -> Iterator[tuple[_Stretch, _Stretch]]:
    """The stretches, down and across, of each tile of the photo with an edge."""
    every = [_stretches(*lengths) for lengths in zip(edges.shape, size, strict=True)]
    yield from ((down, across) for down, across in product(*every) if edges[down.cells, across.cells].any())


def _stretches(length: int, target: int) -> list[_Stretch]:
    stretches = []
    for start in range(0, target, _TILE):
        pixels = slice(start, min(start + _TILE, target))
        at = (np.arange(pixels.start, pixels.stop) + 0.5) * (length / target) - 0.5
        cells = slice(max(0, int(at[0])), min(length, int(at[-1]) + 2))
        away = np.abs(at.clip(0, length - 1)[:, None] - np.arange(cells.start, cells.stop))
        stretches.append(_Stretch(pixels, cells, np.maximum(1 - away, 0).astype(np.float32)))
    return stretches
