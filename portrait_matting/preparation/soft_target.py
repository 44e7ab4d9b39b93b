"""A soft matte from a hard mask: alpha estimated from the photo's colours in a thin band around the mask's edge.

Closed-form matting (Levin, Lischinski and Weiss, A Closed-Form Solution to Natural Image Matting, PAMI 2008) assumes
that the colours of foreground and of background each lie on a line within every 3x3 window. Where the colours cannot
tell, a weak prior draws alpha towards the blurred mask, as the paper's lambda draws it towards a user's scribbles. The
Laplacian is pymatting's. Outside the band alpha is the mask: exactly 0 and 1.

What it recovers: edges a fraction of a pixel wide, edges that the mask has wrong by a pixel or two, and strands from
the mask's edge as far as the band reaches, 3 pixels at 512. What it cannot: strands beyond the band, pieces that the
mask lost, edges between like colours, errors of the mask wider than half the band; a pattern of the background within
the band leaves ghosts. Where the mask is exact and the edge merely blurred, a blurred mask comes closer to the truth.
The figures, and how the constants were chosen, are in EXPERIMENTS.md; `benchmarks/soft_targets.py` prints them.
"""

from collections.abc import Callable, Iterator

import cv2
import numpy as np

from portrait_matting.errors import InputError

BAND = 0.01
"""Full width of the band as a share of the shorter side, 6 pixels at 512. Wider reaches more strands and mends larger
errors of the mask, but lets in more of the background's patterns."""

EPSILON = 1e-5
"""The paper's regularisation of the windows' colour covariance, for colours in [0, 1]. Larger is smoother, hazier."""

PRIOR = 0.01
"""Weight of the blurred mask at each pixel of the band; the Laplacian's diagonal is of the order of 8."""

_TILE = 64  # pixels: small enough to skip most of the picture, large enough for the cost of a call not to count
_WINDOW = np.ones((3, 3), np.uint8)


def soft_alpha(
    image: np.ndarray, mask: np.ndarray, band: float = BAND, epsilon: float = EPSILON, prior: float = PRIOR
) -> np.ndarray:
    """Estimates the alpha of the person in `mask` inside the transition band of its edge, the same bytes at each call.

    A mask without an edge has no band, and a picture below 3 pixels holds no window: then the mask is returned.

    Args:
        image: uint8 RGB (H, W, 3).
        mask: bool or uint8 (H, W); whatever is not 0 is the person.
        band: full width of the band as a share of the shorter side, in (0, 1]; see transition_band.
        epsilon: regularisation of the colour covariance, above 0.
        prior: weight of the blurred mask, above 0. Its sigma is half the band's radius.

    Returns:
        float32 (H, W) in [0, 1]; exactly 0 or 1 outside the band.

    Raises:
        InputError: pymatting is not installed, sizes differ, or a number is out of its range.
    """
    if image.shape != (*mask.shape, 3):
        raise InputError(f"image {image.shape} does not fit mask {mask.shape}: give (H, W, 3) and (H, W) of one size")
    if not (epsilon > 0 and prior > 0):
        raise InputError(f"epsilon={epsilon} and prior={prior} must be above 0; the defaults are {EPSILON} and {PRIOR}")
    mask = mask > 0
    unknown = transition_band(mask, band)
    alpha = mask.astype(np.float32)
    if not unknown.any() or min(mask.shape) < 3:
        return alpha
    blurred = cv2.GaussianBlur(alpha, (0, 0), _radius(mask, band) / 2, borderType=cv2.BORDER_REPLICATE)
    alpha[unknown] = np.clip(_solve(image, mask, unknown, blurred[unknown], epsilon, prior), 0, 1)
    return alpha


def transition_band(mask: np.ndarray, width: float = BAND) -> np.ndarray:
    """The pixels, bool (H, W), whose neighbourhood holds both person and background: dilation minus erosion.

    The neighbourhood is that of losses.edge_mask: a square of side 2 r + 1, r = max(1, round(width * min(H, W) / 2)),
    of which nothing outside the image counts.

    Raises:
        InputError: the width is outside (0, 1].
    """
    if not 0 < width <= 1:
        raise InputError(f"band width {width} is not in (0, 1]; give its share of the shorter side, such as {BAND}")
    square, person = np.ones((2 * _radius(mask, width) + 1,) * 2, np.uint8), (mask > 0).astype(np.uint8)
    return cv2.dilate(person, square) != cv2.erode(person, square)


def load_pymatting() -> Callable[..., object]:
    """pymatting's `cf_laplacian`. Call it once before workers start.

    The first import on a machine compiles pymatting's functions, about a minute, and keeps them on disk (numba's
    cache); workers that start together would each compile. Later imports take a second per process.

    Raises:
        InputError: pymatting is not installed.
    """
    try:
        from pymatting.laplacian.cf_laplacian import cf_laplacian
    except ModuleNotFoundError as error:
        raise InputError(f'soft targets need {error.name}: pip install "portrait-matting[soft]"') from error
    return cf_laplacian


def _solve(
    image: np.ndarray, mask: np.ndarray, unknown: np.ndarray, blurred: np.ndarray, epsilon: float, prior: float
) -> np.ndarray:
    """Alpha, float64 (N,), of the N unknown pixels in the order of rows, from (L_U + prior I) x = prior p - R m.

    L_U and R are the blocks of the Laplacian between unknown pixels and from them to the known ones, m the mask.
    """
    cf_laplacian = load_pymatting()
    from scipy.sparse import csc_matrix  # pymatting brings scipy
    from scipy.sparse.linalg import splu

    count = len(blurred)
    number = np.full(mask.shape, -1)
    number[unknown] = np.arange(count)
    rows, columns, values = [np.arange(count)], [np.arange(count)], [np.full(count, prior)]
    right = prior * blurred.astype(np.float64)
    for part in _tiles(unknown):
        inside = unknown[part].ravel()
        laplacian = cf_laplacian(image[part] / 255, epsilon, 1, ~unknown[part])[inside].tocoo()
        row, column = number[part][unknown[part]][laplacian.row], number[part].ravel()[laplacian.col]
        known = column < 0
        person = known & mask[part].ravel()[laplacian.col]
        right -= np.bincount(row[person], laplacian.data[person], count)
        rows.append(row[~known])
        columns.append(column[~known])
        values.append(laplacian.data[~known])
    entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))
    matrix = csc_matrix(entries, (count, count))  # sums what several tiles say of one pair
    # Direct, since the band is thin: as fast as conjugate gradients, which fail where the right side is 0.
    factors = splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    return factors.solve(right)


def _tiles(unknown: np.ndarray) -> Iterator[tuple[slice, slice]]:
    """The tiles with windows that touch the band, a pixel larger on each side.

    The Laplacian is a sum over windows, and each window has its centre in one tile: so the tiles' sum is exact.
    """
    touching = cv2.dilate(unknown.astype(np.uint8), _WINDOW)
    height, width = unknown.shape
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            if touching[top : top + _TILE, left : left + _TILE].any():
                yield slice(max(0, top - 1), top + _TILE + 1), slice(max(0, left - 1), left + _TILE + 1)


def _radius(mask: np.ndarray, width: float) -> int:
    return max(1, round(width * min(mask.shape) / 2))
