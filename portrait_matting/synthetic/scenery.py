"""Scenery behind a person. The brush's unit is the height of the frame, and `wide` is the width of the frame in it."""

import cv2
import numpy as np

from portrait_matting.synthetic.brush import Brush
from portrait_matting.synthetic.outline import ellipse, smooth
from portrait_matting.synthetic.palette import Colour, any_colour, darker, lighter, mix


def bokeh(rng: np.random.Generator, brush: Brush, wide: float, colours: list[Colour]) -> None:
    """Discs of light, as lamps look far behind the plane of focus."""
    brush.boxes([(0, 0, wide, 1)], darker(colours[0], 0.45))
    for _ in range(4):
        before, n = brush.canvas.copy(), int(rng.integers(4, 11))
        centres, radii = rng.uniform((0, 0), (wide, 1), (n, 2)), rng.uniform(0.015, 0.07, n)
        brush.discs(centres, radii, lighter(colours[rng.integers(5)], rng.uniform(0, 0.5)))
        brush.canvas[...] = cv2.addWeighted(brush.canvas, 0.55, before, 0.45, 0)


def room(rng: np.random.Generator, brush: Brush, wide: float, colours: list[Colour]) -> None:
    """A wall with a window, pictures, a lamp, a sofa and a plant."""
    wall, floor = colours[0], rng.uniform(0.7, 0.9)
    brush.boxes([(0, 0, wide, 1)], wall)
    brush.boxes([(0, floor, wide, 0.5)], darker(colours[1], 0.3))
    brush.boxes([(0, floor - 0.03, wide, 0.03)], lighter(wall, 0.4))
    if rng.random() < 0.6:
        _window(rng, brush, wide, wall, colours)
    for _ in range(int(rng.integers(1, 5))):
        x, y, w, h = rng.uniform((0, 0.05, 0.08, 0.08), (wide, 0.45, 0.22, 0.25))
        brush.boxes([(x, y, w, h)], darker(colours[4], 0.5))
        brush.boxes([(x + 0.012, y + 0.012, w - 0.024, h - 0.024)], (236, 232, 222))
        brush.fill(ellipse(x + w / 2, y + 0.7 * h, 0.38 * w, 0.15 * h), any_colour(rng))
        brush.fill(ellipse(x + w / 2, y + 0.45 * h, 0.25 * w, 0.25 * h), any_colour(rng))
    if rng.random() < 0.5:
        x = rng.uniform(0, wide)
        brush.line([(x, 0.3), (x, 0.95)], darker(colours[1], 0.6), 0.015)
        shade = [(x - 0.08, 0.16), (x + 0.08, 0.16), (x + 0.13, 0.34), (x - 0.13, 0.34)]
        brush.fill(shade, lighter(colours[2], 0.4))
    x, y = rng.uniform(-0.2, 0.6) * wide, rng.uniform(0.6, 0.72)
    sofa = [(x, y), (x + 0.55, y), (x + 0.62, y + 0.14), (x + 0.6, 1.1), (x - 0.05, 1.1), (x - 0.07, y + 0.14)]
    brush.fill(smooth(sofa), colours[3], shade=0.3)
    if rng.random() < 0.7:
        _plant(rng, brush, rng.uniform(0, wide), rng.uniform(0.7, 0.95))


def _window(rng: np.random.Generator, brush: Brush, wide: float, wall: Colour, colours: list[Colour]) -> None:
    x, y, w, h = rng.uniform((-0.1, 0.02, 0.3, 0.35), (0.5 * wide, 0.15, 0.5, 0.5))
    brush.boxes([(x - 0.02, y - 0.02, w + 0.04, h + 0.04)], lighter(wall, 0.6))
    brush.boxes([(x, y, w, h)], (196, 222, 240))
    brush.boxes([(x, y + 0.65 * h, w, 0.35 * h)], mix((110, 150, 90), colours[2], 0.3))
    brush.boxes([(x + w / 2 - 0.01, y, 0.02, h)], lighter(wall, 0.6))
    for fold in range(5):
        cloth = darker(lighter(colours[3], 0.1), 0.2 * (fold % 2))
        brush.boxes([(x - 0.14 + 0.028 * fold, y - 0.05, 0.03, h + 0.25)], cloth)


def _plant(rng: np.random.Generator, brush: Brush, x: float, y: float) -> None:
    green = mix((58, 122, 62), any_colour(rng), 0.2)
    for angle in rng.uniform(-1.3, 1.3, 16):
        length, width = rng.uniform(0.15, 0.36), rng.uniform(0.015, 0.04)
        tip = np.array([x + length * np.sin(angle), y - length * np.cos(angle)])
        side = width * np.array([np.cos(angle), np.sin(angle)])
        middle = 0.5 * (tip + (x, y))
        leaf = smooth([(x, y), middle - side, tip, middle + side], samples=4)
        brush.fill(leaf, mix(green, darker(green, 0.5), rng.random()))
    pot = [(x - 0.08, y), (x + 0.08, y), (x + 0.06, y + 0.16), (x - 0.06, y + 0.16)]
    brush.fill(pot, any_colour(rng), shade=0.3)


