"""Colours that go on from where they are known."""

import cv2
import numpy as np


def spread(colours: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Fills what is not known from what is, by means over 2, 4, 8, … pixels, the finest that know anything first.

    As in the pull and push of Gortler et al., "The Lumigraph", SIGGRAPH 1996, but that what is known stays as it is.

    Args:
        colours: float32 (H, W, 3).
        weight: float32 (H, W), at least 0: what a pixel counts in its means; 0 where its colour is not known.

    Returns:
        float32 (H, W, 3); black where nothing is known at all.
    """
    height, width = weight.shape
    known = weight > 0
    if max(height, width) == 1 or known.all():
        return colours * known[..., None]
    half = (-(-width // 2), -(-height // 2))
    share = cv2.resize(weight, half, interpolation=cv2.INTER_AREA)
    means = cv2.resize(colours * weight[..., None], half, interpolation=cv2.INTER_AREA)
    means /= np.maximum(share, np.float32(1e-12))[..., None]
    coarse = spread(means.reshape(*share.shape, 3), share)
    filled = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR).reshape(height, width, 3)
    return np.where(known[..., None], colours, filled)
