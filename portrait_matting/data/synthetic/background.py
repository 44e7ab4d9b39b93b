"""Backgrounds: what stands behind a person, from a plain gradient to a cluttered room."""

from dataclasses import dataclass

import cv2
import numpy as np

from portrait_matting.data.synthetic import texture
from portrait_matting.data.synthetic.brush import Brush, ellipse, smooth
from portrait_matting.data.synthetic.palette import Colour, any_colour, darker, lighter, mix, near

KINDS = ("gradient", "clouds", "wood", "bricks", "wallpaper", "bokeh", "room", "shelves", "garden", "street")


@dataclass(frozen=True)
class Background:
    """A kind of KINDS and its colours; `blur` is the sigma of the defocus as a share of the frame's height."""

    kind: str
    colours: tuple[Colour, ...]
    blur: float
    seed: int


def sample_background(rng: np.random.Generator, like: list[Colour]) -> Background:
    """A random background; one in five takes its colours from `like`, so that it is hard to tell from the person."""
    value = rng.choice([0.3, 0.55, 0.85])
    colours = [any_colour(rng, (0.05, 0.6), (value - 0.15, value + 0.15)) for _ in range(5)]
    if like and rng.random() < 0.2:
        colours[:2] = [near(like[i], rng, 18) for i in rng.integers(0, len(like), 2)]
    return Background(
        kind=str(rng.choice(KINDS, p=(0.1, 0.07, 0.07, 0.08, 0.1, 0.12, 0.16, 0.12, 0.1, 0.08))),
        colours=tuple(colours),
        blur=rng.choice([0.0, 0.003, 0.012, 0.025]) * rng.uniform(0.6, 1.2),
        seed=int(rng.integers(2**32)),
    )


def draw_background(background: Background, height: int, width: int) -> np.ndarray:
    """Paint the background: float32 (H, W, 3) RGB in [0, 1]."""
    rng, colours = np.random.default_rng(background.seed), list(background.colours)
    if background.kind in ("gradient", "clouds", "wood", "bricks", "wallpaper"):
        image = getattr(texture, background.kind)(rng, colours, height, width)
    else:
        canvas = np.empty((height, width, 4), np.uint8)
        canvas[:] = 255
        _SCENES[background.kind](rng, Brush(canvas, (0, 0), height), width / height, colours)
        image = canvas[..., :3].astype(np.float32)
    return defocused(image, background.blur * height) / np.float32(255)


