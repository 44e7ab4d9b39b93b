"""A drawn person as a cut-out: straight alpha, and colours that go on where alpha is 0."""

import cv2
import numpy as np

from portrait_matting.synthetic import Layers


def cut_out(layers: Layers) -> np.ndarray:
    """The person of some layers before nothing: uint8 RGBA (H, W, 4), colours not multiplied by alpha.

    Colours are the foreground's own wherever something is seen of it, down to an alpha of 1 of 255. Beyond, where
    they count for nothing, they go on from those at the edge and get smoother with the distance: programs that scale
    colour and alpha apart then make no dark rim, and the file is small.
    """
    alpha = np.rint(255 * np.clip(layers.alpha, 0, 1)).astype(np.uint8)
    seen = alpha > 0
    colours = np.where(seen[..., None], layers.foreground, _spread(layers.foreground, seen))
    return np.dstack([np.rint(255 * np.clip(colours, 0, 1)).astype(np.uint8), alpha])


def _spread(colours: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Fills what is not seen from what is, by means over 2, 4, 8, … pixels, the finest that holds anything first.

    As in the pull and push of Gortler et al., "The Lumigraph", SIGGRAPH 1996.
    """
    height, width = seen.shape
    weight = seen.astype(np.float32)
    sums = colours * weight[..., None]
    if min(height, width) == 1 or weight.min() > 0:
        return sums / np.maximum(weight, 1e-6)[..., None]
    half = (-(-width // 2), -(-height // 2))
    small_weight = cv2.resize(weight, half, interpolation=cv2.INTER_AREA)
    small = cv2.resize(sums, half, interpolation=cv2.INTER_AREA) / np.maximum(small_weight, 1e-6)[..., None]
    coarse = cv2.resize(_spread(small, small_weight > 0), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.where(seen[..., None], colours, coarse)
