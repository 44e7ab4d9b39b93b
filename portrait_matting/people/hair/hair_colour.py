"""Colours of hairs: each its own shade, some of them grey."""

import numpy as np

from portrait_matting.people.bodies.complexion import Complexion

_BROWN = np.array((0.04, 0.022, 0.014), np.float32)
_GREY = np.array((0.5, 0.49, 0.47), np.float32)  # linear RGB of a hair without pigment


def tinted(complexion: Complexion, count: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Colours of hairs (S, K, 3): each its own shade, some of them grey, tips a little lighter."""
    shade = np.exp(0.16 * rng.normal(size=(count, 1))) * np.exp(0.05 * rng.normal(size=(count, 3)))
    own = (complexion.hair * shade).astype(np.float32)
    if complexion.grey > 0:  # a strand is a few hairs: most of them are mostly of one kind
        grey = np.clip(complexion.grey, 0.02, 0.98)
        white = rng.beta(2.5 * grey, 2.5 * (1 - grey), (count, 1))
        own = own + white * (_GREY * rng.uniform(0.6, 1.1, (count, 1)) - own)
    along = np.linspace(0.9, 1.15, length)
    return np.clip(own[:, None, :], 0.004, 0.8).astype(np.float32) * along[None, :, None].astype(np.float32)


def coloured(complexion: Complexion, count: int, length: int, grey: float, rng: np.random.Generator) -> np.ndarray:
    """Colours of hairs (S, K, 3) near those of the head, a share of them grey; brown where the head's are dyed."""
    red, green, blue = complexion.hair
    natural = complexion.hair if red >= green >= 0.95 * blue else _BROWN
    own = natural * np.exp(0.2 * rng.normal(size=(count, 1))) * (0.95, 0.86, 0.8)
    white = rng.random(count) < grey
    own[white] = _GREY * rng.uniform(0.6, 1.05, (int(white.sum()), 1))
    return np.clip(np.repeat(own[:, None], length, 1), 0.004, 0.9).astype(np.float32)
