"""Bringing a network's matte to the photo's own resolution, along the photo's edges.

bilinear, bicubic: by the matte alone.
back_projection: by the matte alone, sharpened until it gives the network's matte again when it is reduced: M. Irani and
    S. Peleg, "Improving Resolution by Image Registration", CVGIP 1991.
guided: the fast guided filter (`guided.py`): near an edge, alpha is a linear function of the photo's colours.
detail: back_projection, and the photo's own detail within each cell, in the proportion that the guided filter finds:
    the mean over a cell stays the network's, where within it the edge runs comes from the photo.
closed_form: alpha solved from the colours in the uncertain band, by closed-form matting at a bounded size (Levin,
    Lischinski and Weiss, PAMI 2008; pymatting), then detail. Comes closest with networks' mattes, in ten to a hundred
    times the time; it follows the photo where smooth true alphas do not.

Measurements: benchmarks/README.md and EXPERIMENTS.md; `benchmarks/refinement.py` prints them.
"""

from importlib.util import find_spec

import cv2
import numpy as np

from portrait_matting.errors import InputError
from portrait_matting.images.network_input import resize
from portrait_matting.matte import guided
from portrait_matting.matte.closed_form import solve

REFINEMENTS = ("bilinear", "bicubic", "back_projection", "guided", "detail", "closed_form")
REFINEMENT = "detail"

_FOLLOW = 1e-4  # epsilon of guided, colours in [0, 1]: smaller smears less, and follows the photo's noise
_DETAIL = 1e-2  # of detail, which smears nothing: less helps hair, and costs where true alphas are smooth
_TURNS, _FINER = 4, 2  # of back projection, on a grid twice as fine, where it costs little whatever the photo's size
_WHOLE = np.float32(1 + 2**-20)  # weights of an interpolation add up to 1 but for rounding: so that 1 stays 1
_SIDE = 640  # pixels of the longer side at which closed_form solves: at 480 it is coarser, in two thirds of the time
_MOST = 100_000  # pixels to solve for: about 1.5 s and 400 MB; a matte that is unsure of more is solved smaller
_SURE = 0.02  # closed_form takes what is nearer to 0 or 1 for known
_EPSILON, _PRIOR = (
    1e-5,
    0.1,
)  # of closed_form: the paper's regularisation, and the weight of the network's matte as the prior


def check_refinement(how: str) -> str:
    """The name given.

    Raises:
        InputError: it is none of REFINEMENTS.
    """
    if how not in REFINEMENTS:
        raise InputError(f"refinement {how!r} is unknown: choose one of {', '.join(REFINEMENTS)}")
    return how


def refine(matte: np.ndarray, photo: np.ndarray, how: str = REFINEMENT) -> np.ndarray:
    """Alpha at the photo's resolution.

    A matte that is 0 or 1 throughout stays so; one of the photo's size is returned as it is. Besides the result, memory
    is bounded by the matte's size, not the photo's.

    Args:
        matte: float32 (h, w) in [0, 1], of any size and shape: it covers the whole photo.
        photo: uint8 RGB (H, W, 3).
        how: one of REFINEMENTS.

    Returns:
        float32 (H, W) in [0, 1].

    Raises:
        InputError: there is no such refinement, the matte or the photo is no such array or empty, or pymatting is not
            installed.
    """
    check_refinement(how)
    if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3 or not photo.size:
        raise InputError(f"a photo is a uint8 array (H, W, 3) of RGB, not {photo.dtype} {photo.shape}")
    if matte.ndim != 2 or not matte.size:
        raise InputError(f"a matte is a float32 array (h, w), not {matte.shape}")
    height, width = photo.shape[:2]
    matte = resize(matte, min(matte.shape[0], height), min(matte.shape[1], width))  # no cell smaller than a pixel
    matte = np.clip(matte * _WHOLE, 0, 1, dtype=np.float32)
    if matte.shape == (height, width):
        return matte
    if how == "closed_form":
        matte = _closed_form(matte, photo)
        if matte.shape == (height, width):
            return matte
    if how in ("bilinear", "guided"):
        alpha = _enlarged(matte, height, width, cv2.INTER_LINEAR)
    else:
        alpha = _enlarged(matte if how == "bicubic" else _back_projected(matte, height, width), height, width)
    if how == "guided":
        small = _colours(photo, *matte.shape)
        guided.add_model(alpha, photo, matte, *guided.coefficients(matte, small, _FOLLOW), replace=True)
    elif how in ("detail", "closed_form"):
        small = _colours(photo, *matte.shape)
        slope, _ = guided.coefficients(matte, small, _DETAIL)
        # The offset at which a cell's own colour adds nothing: only the photo's departure from it does.
        guided.add_model(alpha, photo, matte, slope, -(slope * small).sum(axis=2), replace=False)
    return alpha


