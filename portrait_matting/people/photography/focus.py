"""What a lens puts out of focus, of the place and of the people; the alpha follows.

A thin lens spreads a point over a disc, the circle of confusion: aperture · focal · |1 / focus - 1 / depth|, in pixels
where the focal length is (Potmesil and Chakravarty, "A lens and aperture camera model", SIGGRAPH 1981).
"""

from dataclasses import replace

import cv2
import numpy as np
from numba import njit

from portrait_matting.people.photography.lens import WIDEST, Lens
from portrait_matting.people.rendering.camera import Camera
from portrait_matting.people.rendering.render import Rendered

_SEEN = 0.8  # pixels: a smaller disc changes nothing that one sees
_DISC = 9.9  # pixels, at most, of the disc that a place is blurred by; for a wider one the place is reduced first
# Discs in pixels that people are blurred by, as Gaussians of about as much variance, and the pixels that are left out
_LEVELS = ((2.0, 1), (4.0, 1), (8.0, 2), (16.0, 4))


def defocus(picture: np.ndarray, camera: Camera, lens: Lens) -> np.ndarray:
    """A place as the lens shows it: linear RGB, float32 (H, W, 3). Bright spots become discs."""
    spread = lens.aperture * camera.focal * abs(1 / lens.focus - 1 / lens.place)
    spread = min(max(spread, lens.apart * camera.height), WIDEST * camera.height)
    if spread >= _SEEN:
        picture = _blurred(picture, spread, lens.blades)
    return _moved(picture, lens.shake)


def focus(rendered: Rendered, camera: Camera, lens: Lens) -> Rendered:
    """People as the lens shows them: what is nearer or farther than the focus is soft, in colour and alpha alike."""
    if lens.aperture * camera.focal <= 0 or not (rendered.alpha > 0).any():
        return _people_moved(rendered, lens)
    size = (max(1, camera.width // 4), max(1, camera.height // 4))
    depth = np.where(np.isfinite(rendered.depth), rendered.depth, np.float32(lens.focus))
    spread = np.abs(1 / np.float32(lens.focus) - 1 / np.maximum(depth, np.float32(0.05)))
    spread *= np.float32(lens.aperture * camera.focal) * rendered.alpha
    # of the people around a pixel: a soft edge lies outside of what it is the edge of
    covered = cv2.GaussianBlur(cv2.resize(rendered.alpha, size, interpolation=cv2.INTER_AREA), (7, 7), 1.5)
    small = cv2.GaussianBlur(cv2.resize(spread, size, interpolation=cv2.INTER_AREA), (7, 7), 1.5)
    small /= covered + np.float32(1e-4)
    if small.max() < _SEEN:
        return _people_moved(rendered, lens)
    spread = np.minimum(cv2.resize(small, (camera.width, camera.height)), np.float32(0.03 * camera.height))
    layers = cv2.merge([rendered.colour, rendered.alpha])
    found, narrow, narrower = layers.copy(), layers, 0.0
    for widest, step in _LEVELS:
        if spread.max() <= narrower:
            break
        wide = _softened(layers, widest / 4, step)
        _towards(found, narrow, wide, spread, np.float32(narrower), np.float32(widest))
        narrow, narrower = wide, widest
    np.clip(found[..., 3], 0, 1, out=found[..., 3])
    return _people_moved(replace(rendered, colour=found[..., :3].copy(), alpha=found[..., 3].copy()), lens)


def _softened(layers: np.ndarray, sigma: float, step: int) -> np.ndarray:
    """A Gaussian blur of `sigma` pixels, of one in `step` pixels each way."""
    if step == 1:
        return cv2.GaussianBlur(layers, (0, 0), sigma)
    height, width = layers.shape[:2]
    small = cv2.resize(layers, (max(1, width // step), max(1, height // step)), interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.GaussianBlur(small, (0, 0), sigma / step), (width, height))


@njit(cache=True, error_model="numpy")
def _towards(found, narrow, wide, spread, narrower, widest):
    """Goes from one blur towards a wider one, as far as the disc of each pixel is between theirs."""
    for y in range(found.shape[0]):
        for x in range(found.shape[1]):
            share = min((spread[y, x] - narrower) / (widest - narrower), np.float32(1))
            if share > 0:
                for c in range(4):
                    found[y, x, c] += share * (wide[y, x, c] - narrow[y, x, c])


def _people_moved(rendered: Rendered, lens: Lens) -> Rendered:
    if not any(lens.moves):
        return rendered
    return replace(rendered, colour=_moved(rendered.colour, lens.moves), alpha=_moved(rendered.alpha, lens.moves))


def _moved(picture: np.ndarray, way: tuple[float, float]) -> np.ndarray:
    """The mean of a picture on a straight way of so many pixels."""
    length = float(np.hypot(*way))
    if length < 1:
        return picture
    size = 2 * int(np.ceil(length / 2)) + 1
    kernel = np.zeros((size, size), np.float32)
    for share in np.linspace(-0.5, 0.5, 4 * size):
        x, y = size // 2 + share * way[0], size // 2 + share * way[1]
        left, top = int(np.floor(x)), int(np.floor(y))
        for j, i, weight in (
            (top, left, (1 - x + left) * (1 - y + top)),
            (top, left + 1, (x - left) * (1 - y + top)),
            (top + 1, left, (1 - x + left) * (y - top)),
            (top + 1, left + 1, (x - left) * (y - top)),
        ):
            if weight > 0 and j < size and i < size:
                kernel[j, i] += weight
    return cv2.filter2D(picture, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT)


def _blurred(picture: np.ndarray, spread: float, blades: int) -> np.ndarray:
    """A picture with each point spread over a disc of `spread` pixels, a wide one at a lower resolution."""
    height, width = picture.shape[:2]
    step = max(1.0, spread / _DISC)
    small = picture
    if step > 1:
        size = (max(1, round(width / step)), max(1, round(height / step)))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    found = cv2.filter2D(small, -1, _disc(spread / step, blades), borderType=cv2.BORDER_REFLECT)
    return found if step == 1 else cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR)


def _disc(spread: float, blades: int) -> np.ndarray:
    """A disc, or a polygon, with a smooth edge, of sum 1: float32 (K, K)."""
    half = int(np.ceil(spread / 2))
    fine = (np.arange(4 * (2 * half + 1)) + 0.5) / 4 - half - 0.5
    x, y = fine[None, :], fine[:, None]
    radius = np.hypot(x, y)
    if blades:
        turn = 2 * np.pi / blades
        radius = radius * np.cos((np.arctan2(y, x) + 0.3) % turn - turn / 2) / np.cos(turn / 4)
    inside = (radius < spread / 2).astype(np.float32)
    kernel = inside.reshape(2 * half + 1, 4, 2 * half + 1, 4).sum((1, 3))
    return kernel / kernel.sum()
