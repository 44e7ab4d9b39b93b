"""Patterns of cloth: stripes, bars, checks, dots and prints."""

import cv2
import numpy as np

from portrait_matting.synthetic.brush import Brush
from portrait_matting.synthetic.chance import pick
from portrait_matting.synthetic.foliage import FIELDS, field
from portrait_matting.synthetic.palette import Colour, mix
from portrait_matting.synthetic.texture import between

PATTERNS = ("plain", "stripes", "bars", "checks", "dots", "print")


def draw_pattern(brush: Brush, shape: np.ndarray, pattern: str, colour: Colour, second: Colour, p: float) -> None:
    """Prints one of PATTERNS in `second` on the cloth inside the outline `shape` (n, 2), repeating every `p` units."""
    outline = brush.outline(shape)
    box = brush.box(outline)
    if box is None:
        return
    inside = brush.inside(outline, box)
    if pattern == "print":
        _draw_print(brush, inside, box, colour, second, p)
        return
    cloth = np.empty_like(brush.canvas)
    cloth[box] = (*(round(c) for c in colour), 255)
    pen = brush._replace(canvas=cloth)
    reach = 2.3
    seen = 1.5 + (brush.canvas.shape[0] - brush.origin[1]) / brush.unit  # beyond the frame's lower edge, if it leans
    across, down = np.arange(-reach, reach, p), np.arange(1.1, min(7.0, max(1.2, seen)), p)
    if pattern == "dots":
        x, y = np.meshgrid(across, down)
        x[1::2] += 0.5 * p
        centres = np.stack([x, y], 2).reshape(-1, 2)
        centres = centres[_within(pen.place(centres), box, p * brush.unit)]
        pen.discs(centres, [0.26 * p] * len(centres), second)
    bow = np.array([(-reach, 0.12), (-0.5 * reach, 0.03), (0, 0), (0.5 * reach, 0.03), (reach, 0.12)])
    rows = bow + np.stack([0 * down, down], 1)[:, None]
    columns = np.stack([np.stack([across, 0 * across + 1.0], 1), np.stack([across, 0 * across + 8.0], 1)], 1)
    if pattern in ("stripes", "checks"):
        pen.strands(rows, [mix(colour, second, 0.8)], 0.42 * p)
    if pattern == "bars":
        pen.strands(columns, [mix(colour, second, 0.6)], 0.3 * p)
    if pattern == "checks":
        under = cloth[box].copy()
        pen.strands(columns, [second], 0.5 * p)
        cloth[box] = cv2.addWeighted(cloth[box], 0.5, under, 0.5, 0)
    brush.canvas[box] = cv2.copyTo(cloth[box], inside, brush.canvas[box])


def _within(pixels: np.ndarray, box: tuple[slice, slice], margin: float) -> np.ndarray:
    """Which of the places (n, 2) are in the box or near it: bool (n,)."""
    rows, columns = box
    low, high = (columns.start - margin, rows.start - margin), (columns.stop + margin, rows.stop + margin)
    return ((pixels > low) & (pixels < high)).all(1)


def _draw_print(brush: Brush, inside: np.ndarray, box: tuple[slice, slice], colour: Colour, second: Colour, p: float):
    """Flowers, camouflage, fur or lace: what backgrounds have, too, so that it is the place that tells them apart."""
    rng = np.random.default_rng(int(1e9 * p))
    rows, columns = box
    size = rows.stop - rows.start, columns.stop - columns.start
    greys = field(rng, pick(rng, FIELDS), *size)
    cloth = cv2.cvtColor(between(greys, mix(colour, second, 0.1), second), cv2.COLOR_RGB2RGBA)
    part = brush.canvas[box]
    cv2.copyTo(cloth, inside, part)
