"""Patterns of cloth, by where its panels lie flat; what is finer than a pixel fades into its mean."""

from collections.abc import Callable

import numpy as np
from numba import njit

from portrait_matting.people.clothes.noise import noise

Paint = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""(albedo (n, 3), place on the panel (n, 2) in metres, place at rest (n, 3), pixel (n,) in metres) -> albedo (n, 3)."""


def mixed(colour) -> np.ndarray:
    """A colour as float32 (3,)."""
    return np.asarray(colour, np.float32)


def band(at: np.ndarray, period: float, width: float, pixel: np.ndarray) -> np.ndarray:
    """1 within stripes of a `width` every `period` metres, 0 between, smooth over a pixel: a box filter, exactly."""
    return _band(np.ascontiguousarray(at), np.float32(period), np.float32(width / period), pixel)


@njit(cache=True, error_model="numpy")
def _band(at, period, share, pixel):
    found = np.empty(len(at), np.float32)
    for i in range(len(at)):
        wide = max(pixel[i] / period, np.float32(1e-4))
        high, low = at[i] / period + wide / 2, at[i] / period - wide / 2
        a, b = np.floor(high), np.floor(low)
        found[i] = ((a - b) * share + min(high - a, share) - min(low - b, share)) / wide
    return found


def _over(albedo: np.ndarray, colour: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Lays a colour, (3,) or one a point, over what is there, in place."""
    _lay(albedo, np.atleast_2d(np.asarray(colour, np.float32)), np.asarray(share, np.float32))
    return albedo


@njit(cache=True, error_model="numpy")
def _lay(albedo, colour, share):
    each = colour.shape[0] > 1
    for i in range(albedo.shape[0]):
        if share[i] > 0:
            for c in range(3):
                albedo[i, c] += (colour[i if each else 0, c] - albedo[i, c]) * share[i]


def stripes(colour: np.ndarray, period: float, width: float, upright: bool) -> Paint:
    """Stripes of one colour."""

    def paint(albedo, uv, rest, pixel):
        return _over(albedo, colour, band(uv[:, 0 if upright else 1] + width / 2, period, width, pixel))

    return paint


def check(colours: list[np.ndarray], period: float, widths: list[float], twill: float = 0.5) -> Paint:
    """Tartan, gingham: the same stripes both ways, each of which hides `twill` of what it crosses."""

    def paint(albedo, uv, rest, pixel):
        for axis in (0, 1):
            for k, (colour, width) in enumerate(zip(colours, widths, strict=True)):
                at = uv[:, axis] + width / 2 + k * period / 2.7
                albedo = _over(albedo, colour, np.float32(twill) * band(at, period, width, pixel))
        return albedo

    return paint


def dots(colour: np.ndarray, period: float, radius: float) -> Paint:
    """Dots in rows that are shifted against one another."""

    def paint(albedo, uv, rest, pixel):
        row = np.floor(uv[:, 1] / period)
        x = (uv[:, 0] / period + 0.5 * (row % 2)) % 1 - 0.5
        y = uv[:, 1] / period - row - 0.5
        far = np.hypot(x, y) * period
        inside = np.clip((radius - far) / np.maximum(pixel, 1e-4) + 0.5, 0, 1)
        mean = np.float32(np.pi * radius**2 / period**2)
        clear = np.clip(2 - 3 * pixel / period, 0, 1)
        return _over(albedo, colour, (inside * clear + mean * (1 - clear)).astype(np.float32))

    return paint


def flowers(petals: list[np.ndarray], leaf: np.ndarray, period: float, seed: int) -> Paint:
    """Blossoms with leaves, one a cell of a grid, each turned and moved by chance."""
    table = np.random.default_rng(seed).uniform(size=(64, 5)).astype(np.float32)
    colours = np.stack(petals)

    def paint(albedo, uv, rest, pixel):
        for shift, green in ((0.5, True), (0.0, False)):
            at = uv / period + shift
            cell = np.floor(at).astype(np.int64)
            chance = table[(cell[:, 0] * 7 + cell[:, 1] * 13 + 31 * green) % 64]
            offset = at - cell - 0.5 - 0.3 * (chance[:, :2] - 0.5)
            angle = np.arctan2(offset[:, 1], offset[:, 0]) + 6.3 * chance[:, 2]
            far = np.hypot(offset[:, 0], offset[:, 1])
            size = 0.2 + 0.14 * chance[:, 3]
            edge = size * ((0.35 + 0.6 * np.abs(np.cos(angle))) if green else (0.75 + 0.25 * np.cos(5 * angle)))
            soft = np.maximum(pixel / period, 0.01)
            inside = np.clip((edge - far) / soft + 0.5, 0, 1)
            colour = leaf if green else colours[(chance[:, 4] * len(colours)).astype(int)]
            albedo = _over(albedo, colour, inside.astype(np.float32))
            if not green:
                heart = np.clip((0.28 * size - far) / soft + 0.5, 0, 1)
                albedo = _over(albedo, 0.4 * colour + 0.2, heart.astype(np.float32))
        return albedo

    return paint


