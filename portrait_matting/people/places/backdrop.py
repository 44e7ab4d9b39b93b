"""What a studio hangs behind people: plain paper, a spot on a wall, muslin, black, white, a screen to be keyed out."""

import cv2
import numpy as np

_KINDS = {"plain": 0.22, "spot": 0.26, "gradient": 0.14, "muslin": 0.12, "white": 0.1, "black": 0.09, "screen": 0.07}
_SCREENS = ((0.03, 0.42, 0.06), (0.02, 0.32, 0.03), (0.02, 0.08, 0.5))  # linear RGB: green paper, green cloth, blue


def draw_backdrop(rng: np.random.Generator, height: int, width: int, like: np.ndarray) -> np.ndarray:
    """A backdrop: linear RGB, float32 (H, W, 3).

    Args:
        rng: of the backdrop.
        height, width: of the picture.
        like: (n, 3) linear RGB, the person's own colours: three backdrops in ten are near one of them, black before
            black and white before white. With n = 0 none is.
    """
    kind = str(rng.choice(list(_KINDS), p=np.array(list(_KINDS.values())) / sum(_KINDS.values())))
    colour = _colour(rng, kind)
    if len(like) and rng.random() < 0.3:
        colour = np.clip(np.asarray(like)[rng.integers(len(like))] * rng.lognormal(0, 0.2, 3), 0.003, 0.9)
        kind = str(rng.choice(["plain", "spot", "gradient", "muslin"]))
    field = _field(rng, kind, height, width)
    return (field[..., None] * colour.astype(np.float32)).astype(np.float32)


def _colour(rng: np.random.Generator, kind: str) -> np.ndarray:
    if kind == "white":
        return rng.uniform(0.75, 1.6) * (1 + 0.02 * rng.normal(size=3))
    if kind == "black":
        return rng.uniform(0.001, 0.012) * (1 + 0.1 * rng.normal(size=3))
    if kind == "screen":
        return np.asarray(_SCREENS[rng.integers(len(_SCREENS))]) * rng.lognormal(0, 0.2, 3)
    grey = np.exp(rng.uniform(np.log(0.02), np.log(0.7)))
    if rng.random() < 0.45:  # grey paper, warm or cold
        return grey * (1 + 0.06 * rng.normal(size=3))
    return np.clip(grey * rng.lognormal(0, 0.55, 3), 0.003, 0.9)


def _field(rng: np.random.Generator, kind: str, height: int, width: int) -> np.ndarray:
    """How brightly each place is lit, float32 (H, W): smooth, so computed small and enlarged."""
    y, x = np.mgrid[0:24, 0:24] / 23.0
    found = 1 + rng.normal(0, 0.05) * (x - 0.5) + rng.normal(0, 0.05) * (y - 0.5)
    if kind == "spot":
        middle, reach, dark = rng.uniform((0.3, 0.3), (0.7, 0.7)), rng.uniform(0.25, 0.7), rng.uniform(0.1, 0.7)
        spot = np.exp(-((x - middle[0]) ** 2 + (y - middle[1]) ** 2) / reach**2)
        found = found * (dark + (1.2 - dark) * spot)
    elif kind == "gradient":
        angle, contrast = rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 2.4)
        found = found * np.exp(contrast * ((x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle)))
    found = cv2.resize(found.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    if kind == "muslin":
        clouds = np.zeros((height, width), np.float32)
        for cells in (4, 9, 20):
            small = rng.normal(size=(cells, cells)).astype(np.float32)
            clouds += cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC) * np.float32(2 / cells**0.5)
        found = found * np.exp(np.float32(0.3) * clouds)
    return np.maximum(found, np.float32(0.01))
