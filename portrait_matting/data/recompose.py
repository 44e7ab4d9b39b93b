"""The person before another background, as an augmentation."""

from typing import Any

import albumentations as A
import cv2
import numpy as np
from albumentations.core.transforms_interface import BaseTransformInitSchema
from albumentations.core.type_definitions import Targets

from portrait_matting.matte.foreground import estimate_foreground
from portrait_matting.synthetic.backgrounds import DrawnBackgrounds, FolderBackgrounds


def recompose(image: np.ndarray, alpha: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Puts the person before another background: alpha F + (1 - alpha) B (Porter and Duff, SIGGRAPH 1984).

    F is estimated, its outermost pixel from inside: labels are hard masks or a pixel off more often than exact.

    Args:
        image: uint8 RGB (H, W, 3).
        alpha: float32 (H, W) in [0, 1].
        background: uint8 RGB (H, W, 3).

    Returns:
        uint8 RGB (H, W, 3).
    """
    foreground = estimate_foreground(image, alpha, from_inside=True)
    return cv2.blendLinear(foreground, background, alpha, 1 - alpha)


class ReplaceBackground(A.DualTransform):
    """Puts the person before another background; the alpha stays. A picture of nobody is left as it is.

    Args:
        backgrounds: a folder of pictures without people; None draws backgrounds.
        p: share of the samples that it changes.

    Raises:
        InputError: the folder is missing or holds no picture; later, a picture in it cannot be decoded.
    """

    _targets = (Targets.IMAGE, Targets.MASK)

    class InitSchema(BaseTransformInitSchema):
        backgrounds: str | None

    def __init__(self, backgrounds: str | None = None, p: float = 0.5) -> None:
        super().__init__(p=p)
        self.backgrounds = backgrounds
        self._draw = DrawnBackgrounds() if backgrounds is None else FolderBackgrounds(backgrounds)

    @property
    def targets_as_params(self) -> list[str]:
        return ["image", "mask"]

    def get_params_dependent_on_data(self, params: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        alpha = data["mask"]
        background = self._draw(self.random_generator, *alpha.shape) if alpha.any() else None
        return {"alpha": alpha, "background": background}

    def apply(self, img: np.ndarray, alpha: np.ndarray, background: np.ndarray | None, **params: Any) -> np.ndarray:
        return img if background is None else recompose(img, alpha, background)

    def apply_to_mask(self, mask: np.ndarray, **params: Any) -> np.ndarray:
        return mask
