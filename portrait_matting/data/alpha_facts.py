"""What is measured of one alpha, or of one mask as an alpha, to tell what a split of them holds."""

from dataclasses import dataclass

import numpy as np

SLIGHT = 20
"""Levels of 255, the range within which an alpha is taken for one value: a class mask's ids, a JPEG's noise."""
_NEAR = 26  # levels, a tenth


@dataclass(frozen=True)
class AlphaFacts:
    """Attributes:
    levels: share of the pixels at each of 256 levels, float64 (256,).
    corners: mean alpha of the upper corner, an eighth of the sides, that has less.
    lower: mean alpha of the lower half, without its outer quarters, where a portrait's person is.
    """

    levels: np.ndarray
    corners: float
    lower: float

    @property
    def low(self) -> int:
        return int(np.flatnonzero(self.levels)[0])

    @property
    def top(self) -> int:
        return int(np.flatnonzero(self.levels)[-1])

    @property
    def blank(self) -> bool:
        """Whether it shows no outline: all of it is one value, or nearly."""
        return self.top - self.low <= SLIGHT

    @property
    def between(self) -> float:
        """The share of the pixels that are neither near the lowest value nor near the highest."""
        return float(self.levels[self.low + _NEAR : self.top - _NEAR + 1].sum())

    @property
    def inverted(self) -> bool:
        """Whether the upper corners are opaque and the lower middle is not: the alpha of the background."""
        return self.corners > 0.9 and self.lower < 0.5


def alpha_facts(alpha: np.ndarray) -> AlphaFacts:
    """Measures an alpha, float32 (H, W) in [0, 1]."""
    height, width = alpha.shape
    levels = np.bincount(np.rint(alpha * 255).astype(np.uint8).ravel(), minlength=256) / alpha.size
    h, w = max(height // 8, 1), max(width // 8, 1)
    corners = min(float(alpha[:h, :w].mean()), float(alpha[:h, -w:].mean()))
    return AlphaFacts(levels, corners, float(alpha[height // 2 :, width // 4 : width - width // 4].mean()))
