"""The colours and patterns of things that people wear."""

from collections.abc import Callable

import numpy as np

# Linear RGB. What is sold most first: black, white, greys, navy, denim, beige, brown, olive, burgundy.
_SOBER = (
    (0.012, 0.012, 0.014),
    (0.70, 0.69, 0.66),
    (0.06, 0.06, 0.065),
    (0.25, 0.25, 0.26),
    (0.012, 0.020, 0.065),
    (0.05, 0.09, 0.19),
    (0.52, 0.40, 0.27),
    (0.11, 0.055, 0.028),
    (0.085, 0.10, 0.045),
    (0.13, 0.012, 0.022),
)
_BRIGHT = (
    (0.55, 0.02, 0.02),
    (0.75, 0.26, 0.02),
    (0.80, 0.58, 0.04),
    (0.03, 0.28, 0.10),
    (0.02, 0.14, 0.55),
    (0.65, 0.10, 0.32),
    (0.28, 0.08, 0.42),
    (0.04, 0.40, 0.42),
    (0.60, 0.75, 0.08),
)
_METALS = ((0.85, 0.83, 0.80), (0.80, 0.56, 0.22), (0.78, 0.48, 0.36), (0.05, 0.05, 0.05))  # silver, gold, rose, black


def colour(rng: np.random.Generator, bright: float = 0.25) -> np.ndarray:
    """A colour that people wear: float32 (3,), linear RGB; `bright` is the share of loud ones."""
    few = _BRIGHT if rng.random() < bright else _SOBER
    found = np.asarray(few[rng.integers(len(few))]) * rng.uniform(0.75, 1.3) * (1 + 0.06 * rng.normal(size=3))
    return np.clip(found, 0.006, 0.9).astype(np.float32)


def metal_colour(rng: np.random.Generator) -> np.ndarray:
    """Silver, gold, rose gold or black: float32 (3,), linear RGB."""
    return np.asarray(_METALS[rng.choice(4, p=(0.45, 0.35, 0.1, 0.1))], np.float32)


Pattern = Callable[[np.ndarray], np.ndarray]
"""Colours (n, 3), linear RGB, of points (n, 2) of a surface's map."""


def plain(shade: np.ndarray) -> Pattern:
    return lambda uv: np.broadcast_to(shade, (len(uv), 3))


def striped(first: np.ndarray, second: np.ndarray, count: float, share: float = 0.5, along: int = 1) -> Pattern:
    """Bands of two colours, `count` over the map, of which the second takes `share`."""

    def pattern(uv):
        return np.where((uv[:, along] * count % 1 < share)[:, None], second, first)

    return pattern


def checked(first: np.ndarray, second: np.ndarray, across: float, along: float) -> Pattern:
    """A gingham: two bands that cross, half as dark where there is one."""

    def pattern(uv):
        dark = ((uv[:, 0] * across % 1 < 0.5).astype(np.float32) + (uv[:, 1] * along % 1 < 0.5)) / 2
        return first + dark[:, None] * (second - first)

    return pattern


def dotted(first: np.ndarray, second: np.ndarray, across: float, along: float, size: float = 0.28) -> Pattern:
    """Dots in rows that are set off by half."""

    def pattern(uv):
        row = uv[:, 1] * along
        x = uv[:, 0] * across + 0.5 * (np.floor(row) % 2)
        inside = (x % 1 - 0.5) ** 2 + (row % 1 - 0.5) ** 2 < size**2
        return np.where(inside[:, None], second, first)

    return pattern


def printed(first: np.ndarray, colours: list[np.ndarray], seed: int, scale: float) -> Pattern:
    """Blots of several colours in turns: flowers, camouflage."""
    random = np.random.default_rng(seed)
    waves = random.normal(size=(len(colours), 5, 2)) * scale
    phases = random.uniform(0, 2 * np.pi, (len(colours), 5))

    def pattern(uv):
        found = np.broadcast_to(first, (len(uv), 3)).copy()
        for wave, phase, shade in zip(waves, phases, colours, strict=True):
            found[np.sin(2 * np.pi * uv @ wave.T + phase).sum(1) > 1.3] = shade
        return found

    return pattern


def any_pattern(
    rng: np.random.Generator, across: float, along: float, share: float = 0.35
) -> tuple[Pattern, np.ndarray]:
    """A pattern, mostly plain, and its main colour, for a map that is `across` by `along` metres."""
    first = colour(rng)
    if rng.random() >= share:
        return plain(first), first
    second = colour(rng, 0.4)
    for _ in range(8):
        if np.abs(np.sqrt(second) - np.sqrt(first)).max() > 0.25:
            break
        second = colour(rng, 0.4)
    kind, size = rng.integers(5), rng.uniform(0.012, 0.05)
    if kind == 0:
        return striped(first, second, along / size, rng.uniform(0.2, 0.6)), first
    if kind == 1:
        return striped(first, second, round(across / size), rng.uniform(0.15, 0.5), along=0), first
    if kind == 2:
        return checked(first, second, round(across / size), along / size), first
    if kind == 3:
        return dotted(first, second, round(across / size), along / size), first
    blots = [second, colour(rng, 0.6), colour(rng, 0.6)]
    scale = np.asarray([across, along]) * rng.uniform(9, 22)
    return printed(first, blots, int(rng.integers(1 << 31)), scale), first
