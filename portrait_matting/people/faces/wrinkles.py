"""The folds of a face and a neck that the years make, in the template of the body."""

import numpy as np

_SLOPE = 2.0  # of a wrinkle as deep as the map can say, metres a metre


def soft_step(values, low, high) -> np.ndarray:
    """0 up to `low`, 1 from `high` on, and a smooth way between."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def wrinkles(place) -> np.ndarray:
    """Slopes along the axes of the template over 2, and the depth in millimetres, of folds at places (n, 3): (n, 4) in
    [-1, 1]."""
    step = 0.0004
    base = _fold(place)
    slopes = [
        (_fold(place + step * np.eye(3)[axis]) - _fold(place - step * np.eye(3)[axis])) / (2 * step)
        for axis in range(3)
    ]
    return np.clip(np.stack([*(slope / _SLOPE for slope in slopes), -base / 0.001], -1), -1, 1)


def _fold(place) -> np.ndarray:
    """How high the skin stands, metres, where folds of old age run: below 0 in them."""
    side, x, y, z = place[..., 0], np.abs(place[..., 0]), place[..., 1], place[..., 2]
    front = (y < -0.08) & (z > 0.6)

    def line(distance, width):
        return -np.exp(-((distance / width) ** 2))

    forehead = np.zeros_like(x)
    for level, wave, phase in ((0.765, 0.002, 0.3), (0.7745, 0.0025, 1.9), (0.7845, 0.002, 4.0), (0.7945, 0.0025, 2.2)):
        bent = level + wave * np.sin(side * 70 + phase) + 2.0 * x * x
        forehead += line(z - bent, 0.0016) * (0.75 + 0.25 * np.sin(side * 110 + 3 * phase))
    forehead *= 1 - soft_step(x, 0.03, 0.055)
    frown = line(x - 0.0065 - 0.1 * (z - 0.745), 0.0012) * np.exp(-(((z - 0.747) / 0.008) ** 2))
    corner = np.stack([x - 0.0455, z - 0.7275], -1)
    far, turn = np.linalg.norm(corner, axis=-1), np.arctan2(corner[..., 1], corner[..., 0])
    crow = (
        -(np.maximum(np.cos(turn * 9 + 25 * far), 0) ** 3)
        * np.exp(-(((far - 0.0125) / 0.006) ** 2))
        * (np.abs(turn) < 1.05)
    )
    bags = line(z - 0.7165 + 3.0 * (x - 0.030) ** 2 * -8, 0.0013) * np.exp(-(((x - 0.027) / 0.012) ** 2))
    bags += 0.6 * line(z - 0.7115 + -20 * (x - 0.030) ** 2, 0.0013) * np.exp(-(((x - 0.027) / 0.013) ** 2))
    along = np.interp(z, (0.645, 0.655, 0.668, 0.680, 0.692), (0.0335, 0.0345, 0.0325, 0.0265, 0.0185))
    laugh = line(x - along, 0.0022) * soft_step(z, 0.645, 0.66) * (1 - soft_step(z, 0.684, 0.694)) * 1.4
    along = np.interp(z, (0.625, 0.655), (0.0295, 0.0275))
    marionette = line(x - along, 0.0018) * soft_step(z, 0.622, 0.634) * (1 - soft_step(z, 0.650, 0.657))
    upper = -(np.maximum(np.cos(side * 900), 0) ** 4) * np.exp(-(((z - 0.6745) / 0.0035) ** 2)) * (x < 0.02) * 0.5
    neck = np.zeros_like(x)
    for level in (0.598, 0.580, 0.566):
        neck += line(z - level - 1.5 * x * x, 0.0018)
    neck *= (y < -0.02) * (z < 0.61)
    face = forehead + frown + crow + bags + laugh + marionette + upper
    return 0.0006 * (face * front + 0.9 * neck)
