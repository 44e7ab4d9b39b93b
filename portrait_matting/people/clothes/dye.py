"""Colours that people wear: mostly black, white, grey, blue and muted ones."""

import numpy as np

_DYES = {  # how often, sRGB
    "black": (20, (24, 24, 26)),
    "charcoal": (8, (52, 54, 58)),
    "grey": (8, (128, 129, 132)),
    "light grey": (5, (190, 191, 192)),
    "white": (16, (240, 239, 236)),
    "cream": (5, (232, 222, 200)),
    "beige": (5, (196, 176, 146)),
    "camel": (3, (170, 125, 80)),
    "brown": (4, (84, 58, 42)),
    "navy": (12, (30, 38, 66)),
    "blue": (6, (58, 92, 150)),
    "light blue": (6, (166, 192, 220)),
    "denim": (4, (72, 96, 130)),
    "teal": (2, (32, 98, 104)),
    "olive": (4, (92, 92, 60)),
    "green": (3, (44, 92, 62)),
    "sage": (2, (150, 165, 140)),
    "burgundy": (4, (104, 28, 42)),
    "red": (4, (186, 34, 42)),
    "coral": (2, (228, 110, 90)),
    "rose": (4, (226, 172, 178)),
    "pink": (2, (216, 84, 132)),
    "purple": (2, (92, 56, 112)),
    "lilac": (2, (186, 168, 208)),
    "yellow": (2, (228, 184, 62)),
    "orange": (1, (222, 120, 44)),
}
_NAMES = tuple(_DYES)


def linear(colour) -> np.ndarray:
    """Linear RGB of sRGB 0 to 255: float32 (3,)."""
    value = np.asarray(colour, np.float64) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


def dye(rng: np.random.Generator, among: tuple[str, ...] = _NAMES) -> np.ndarray:
    """A colour of cloth, a little off its name's: linear RGB, float32 (3,)."""
    often = np.array([_DYES[name][0] for name in among], float)
    colour = np.asarray(_DYES[among[rng.choice(len(among), p=often / often.sum())]][1], float)
    return linear(np.clip(colour * rng.uniform(0.86, 1.08) + rng.normal(0, 5, 3), 10, 246))


def contrast(rng: np.random.Generator, ground: np.ndarray) -> np.ndarray:
    """A colour that can be told from the ground's."""
    for _ in range(6):
        found = dye(rng)
        if np.abs(np.sqrt(found) - np.sqrt(ground)).max() > 0.3:
            return found
    return linear((235, 235, 232)) if ground.mean() < 0.25 else linear((30, 30, 34))


DARK = ("black", "charcoal", "navy", "brown", "olive", "burgundy", "grey", "camel", "green")
LIGHT = ("white", "light blue", "cream", "light grey", "rose", "beige")
EARTH = ("camel", "beige", "brown", "charcoal", "black", "navy", "grey", "olive", "cream")
