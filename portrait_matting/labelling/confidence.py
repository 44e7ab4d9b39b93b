"""How far a network agrees with itself about a photo: mirrored, and cropped."""

from collections.abc import Callable

import numpy as np

from portrait_matting.images.network_input import resize

KEPT = 0.9
"""Of both sides, what a crop keeps: so much that as a rule the whole person is still there."""
CORNERS = ((0, 0), (1, 1))
"""Where the two crops lie, as shares of what is cut off: at the upper left and at the lower right."""
_SOMEBODY = 0.5
"""What a matte comes to somewhere, where somebody is found."""
VIEWS = f"whole, mirrored, {KEPT} of it at the upper left and at the lower right"
"""The views of a photo in words."""


def label(network: Callable[[np.ndarray], np.ndarray], photo: np.ndarray) -> tuple[np.ndarray, float]:
    """The matte of a photo, float32 (h, w) at the network's resolution, and the confidence in it, in [0, 1].

    The matte is the mean of the photo's and of the mirrored photo's. The confidence is the mean of three soft IoU: of
    these two with each other, and of the matte with what two crops of the photo give there. Where the matte nowhere
    comes to one half, nobody is found, and it is 0.
    """
    plain = network(photo)
    mirrored = network(np.ascontiguousarray(photo[:, ::-1]))[:, ::-1]
    matte = (plain + mirrored) / 2
    if matte.max() < _SOMEBODY:  # where nobody is, what is left of a network's numbers may agree very well
        return matte, 0.0
    agreements = [soft_iou(plain, mirrored)]
    for corner in CORNERS:
        here, there = _part(photo, corner), _part(matte, corner)
        agreements.append(soft_iou(there, resize(network(np.ascontiguousarray(here)), *there.shape)))
    return matte, float(np.mean(agreements))


def soft_iou(first: np.ndarray, second: np.ndarray) -> float:
    """Of two mattes (h, w) in [0, 1] the sum of the lesser values by that of the greater ones.

    Of two that are 0 all over it is 0: where nobody is seen in a portrait, there is no person to agree about.
    """
    union = float(np.maximum(first, second).sum(dtype=np.float64))
    return float(np.minimum(first, second).sum(dtype=np.float64)) / union if union > 0 else 0.0


def _part(picture: np.ndarray, corner: tuple[int, int]) -> np.ndarray:
    height, width = picture.shape[:2]
    rows, columns = max(1, round(KEPT * height)), max(1, round(KEPT * width))
    top, left = corner[0] * (height - rows), corner[1] * (width - columns)
    return picture[top : top + rows, left : left + columns]