def shelves(rng: np.random.Generator, brush: Brush, wide: float, colours: list[Colour]) -> None:
    """Rows of books with a vase here and there."""
    brush.boxes([(0, 0, wide, 1)], darker(colours[0], 0.35))
    step, n = rng.uniform(0.2, 0.3), int(30 * wide) + 2
    rows = np.arange(rng.uniform(-0.1, 0.1), 1.2, step)
    w = rng.uniform(0.02, 0.06, (len(rows), n))
    x, h = np.cumsum(w, axis=1) - w - 0.03, step * rng.uniform(0.5, 0.85, w.shape)
    below = rows[:, None] + step
    books = np.stack([x, below - h, w - 0.003, h], 2)
    bands = np.stack([x, below - 0.8 * h, w - 0.003, np.full_like(x, 0.012)], 2)
    cover = np.where(rng.random(w.shape) < 0.88, rng.integers(0, 14, w.shape), -1)
    for k in range(14):
        colour = any_colour(rng)
        brush.boxes(books[cover == k], colour)
        if k % 2:
            brush.boxes(bands[cover == k], lighter(colour, 0.4))
    vases = rng.uniform(0, 1.5 * wide, len(rows))
    for vase, y in zip(vases, rows + step, strict=True):
        brush.fill(ellipse(vase, y - 0.07, 0.05, 0.075), any_colour(rng), shade=0.4)
    brush.boxes(np.stack([0 * rows, rows + step, 0 * rows + wide, 0 * rows + 0.022], 1), lighter(colours[0], 0.1))
    if rng.random() < 0.5:
        _plant(rng, brush, rng.uniform(0, wide), 0.8)


def garden(rng: np.random.Generator, brush: Brush, wide: float, colours: list[Colour]) -> None:
    """A sky, hills, trees and flowers."""
    brush.boxes([(0, 0, wide, 1)], mix((168, 206, 236), colours[0], 0.3))
    for x, y in rng.uniform((0, 0.03), (wide, 0.25), (3, 2)):
        for dx in (-0.06, 0, 0.07):
            brush.fill(ellipse(x + dx, y, 0.08, 0.035, points=16), (244, 246, 250))
    for level in (0.45, 0.58, 0.74):
        x = np.linspace(-0.1, wide + 0.1, 7)
        hill = smooth(np.stack([x, level + rng.uniform(-0.06, 0.06, 7)], 1), closed=False)
        green = mix((88, 140, 74), any_colour(rng), 0.25)
        brush.fill(np.concatenate([hill, [(wide + 0.1, 1.1), (-0.1, 1.1)]]), darker(green, level - 0.45))
        count = int(rng.integers(1, 5))
        leaves, shares = rng.uniform((-1, -0.8), (1, 0.8), (count, 6, 2)), rng.random((count, 6))
        for at, r, crown, tones in zip(rng.random(count), rng.uniform(0.05, 0.12, count), leaves, shares, strict=True):
            x = at * wide
            brush.line([(x, level), (x, level - 1.6 * r)], (96, 68, 48), 0.2 * r)
            for centre, share in zip(crown * r + (x, level - 2.2 * r), tones, strict=True):
                brush.disc(*centre, 0.65 * r, darker(green, 0.6 * share))
    for k in range(5):
        brush.discs(rng.uniform((0, 0.75), (wide, 1), (6, 2)), [0.011] * 6, colours[k])


def street(rng: np.random.Generator, brush: Brush, wide: float, colours: list[Colour]) -> None:
    """Fronts of houses with lit and dark panes."""
    brush.boxes([(0, 0, wide, 1)], lighter(colours[0], 0.3))
    x = -0.05
    while x < wide:
        w, top, gap = rng.uniform((0.15, 0.02, 0.045), (0.3, 0.4, 0.07))
        front = mix(colours[rng.integers(1, 5)], (128, 120, 116), 0.4)
        brush.boxes([(x, top, w, 1)], front)
        pane = (250, 226, 150) if rng.random() < 0.4 else darker(front, 0.45)
        px, py = np.meshgrid(np.arange(x + 0.02, x + w - 0.03, gap), np.arange(top + 0.03, 0.8, 1.4 * gap))
        panes = np.stack([px, py, 0 * px + 0.5 * gap, 0 * px + 0.8 * gap], 2).reshape(-1, 4)
        lit = rng.integers(0, 3, len(panes))
        for level in range(3):
            brush.boxes(panes[lit == level], mix(pane, front, 0.3 * level))
        x += w
    brush.boxes([(0, 0.86, wide, 0.2)], (104, 104, 110))
    brush.boxes([(0, 0.84, wide, 0.025)], (176, 174, 170))
