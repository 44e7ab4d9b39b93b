"""Straight things behind a head: poles, door frames, window bars, slats, roofs, horizons."""

import cv2
import numpy as np

from portrait_matting.synthetic.palette import Colour, darker, lighter

BARS = ("none", "poles", "frame", "slats", "roof")


def draw_bars(rng: np.random.Generator, image: np.ndarray, kind: str, colours: list[Colour]) -> None:
    """Paints one of BARS over a background, uint8 RGB (H, W, 3), in place; dark ones and bright ones."""
    if kind == "none":
        return
    height, width = image.shape[:2]
    colour = darker(colours[2], rng.uniform(0.6, 0.9)) if rng.random() < 0.5 else lighter(colours[2], 0.8)
    other = darker(colour, 0.35)
    middle, lean = rng.normal(0.5, 0.18) * width, rng.normal(0, 0.04) * height
    if kind == "poles":
        for x in (middle, *rng.uniform(0, width, int(rng.integers(0, 3)))):
            thick = rng.uniform(0.01, 0.08) * height
            _stripe(image, (x, -0.1 * height), (x + lean, 1.1 * height), thick, colour)
            _stripe(image, (x + 0.3 * thick, -0.1 * height), (x + lean + 0.3 * thick, 1.1 * height), 0.3 * thick, other)
    elif kind == "frame":
        half, top, thick = rng.uniform(0.15, 0.4) * width, rng.uniform(-0.05, 0.3) * height, 0.04 * height
        inside = np.array(
            [(middle - half, top), (middle + half, top), (middle + half, 2 * height), (middle - half, 2 * height)]
        )
        cv2.polylines(image, [_fixed(inside)], True, colour, max(1, round(thick)), cv2.LINE_AA, 4)
        for at in (0.0, rng.uniform(0.3, 0.7)) if rng.random() < 0.5 else ():  # the bars of a window
            _stripe(image, (middle + lean * at, top), (middle + lean * at, height), 0.35 * thick, colour)
            _stripe(image, (middle - half, top + at * height), (middle + half, top + at * height), 0.35 * thick, colour)
    elif kind == "slats":
        step, share = max(6, rng.uniform(0.02, 0.09) * height), rng.uniform(0.2, 0.7)
        upright = rng.random() < 0.4
        for at in np.arange(rng.uniform(0, step), width if upright else height, step):
            ends = ((at, -9), (at + lean, height + 9)) if upright else ((-9, at), (width + 9, at + lean))
            _stripe(image, *ends, share * step, colour)
    else:
        y, rise, far = rng.uniform(0.1, 0.6) * height, rng.uniform(-0.3, 0.3) * height, rng.uniform(0.3, 1.2) * width
        outline = [(middle, y), (middle + far, y + abs(rise)), (middle + far, 2 * height), (middle - far, 2 * height)]
        outline.append((middle - far, y + rise if rng.random() < 0.5 else y + abs(rise)))
        cv2.fillPoly(image, [_fixed(np.array(outline))], colour, cv2.LINE_AA, 4)
        _stripe(image, outline[0], outline[1], 0.012 * height, other)


def _stripe(image: np.ndarray, start, end, thick: float, colour: Colour) -> None:
    cv2.polylines(image, [_fixed(np.array([start, end]))], False, colour, max(1, round(thick - 1.5)), cv2.LINE_AA, 4)


def _fixed(points: np.ndarray) -> np.ndarray:
    return np.rint(16 * points).astype(np.int32)
