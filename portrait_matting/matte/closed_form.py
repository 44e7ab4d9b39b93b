"""Alpha solved from a photo's colours in a band, by the Laplacian of closed-form matting, which is pymatting's.

A. Levin, D. Lischinski and Y. Weiss, "A Closed-Form Solution to Natural Image Matting", PAMI 2008.
"""

from collections.abc import Callable, Iterator

import cv2
import numpy as np

from portrait_matting.errors import InputError

_TILE = 64  # pixels: small enough to skip most of the picture, large enough for the cost of a call not to count
_WINDOW = np.ones((3, 3), np.uint8)


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
        raise InputError(f'closed-form matting needs {error.name}: pip install "portrait-matting[soft]"') from error
    return cf_laplacian


def solve(
    image: np.ndarray, mask: np.ndarray, unknown: np.ndarray, expected: np.ndarray, epsilon: float, prior: float
) -> np.ndarray:
    """Alpha of the unknown pixels, from (L_U + prior I) x = prior p - R m.

    L_U and R are the blocks of the Laplacian between unknown pixels and from them to the known ones, m the mask.

    Args:
        image: uint8 RGB (H, W, 3).
        mask: bool (H, W), the person among the known pixels.
        unknown: bool (H, W), N of them.
        expected: float (N,), p, what alpha is drawn to, in the order of rows.
        epsilon: regularisation of the windows' colour covariance, for colours in [0, 1].
        prior: how strongly it is drawn.

    Returns:
        float64 (N,), not clipped.

    Raises:
        InputError: pymatting is not installed.
    """
    cf_laplacian = load_pymatting()
    from scipy.sparse import csc_matrix  # pymatting brings scipy
    from scipy.sparse.linalg import splu

    count = len(expected)
    number = np.full(mask.shape, -1)
    number[unknown] = np.arange(count)
    rows, columns, values = [np.arange(count)], [np.arange(count)], [np.full(count, prior)]
    right = prior * expected.astype(np.float64)
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
