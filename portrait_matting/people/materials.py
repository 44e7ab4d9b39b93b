"""What things are made of: cloth, knit, leather, plastic, metal, straw, with the colours people wear."""

from collections.abc import Callable

import numpy as np

from portrait_matting.people.surface import Appearance, Look, Samples

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


def _bent(samples: Samples, axis: np.ndarray, along: np.ndarray | float, up: np.ndarray | float) -> np.ndarray:
    """The normals, leaned by a slope along the way around `axis` and by one along it: float32 (n, 3)."""
    side = np.cross(axis, samples.normal)
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-3)
    rise = np.cross(samples.normal, side)
    found = samples.normal - np.asarray(along)[..., None] * side - np.asarray(up)[..., None] * rise
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def _seen(samples: Samples, period: float) -> np.ndarray:
    """How much of something that repeats every `period` metres a picture resolves, in [0, 1]: (n,)."""
    return np.clip(1.5 - 3 * samples.footprint / max(period, 1e-5), 0, 1)


def cloth(pattern: Pattern, axis=(0.0, 0.0, 1.0), folds: float = 0.12, sheen: float = 0.35, seed: int = 0) -> Look:
    """Woven cloth with soft dents.

    Args:
        pattern: its colours.
        axis: (3,), that it goes around, in the room.
        folds: slope of the dents.
        sheen: how much brighter it is at grazing angles.
        seed: of the dents.
    """
    random = np.random.default_rng(seed)
    waves = random.normal(size=(4, 3)) * (60, 60, 22)  # dents are longer than wide, as gravity makes them
    phases = random.uniform(0, 2 * np.pi, 4)
    axis = np.asarray(axis, np.float64)

    def look(samples):
        swing = np.sin(samples.rest @ waves.T + phases)
        slope = folds * (swing[:, 0] + swing[:, 1]) / 2, folds * (swing[:, 2] + swing[:, 3]) / 2
        albedo = np.asarray(pattern(samples.uv), np.float32) * (1 - 0.2 * folds * (swing[:, :1] + swing[:, 2:3]))
        return Appearance(albedo.astype(np.float32), _bent(samples, axis, *slope), 0.0, 0.9, 0.1, sheen)

    return look


def knit(pattern: Pattern, ribs: int, rows: int, axis, width: float, depth: float = 0.5, cable: bool = False) -> Look:
    """Knitted wool: ribs along the axis, with stitches.

    Args:
        pattern: its colours.
        ribs: around the axis.
        rows: of stitches along the map.
        axis: (3,), that it goes around, in the room.
        width: metres, of a rib.
        depth: slope of the ribs' sides.
        cable: the ribs twist.
    """
    axis = np.asarray(axis, np.float64)

    def look(samples):
        u, v = samples.uv[:, 0] * ribs, samples.uv[:, 1] * rows
        if cable:
            u = u + 0.35 * np.sin(2 * np.pi * v / 9)
        sharp, fine = _seen(samples, width), _seen(samples, width / 2)
        slope = np.sin(2 * np.pi * u)
        stitch = np.sin(2 * np.pi * (v + 0.5 * np.abs(2 * (u % 1) - 1)))
        groove = 0.5 - 0.5 * np.cos(2 * np.pi * u)
        shade = 1 - 0.45 * sharp * (1 - groove) - 0.12 * fine * (1 + stitch)
        albedo = np.asarray(pattern(samples.uv), np.float32) * shade[:, None]
        normal = _bent(samples, axis, depth * sharp * slope, 0.3 * fine * stitch)
        return Appearance(albedo.astype(np.float32), normal, 0.0, 0.95, 0.2, 0.6)

    return look


def straw(shade: np.ndarray, axis, rings: float, around: float) -> Look:
    """Plaited straw."""
    axis = np.asarray(axis, np.float64)

    def look(samples):
        u, v = samples.uv[:, 0] * around, samples.uv[:, 1] * rings
        seen = _seen(samples, 0.006)
        weave = np.sin(2 * np.pi * v) + 0.6 * np.sin(2 * np.pi * (u + v / 2))
        slow = np.sin(0.7 * v + np.sin(u / 7))
        albedo = shade * (1 + 0.14 * seen * weave + 0.05 * slow)[:, None]
        normal = _bent(samples, axis, 0.15 * seen * np.cos(2 * np.pi * (u + v / 2)), 0.3 * seen * np.cos(2 * np.pi * v))
        return Appearance(np.clip(albedo, 0, 1).astype(np.float32), normal, 0.03, 0.55, 0.1, 0.1)

    return look


def shiny(shade: np.ndarray | Pattern, specular: float = 0.05, roughness: float = 0.3) -> Look:
    """Plastic, lacquer, leather, glazed earthenware: one colour or a pattern under a clear skin."""
    pattern = shade if callable(shade) else plain(np.asarray(shade, np.float32))
    return lambda s: Appearance(
        np.ascontiguousarray(pattern(s.uv), np.float32), s.normal, np.float32(specular), np.float32(roughness)
    )


def metal(shade: np.ndarray, roughness: float = 0.28) -> Look:
    """Metal: what it mirrors is of its own colour, which the light here is not, so a part of it is lit as cloth is."""
    dull = np.asarray(shade, np.float32) * np.float32(0.55)
    return lambda s: Appearance(
        np.broadcast_to(dull, s.position.shape).copy(), s.normal, np.float32(0.4 * shade.max()), np.float32(roughness)
    )


def skin_of(shade: np.ndarray) -> Look:
    """Rubber, foam, paper: dull all over."""
    return shiny(shade, 0.02, 0.8)