def _enlarged(matte: np.ndarray, height: int, width: int, interpolation: int = cv2.INTER_CUBIC) -> np.ndarray:
    alpha = cv2.resize(matte * _WHOLE, (width, height), interpolation=interpolation)
    return np.clip(alpha, 0, 1, out=alpha)


def _back_projected(matte: np.ndarray, height: int, width: int) -> np.ndarray:
    """The matte on a finer grid, at most `height` x `width`, where its mean over each cell is what the network said.

    As far as no pixel leaves the range of the cells around it: what is half transparent would ring.
    """
    finer = min(_FINER * matte.shape[0], height), min(_FINER * matte.shape[1], width)
    lowest, highest = (
        cv2.resize(of_neighbours(matte, np.ones((3, 3), np.uint8)), finer[::-1], interpolation=cv2.INTER_NEAREST)
        for of_neighbours in (cv2.erode, cv2.dilate)
    )
    alpha = cv2.resize(matte, finer[::-1], interpolation=cv2.INTER_CUBIC)
    missing = np.empty_like(alpha)
    for _ in range(_TURNS):
        np.clip(alpha, lowest, highest, out=alpha)
        cv2.resize(matte - resize(alpha, *matte.shape), finer[::-1], missing, interpolation=cv2.INTER_CUBIC)
        alpha += missing
    return np.clip(alpha, lowest, highest, out=alpha)


def _colours(photo: np.ndarray, height: int, width: int) -> np.ndarray:
    """float32 RGB (height, width, 3) in [0, 1], as the network saw the photo."""
    return resize(photo, height, width).astype(np.float32) / np.float32(255)


def _closed_form(matte: np.ndarray, photo: np.ndarray, side: float = _SIDE) -> np.ndarray:
    """The matte solved by the colours where it is not sure, float32, at the photo's size or with this longer side."""
    if find_spec("pymatting") is None:
        raise InputError('the refinement closed_form needs pymatting: pip install "portrait-matting[soft]"')
    scale = min(1, side / max(photo.shape[:2]))
    height, width = (max(1, round(length * scale)) for length in photo.shape[:2])
    if min(height, width) < 3 or height < matte.shape[0] or width < matte.shape[1]:  # windows are 3 x 3
        return matte
    alpha = _enlarged(_back_projected(matte, height, width), height, width)
    # The network may be wrong by half of one of its cells.
    reach = max(1, round(max(height / matte.shape[0], width / matte.shape[1]) / 2))
    unsure = ((alpha > _SURE) & (alpha < 1 - _SURE)).astype(np.uint8)
    unsure = cv2.dilate(unsure, np.ones((2 * reach + 1,) * 2, np.uint8)) > 0
    if (count := unsure.sum()) > _MOST:
        return _closed_form(matte, photo, 0.95 * scale * max(photo.shape[:2]) * (_MOST / count) ** 0.5)
    if count:
        small = resize(photo, height, width)
        alpha[unsure] = np.clip(solve(small, alpha > 0.5, unsure, alpha[unsure], _EPSILON, _PRIOR), 0, 1)
    return alpha
