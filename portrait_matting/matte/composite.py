"""Putting a person before another background: I = alpha F + (1 - alpha) B (Porter and Duff 1984, `over`)."""

import numpy as np


def over_colour(image: np.ndarray, alpha: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Puts a photo over a plain colour.

    The photo itself stands in for the foreground's colours, so a soft edge keeps a rim of the old background.

    Args:
        image: uint8 RGB (H, W, 3).
        alpha: float32 (H, W) in [0, 1].
        colour: RGB, 0-255.

    Returns:
        uint8 RGB (H, W, 3).
    """
    weight = alpha[..., None]
    return np.rint(image * weight + np.float32(colour) * (1 - weight)).astype(np.uint8)