def defocused(image: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian blur of `sigma` pixels, a wide one at a lower resolution, where it costs less."""
    if sigma < 0.3:
        return image
    step = max(1, int(sigma / 1.5))
    height, width = image.shape[:2]
    small = cv2.resize(image, (max(1, width // step), max(1, height // step)), interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.GaussianBlur(small, (0, 0), sigma / step), (width, height))


def _rectangle(brush: Brush, x: float, y: float, w: float, h: float, colour: Colour) -> None:
    brush.boxes([(x, y, w, h)], colour)


def _bokeh(rng: np.random.Generator, brush: Brush, wide: float, colours: list[Colour]) -> None:
    _rectangle(brush, 0, 0, wide, 1, darker(colours[0], 0.45))
    for _ in range(int(rng.integers(18, 45))):
        before = brush.canvas.copy()
        r = rng.uniform(0.015, 0.07)
        x, y = rng.uniform(0, wide), rng.uniform(0, 1)
        brush.disc(x, y, r, lighter(colours[rng.integers(5)], rng.uniform(0, 0.5)))
        cv2.addWeighted(brush.canvas, 0.55, before, 0.45, 0, dst=brush.canvas)


def _room(rng: np.random.Generator, brush: Brush, wide: float, colours: list[Colour]) -> None:
    wall, floor = colours[0], darker(colours[1], 0.3)
    _rectangle(brush, 0, 0, wide, 1, wall)
    skirting = rng.uniform(0.7, 0.9)
    _rectangle(brush, 0, skirting, wide, 0.5, floor)
    _rectangle(brush, 0, skirting - 0.03, wide, 0.03, lighter(wall, 0.4))
    if rng.random() < 0.6:
        x, y, w, h = (
            rng.uniform(-0.1, 0.5 * wide),
            rng.uniform(0.02, 0.15),
            rng.uniform(0.3, 0.5),
            rng.uniform(0.35, 0.5),
        )
        _rectangle(brush, x - 0.02, y - 0.02, w + 0.04, h + 0.04, lighter(wall, 0.6))
        _rectangle(brush, x, y, w, h, (196, 222, 240))
        _rectangle(brush, x, y + 0.65 * h, w, 0.35 * h, mix((110, 150, 90), colours[2], 0.3))
        _rectangle(brush, x + w / 2 - 0.01, y, 0.02, h, lighter(wall, 0.6))
        curtain = lighter(colours[3], 0.1)
        for fold in range(5):
            _rectangle(brush, x - 0.14 + 0.028 * fold, y - 0.05, 0.03, h + 0.25, darker(curtain, 0.2 * (fold % 2)))
    for _ in range(int(rng.integers(1, 5))):
        x, y, w, h = rng.uniform(0, wide), rng.uniform(0.05, 0.45), rng.uniform(0.08, 0.22), rng.uniform(0.08, 0.25)
        _rectangle(brush, x, y, w, h, darker(colours[4], 0.5))
        _rectangle(brush, x + 0.012, y + 0.012, w - 0.024, h - 0.024, WALL_PAINT)
        brush.fill(ellipse(x + w / 2, y + h / 2, 0.3 * w, 0.3 * h), any_colour(rng))
        brush.fill(ellipse(x + w / 2, y + 0.7 * h, 0.38 * w, 0.15 * h), any_colour(rng))
    if rng.random() < 0.5:
        x = rng.uniform(0, wide)
        brush.line([(x, 0.3), (x, 0.95)], darker(colours[1], 0.6), 0.015)
        brush.fill([(x - 0.08, 0.16), (x + 0.08, 0.16), (x + 0.13, 0.34), (x - 0.13, 0.34)], lighter(colours[2], 0.4))
    x, y = rng.uniform(-0.2, 0.6) * wide, rng.uniform(0.6, 0.72)
    brush.fill(
        smooth([(x, y), (x + 0.55, y), (x + 0.62, y + 0.14), (x + 0.6, 1.1), (x - 0.05, 1.1), (x - 0.07, y + 0.14)]),
        colours[3],
        0.3,
    )
    if rng.random() < 0.7:
        _plant(rng, brush, rng.uniform(0, wide), rng.uniform(0.7, 0.95))


def _plant(rng: np.random.Generator, brush: Brush, x: float, y: float) -> None:
    green = mix((58, 122, 62), any_colour(rng), 0.2)
    for angle in rng.uniform(-1.3, 1.3, 16):
        length, width = rng.uniform(0.15, 0.36), rng.uniform(0.015, 0.04)
        tip = np.array([x + length * np.sin(angle), y - length * np.cos(angle)])
        side = width * np.array([np.cos(angle), np.sin(angle)])
        middle = 0.5 * (tip + (x, y))
        brush.fill(
            smooth([(x, y), middle - side, tip, middle + side], samples=4), mix(green, darker(green, 0.5), rng.random())
        )
    pot = any_colour(rng)
    brush.fill([(x - 0.08, y), (x + 0.08, y), (x + 0.06, y + 0.16), (x - 0.06, y + 0.16)], pot, 0.3)


def _shelves(rng: np.random.Generator, brush: Brush, wide: float, colours: list[Colour]) -> None:
    _rectangle(brush, 0, 0, wide, 1, darker(colours[0], 0.35))
    board, step = lighter(colours[0], 0.1), rng.uniform(0.2, 0.3)
    for y in np.arange(rng.uniform(-0.1, 0.1), 1.2, step):
        x = -0.05
        while x < wide:
            w, h = rng.uniform(0.02, 0.06), step * rng.uniform(0.5, 0.85)
            what = rng.random()
            if what < 0.82:
                book = any_colour(rng)
                _rectangle(brush, x, y + step - h, w - 0.003, h, book)
                _rectangle(brush, x, y + step - 0.8 * h, w - 0.003, 0.012, lighter(book, 0.4))
            elif what < 0.9:
                brush.fill(ellipse(x + 0.05, y + step - 0.06, 0.045, 0.065), any_colour(rng), 0.4)
                w = 0.11
            x += w
        _rectangle(brush, 0, y + step, wide, 0.022, board)
    if rng.random() < 0.5:
        _plant(rng, brush, rng.uniform(0, wide), 0.8)


def _garden(rng: np.random.Generator, brush: Brush, wide: float, colours: list[Colour]) -> None:
    _rectangle(brush, 0, 0, wide, 1, mix((168, 206, 236), colours[0], 0.3))
    for _ in range(4):
        x, y = rng.uniform(0, wide), rng.uniform(0.03, 0.25)
        for dx in (-0.06, 0, 0.07):
            brush.fill(ellipse(x + dx, y, 0.08, 0.035), (244, 246, 250))
    for level in (0.45, 0.58, 0.74):
        x = np.linspace(-0.1, wide + 0.1, 7)
        hill = np.stack([x, level + rng.uniform(-0.06, 0.06, 7)], 1)
        green = mix((88, 140, 74), any_colour(rng), 0.25)
        brush.fill([*smooth(hill, closed=False), (wide + 0.1, 1.1), (-0.1, 1.1)], darker(green, level - 0.45))
        for _ in range(int(rng.integers(1, 5))):
            x, r = rng.uniform(0, wide), rng.uniform(0.05, 0.12)
            brush.line([(x, level), (x, level - 1.6 * r)], (96, 68, 48), 0.2 * r)
            for _ in range(6):
                dx, dy = rng.uniform(-r, r), rng.uniform(-0.8 * r, 0.8 * r)
                brush.fill(
                    ellipse(x + dx, level - 2.2 * r + dy, 0.7 * r, 0.6 * r),
                    mix(green, darker(green, 0.6), rng.random()),
                )
    for x, y in rng.uniform((0, 0.75), (wide, 1), (30, 2)):
        brush.disc(x, y, 0.011, colours[rng.integers(5)])


def _street(rng: np.random.Generator, brush: Brush, wide: float, colours: list[Colour]) -> None:
    _rectangle(brush, 0, 0, wide, 1, lighter(colours[0], 0.3))
    x = -0.05
    while x < wide:
        w, top = rng.uniform(0.15, 0.3), rng.uniform(0.02, 0.4)
        front = mix(colours[rng.integers(1, 5)], (128, 120, 116), 0.4)
        _rectangle(brush, x, top, w, 1, front)
        pane = (250, 226, 150) if rng.random() < 0.4 else darker(front, 0.45)
        gap = rng.uniform(0.045, 0.07)
        px, py = np.meshgrid(np.arange(x + 0.02, x + w - 0.03, gap), np.arange(top + 0.03, 0.8, 1.4 * gap))
        panes = np.stack([px, py, 0 * px + 0.5 * gap, 0 * px + 0.8 * gap], 2).reshape(-1, 4)
        lit = rng.integers(0, 3, len(panes))
        for level in range(3):
            brush.boxes(panes[lit == level], mix(pane, front, 0.3 * level))
        x += w
    _rectangle(brush, 0, 0.86, wide, 0.2, (104, 104, 110))
    _rectangle(brush, 0, 0.84, wide, 0.025, (176, 174, 170))


WALL_PAINT: Colour = (236, 232, 222)
_SCENES = {"bokeh": _bokeh, "room": _room, "shelves": _shelves, "garden": _garden, "street": _street}