def camouflage(colours: list[np.ndarray], scale: float, seed: int) -> Paint:
    """Blots of a few colours."""
    offset = np.random.default_rng(seed).uniform(0, 32, 3).astype(np.float32)

    def paint(albedo, uv, rest, pixel):
        for k, colour in enumerate(colours):
            found = noise(rest * np.float32(5 / scale) * np.float32((1, 1, 1.5)) + offset + np.float32(9.3 * k))
            soft = np.maximum(6 * pixel / scale, 0.05)
            albedo = _over(albedo, colour, np.clip((found[:, 0] - 0.35) / soft + 0.5, 0, 1).astype(np.float32))
        return albedo

    return paint


def marbled(colour: np.ndarray, scale: float, seed: int) -> Paint:
    """Soft clouds of a second colour: batik, washed cloth."""
    offset = np.random.default_rng(seed).uniform(0, 32, 3).astype(np.float32)

    def paint(albedo, uv, rest, pixel):
        found = noise(rest * np.float32(5 / scale) + offset)[:, 0]
        return _over(albedo, colour, np.clip(0.5 + 0.5 * found, 0, 1).astype(np.float32))

    return paint


def motif(colour: np.ndarray, centre: tuple[float, float], size: float, seed: int) -> Paint:
    """A print on the chest: rings, bars like letters, a badge; of the front panel only."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(4)
    second = colour * 0.3 + np.float32(0.2) * rng.uniform(0, 1, 3).astype(np.float32)
    letters = rng.uniform(0, 1, (3, 12)).astype(np.float32)

    def paint(albedo, uv, rest, pixel):
        x, y = (uv[:, 0] - centre[0]) / size, (uv[:, 1] - centre[1]) / size
        soft = np.maximum(pixel / size, 1e-3)
        front = np.abs(uv[:, 0]) < 1
        far = np.hypot(x, y)

        def within(distance):
            return (np.clip(distance / soft + 0.5, 0, 1) * front).astype(np.float32)

        if kind == 0:  # a badge with a ring
            albedo = _over(albedo, colour, within(0.9 - far))
            albedo = _over(albedo, second, within(0.75 - far))
            return _over(albedo, colour, within(0.45 - np.abs(x) - np.abs(y)))
        if kind in (1, 2):  # lines of letters
            rows = 1 if kind == 1 else 3
            for row in range(rows):
                high = 0.28 if rows == 1 else 0.16
                middle = (row - (rows - 1) / 2) * 0.42
                column = np.clip(((x + 1) * 5).astype(int), 0, 9)
                inner = (x + 1) * 5 - column
                stroke = 0.14 + 0.1 * letters[row, column % 12]
                left = np.minimum(inner - 0.1, 0.1 + stroke - inner) / 5
                bar = high * (letters[row, (column + 5) % 12] * 1.6 - 0.8)
                cross = np.minimum(0.04 - np.abs(y - middle - bar), (0.4 - np.abs(inner - 0.5)) / 5)
                right = np.minimum(inner - 0.9 + stroke, 0.9 - inner)
                right = np.where(letters[row, (column + 3) % 12] > 0.4, right, -1)
                shape = np.maximum(np.maximum(left, cross), right / 5)
                shape = np.minimum(shape, np.minimum(high - np.abs(y - middle), 1 - np.abs(x)))
                albedo = _over(albedo, colour, within(shape))
            return albedo
        # a picture: hills and a sun in a frame
        inside = np.minimum(0.8 - np.abs(x), 0.8 - np.abs(y))
        albedo = _over(albedo, colour, within(inside))
        albedo = _over(albedo, second, within(np.minimum(inside - 0.06, 0.25 * np.sin(3 * x + letters[0, 0] * 6) - y)))
        return _over(albedo, 1 - second, within(np.minimum(inside, 0.25 - np.hypot(x - 0.25, y - 0.35))))

    return paint
