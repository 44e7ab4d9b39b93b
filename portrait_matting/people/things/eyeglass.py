"""What glasses are made of: acetate, and lenses that are clear, dark or mirrored."""

import numpy as np

from portrait_matting.people.rendering.surface import Appearance, Look
from portrait_matting.people.things.materials import shiny
from portrait_matting.people.things.prints import colour

_TORTOISE = ((0.16, 0.06, 0.02), (0.03, 0.012, 0.006))


def acetate(rng: np.random.Generator) -> Look:
    """Black or coloured acetate, or tortoiseshell."""
    kind = rng.choice(3, p=(0.5, 0.28, 0.22))
    if kind == 0:
        return shiny(np.full(3, 0.012, np.float32), 0.05, 0.25)
    if kind == 1:
        return shiny(colour(rng, 0.35), 0.05, 0.3)
    light, deep = np.asarray(_TORTOISE, np.float32)

    def look(samples):
        p = samples.rest * np.float32(420)
        mixed = np.sin(p[:, 0] + np.sin(p[:, 2])) + np.sin(p[:, 2] * 1.3 + np.sin(p[:, 1])) + np.sin(p[:, 1] * 0.9)
        share = np.clip(0.5 + 0.5 * mixed, 0, 1)[:, None]
        return Appearance((light * share + deep * (1 - share)).astype(np.float32), samples.normal, 0.05, 0.25)

    return look


def clear(rng: np.random.Generator) -> Look:
    """What a clear lens throws back: a faint window, and what is bright in the place."""
    slant, at, wide = rng.uniform(-0.8, 0.8), rng.uniform(0.2, 0.8), rng.uniform(0.1, 0.3)
    strength = rng.choice([0.0, 0.25, 1.0], p=(0.45, 0.35, 0.2))
    tint = np.asarray([(0.9, 0.95, 1.0), (0.5, 0.9, 0.6), (0.5, 0.55, 1.0)][rng.integers(3)], np.float32)

    def look(samples):
        along = samples.uv[:, 0] + slant * (samples.uv[:, 1] - 0.5)
        window = np.clip(1.5 - np.abs(along - at) / wide * 1.5, 0, 1) * strength
        return Appearance((window[:, None] * tint).astype(np.float32), samples.normal, 0.5, 0.12)

    return look


def tinted(rng: np.random.Generator) -> tuple[Look, float]:
    """Sunglasses: dark, lighter below, or mirrored."""
    kind = rng.choice(3, p=(0.5, 0.3, 0.2))
    tint = np.asarray([(0.012, 0.012, 0.013), (0.035, 0.016, 0.008), (0.012, 0.02, 0.012)][rng.integers(3)], np.float32)
    if kind == 0:
        return shiny(tint, 0.06, 0.12), rng.uniform(0.82, 0.97)
    if kind == 1:
        lower = tint + np.asarray((0.16, 0.11, 0.09), np.float32)

        def shade(uv):
            return tint + np.clip(0.9 - uv[:, 1:] * 1.25, 0, 1) * (lower - tint)

        return shiny(shade, 0.05, 0.12), 0.78
    warm = np.asarray([(0.75, 0.35, 0.06), (0.1, 0.3, 0.75), (0.6, 0.62, 0.66), (0.5, 0.12, 0.5)][rng.integers(4)])
    ground = rng.uniform(0.35, 0.65)

    def mirror(uv):  # a bright sky above a dark ground, as mirrored lenses always have it
        edge = ground + 0.05 * np.sin(9 * uv[:, :1])
        sky = np.clip((uv[:, 1:] - edge) * 14 + 0.5, 0, 1)
        return (warm * (0.22 + sky * (0.35 + 0.45 * uv[:, 1:]))).astype(np.float32)

    return shiny(mirror, 0.25, 0.1), 0.97
