"""What a rendering becomes when it is exposed: a foreground, a background and an alpha as a picture shows them.

The matting equation holds for what is shown: image = alpha F + (1 - alpha) B, all with the camera's curve in them.
"""

import cv2
import numpy as np
from numba import njit

from portrait_matting.people.render import Rendered
from portrait_matting.people.tone import shown, table
from portrait_matting.synthetic.scene import Layers

_LEAST = 1 / 256  # an alpha so near to 0, or to 1, is that


def layers_of(rendered: Rendered, background: np.ndarray, glare: float = 0.0, vignette: float = 0.0) -> Layers:
    """Exposes people and what is behind them.

    Args:
        rendered: people, linear light times alpha.
        background: linear RGB, float32 (H, W, 3).
        glare: the share of the light of the surroundings that strays over people in the lens, 0.02 to 0.1.
        vignette: the share of the light that is missing in the corners, of people and background alike.

    Returns:
        Float32 in [0, 1]; the foreground goes on where the alpha is 0, with the colours of the people near there.
    """
    height, width = rendered.alpha.shape
    fill = _fill(rendered)
    field = _vignette(height, width, vignette)
    stray = np.zeros((16, 16, 3), np.float32)
    if glare > 0:
        coarse = cv2.resize(background, (16, 16), interpolation=cv2.INTER_AREA)
        stray = np.float32(glare) * cv2.GaussianBlur(np.minimum(coarse, 4), (0, 0), 2)
    foreground, shown_background = np.empty_like(background), np.empty_like(background)
    alpha = np.empty_like(rendered.alpha)
    _expose(
        *(np.ascontiguousarray(part, np.float32) for part in (rendered.colour, rendered.alpha, background)),
        cv2.resize(fill, (width, height)),
        cv2.resize(stray, (width, height)),
        field,
        table(),
        np.float32(_LEAST),
        foreground,
        shown_background,
        alpha,
    )
    return Layers(foreground, shown_background, alpha)


def _fill(rendered: Rendered) -> np.ndarray:
    """The colours of people, spread smoothly: what there is where an alpha near 0 says nothing. (32, 32, 3)"""
    painted = cv2.resize(cv2.merge([rendered.colour, rendered.alpha]), (32, 32), interpolation=cv2.INTER_AREA)
    wide = cv2.GaussianBlur(painted, (0, 0), 4) + np.float32(1e-4)
    near = cv2.GaussianBlur(painted, (0, 0), 1)
    found = (near[..., :3] + np.float32(0.05) * wide[..., :3] / wide[..., 3:]) / (near[..., 3:] + np.float32(0.05))
    return np.ascontiguousarray(found)


def _vignette(height: int, width: int, share: float) -> np.ndarray:
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)
    return 1 - np.float32(share) * ((x * x + y * y) / 2) ** 2


@njit(cache=True)
def _expose(colour, covered, background, fill, stray, field, steps, least, foreground, shown_background, alpha):
    for y in range(covered.shape[0]):
        for x in range(covered.shape[1]):
            a, lit = covered[y, x], field[y, x]
            spread = np.float32(0.004) * (1 - a) + np.float32(1e-7)
            for c in range(3):
                straight = (colour[y, x, c] + spread * fill[y, x, c]) / (a + spread) + stray[y, x, c]
                foreground[y, x, c] = shown(lit * straight, steps)
                shown_background[y, x, c] = shown(lit * background[y, x, c], steps)
            alpha[y, x] = 0.0 if a < least else 1.0 if a > 1 - least else a
