"""What a rendering becomes when it is exposed: a foreground, a background and an alpha as a picture shows them.

The matting equation holds for what is shown: image = alpha F + (1 - alpha) B, all with the camera's curve in them.
"""

import cv2
import numpy as np
from numba import njit

from portrait_matting.people.photography.lens import Lens
from portrait_matting.people.photography.tone import apply, table
from portrait_matting.people.rendering.render import Rendered
from portrait_matting.synthetic.scene import Layers

_LEAST = np.float32(1 / 256)  # an alpha so near to 0, or to 1, is that


def layers_of(rendered: Rendered, background: np.ndarray, lens: Lens) -> Layers:
    """Exposes people and what is behind them.

    Args:
        rendered: people, linear light times alpha.
        background: linear RGB, float32 (H, W, 3).
        lens: what strays in it and what it keeps from the corners; `focus` and `defocus` have been at work before.

    Returns:
        Float32 in [0, 1]; the foreground goes on where the alpha is 0, with the colours of the people near there.
    """
    height, width = rendered.alpha.shape
    # a quarter of the pixels each way is fine enough for what is smooth, and small arrays cost no new memory
    size = (-(-width // 4), -(-height // 4))
    stray = np.zeros((size[1], size[0], 3), np.float32)
    if lens.glare > 0:
        coarse = cv2.resize(background, (16, 16), interpolation=cv2.INTER_AREA)
        stray = cv2.resize(np.float32(lens.glare) * cv2.GaussianBlur(np.minimum(coarse, 4), (0, 0), 2), size)
    foreground, behind = np.empty((height, width, 3), np.float32), np.empty((height, width, 3), np.float32)
    alpha = np.empty((height, width), np.float32)
    fill = cv2.resize(_fill(rendered), size)
    _divide(
        rendered.colour, rendered.alpha, background, fill, stray, np.float32(lens.vignette), foreground, behind, alpha
    )
    for layer in (foreground, behind):
        apply(layer.reshape(-1), table(), layer.reshape(-1))
    return Layers(foreground, behind, alpha)


def _fill(rendered: Rendered) -> np.ndarray:
    """The colours of people, spread smoothly: what there is where an alpha near 0 says nothing. (32, 32, 3)"""
    painted = cv2.resize(cv2.merge([rendered.colour, rendered.alpha]), (32, 32), interpolation=cv2.INTER_AREA)
    mean = painted.mean((0, 1)) / max(float(painted[..., 3].mean()), 1e-6)
    wide = cv2.GaussianBlur(painted, (0, 0), 4) + np.float32(1e-4) * mean + np.float32(1e-9)
    near = cv2.GaussianBlur(painted, (0, 0), 1)
    found = (near[..., :3] + np.float32(0.05) * wide[..., :3] / wide[..., 3:]) / (near[..., 3:] + np.float32(0.05))
    return np.ascontiguousarray(found)


@njit(cache=True, error_model="numpy")
def _divide(colour, covered, background, fill, stray, vignette, foreground, behind, alpha):
    height, width = covered.shape
    for y in range(height):
        v = np.float32((2 * y + 1) / height - 1)
        for x in range(width):
            u = np.float32((2 * x + 1) / width - 1)
            far = np.float32(0.5) * (u * u + v * v)
            lit = np.float32(1) - vignette * far * far
            a = covered[y, x]
            spread = np.float32(0.004) * (np.float32(1) - a) + np.float32(1e-7)
            share = lit / (a + spread)
            near, over = fill[y // 4, x // 4], stray[y // 4, x // 4]
            for c in range(3):
                foreground[y, x, c] = (colour[y, x, c] + spread * near[c]) * share + lit * over[c]
                behind[y, x, c] = lit * background[y, x, c]
            alpha[y, x] = 0.0 if a < _LEAST else 1.0 if a > 1 - _LEAST else a
