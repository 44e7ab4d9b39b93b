"""A brush paints anti-aliased shapes on a premultiplied RGBA canvas, in units of the person who is painted.

OpenCV's anti-aliased drawing moves each channel to the brush's colour by the coverage c of the pixel. On a canvas that
starts at zero and holds premultiplied colour this is Porter and Duff's `over` (SIGGRAPH 1984): P = c C + (1 - c) P and
alpha = c + (1 - c) alpha. So the alpha channel stays exact however many shapes overlap.
"""

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from portrait_matting.synthetic.palette import Colour

_SHIFT = 4  # fractional bits of OpenCV's fixed-point coordinates


def smooth(points, closed: bool = True, samples: int = 6) -> np.ndarray:
    """A Catmull-Rom curve through `points` (n, 2): float (m, 2)."""
    p = np.asarray(points, dtype=np.float64)
    if closed:
        before, after, beyond = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    else:
        padded = np.concatenate([[2 * p[0] - p[1]], p, [2 * p[-1] - p[-2]]])
        before, after, beyond, last = padded[:-3], padded[2:-1], padded[3:], p[-1:]
        p = padded[1:-2]
    t = (np.arange(samples) / samples)[:, None, None]
    curve = p + 0.5 * t * (
        after - before + t * (2 * before - 5 * p + 4 * after - beyond + t * (3 * (p - after) + beyond - before))
    )
    curve = curve.transpose(1, 0, 2).reshape(-1, 2)
    return curve if closed else np.concatenate([curve, last])


def mirrored(right) -> np.ndarray:
    """A closed outline from its right half (n, 2), listed from top to bottom."""
    right = np.asarray(right, dtype=np.float64)
    left = right[::-1] * (-1, 1)
    return np.concatenate([right, left[left[:, 0] < -1e-6]])


def ellipse(x: float, y: float, rx: float, ry: float, turn: float = 0.0, points: int = 24) -> np.ndarray:
    """The outline of an ellipse, turned by `turn` radians: float (points, 2)."""
    cos, sin = np.cos(turn), np.sin(turn)
    return _circle(points) @ np.array([[rx * cos, rx * sin], [-ry * sin, ry * cos]]) + (x, y)


@lru_cache(maxsize=16)
def _circle(points: int) -> np.ndarray:
    angle = 2 * np.pi * np.arange(points) / points
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


class Brush(NamedTuple):
    """Paints on `canvas`, uint8 (H, W, 4) premultiplied RGBA; `origin` and `unit` are in its pixels."""

    canvas: np.ndarray
    origin: tuple[float, float]
    unit: float
    angle: float = 0.0
    light: float = -1.0  # the side that the light comes from, -1 left to 1 right

    def place(self, points) -> np.ndarray:
        """Shape coordinates (..., 2) to canvas pixels (..., 2)."""
        cos, sin = self.unit * np.cos(self.angle), self.unit * np.sin(self.angle)
        return np.asarray(points) @ np.array([[cos, sin], [-sin, cos]]) + self.origin

    def turned(self, angle: float, pivot: tuple[float, float]) -> "Brush":
        """The same brush after its shapes were turned by `angle` radians about `pivot`."""
        brush = self._replace(angle=self.angle + angle)
        shift = self.place(pivot) - brush.place(pivot)
        return brush._replace(origin=(self.origin[0] + shift[0], self.origin[1] + shift[1]))

    def fill(self, points, colour: Colour, shade: float = 0.0) -> None:
        """Fills the outline (n, 2); `shade` (0..1) darkens it softly towards the rim and away from the light."""
        cv2.fillPoly(self.canvas, [_fixed(self.place(points))], (*colour, 255), cv2.LINE_AA, _SHIFT)
        if shade:
            self.shade(points, shade)

    def disc(self, x: float, y: float, r: float, colour: Colour) -> None:
        """Fills a circle."""
        self.discs([(x, y)], [r], colour)

    def discs(self, centres, radii, colour: Colour) -> None:
        """Fills many circles, `centres` (n, 2) and `radii` (n,)."""
        for centre, r in zip(_fixed(self.place(centres)).tolist(), radii, strict=True):
            radius = max(8, round(r * self.unit * (1 << _SHIFT)))
            cv2.circle(self.canvas, centre, radius, (*colour, 255), -1, cv2.LINE_AA, _SHIFT)

    def boxes(self, corners, colour: Colour) -> None:
        """Fills many rectangles that do not overlap, given as (n, 4): left, top, width and height."""
        x, y, w, h = np.asarray(corners, dtype=np.float64).reshape(-1, 4).T
        outlines = np.stack([np.stack([x, x + w, x + w, x], 1), np.stack([y, y, y + h, y + h], 1)], 2)
        cv2.fillPoly(self.canvas, list(_fixed(self.place(outlines))), (*colour, 255), cv2.LINE_AA, _SHIFT)

    def glow(self, x: float, y: float, rx: float, ry: float, colour: Colour, share: float) -> None:
        """Tints the canvas softly: `share` of `colour` at (x, y), fading to none over two radii; alpha stays."""
        reach = 2 * max(rx, ry)
        box = self.box(
            self.place([(x - reach, y - reach), (x + reach, y - reach), (x - reach, y + reach), (x + reach, y + reach)])
        )
        if box is None:
            return
        (cx, cy), (rows, columns) = self.place((x, y)), box
        across = ((np.arange(columns.start, columns.stop) - cx) / (rx * self.unit)) ** 2
        down = ((np.arange(rows.start, rows.stop) - cy) / (ry * self.unit)) ** 2
        weight = np.outer(np.exp(-1.5 * down), share * np.exp(-1.5 * across)).astype(np.float32)
        part = self.canvas[box]
        tint = np.empty_like(part)
        tint[:] = (*(round(c) for c in colour), 255)
        weight[part[..., 3] < 255] = 0
        part[...] = cv2.blendLinear(tint, part, weight, 1 - weight)

    def line(self, points, colour: Colour, width: float) -> None:
        """An open line through `points` (n, 2)."""
        self.strands(np.asarray(points)[None], [colour], width)

    def strands(self, strands: np.ndarray, colours: list[Colour], width: float) -> None:
        """Many lines (n, points, 2), painted in turn with the given colours, at least one canvas pixel wide."""
        lines = _fixed(self.place(strands))
        thickness = max(1, round(width * self.unit))
        for first, colour in enumerate(colours):
            group = list(lines[first :: len(colours)])
            cv2.polylines(self.canvas, group, False, (*colour, 255), thickness, cv2.LINE_AA, _SHIFT)

    def box(self, pixels: np.ndarray) -> tuple[slice, slice] | None:
        """The part of the canvas that holds `pixels` (n, 2), or None when they lie outside it."""
        height, width = self.canvas.shape[:2]
        left, top = np.floor(pixels.min(0)).astype(int).clip(0)
        right, bottom = np.minimum(np.ceil(pixels.max(0)).astype(int) + 1, (width, height))
        return (slice(top, bottom), slice(left, right)) if right - left > 1 and bottom - top > 1 else None

    def inside(self, pixels: np.ndarray, box: tuple[slice, slice]) -> np.ndarray:
        """255 inside the outline and 0 outside it, over `box`: uint8 (h, w)."""
        rows, columns = box
        mask = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
        cv2.fillPoly(mask, [_fixed(pixels - (columns.start, rows.start))], 255, shift=_SHIFT)
        return mask

    def shade(self, points, strength: float) -> None:
        """Darkens the inside of the outline (n, 2) softly towards its rim and away from the light; keeps alpha."""
        pixels = self.place(points)
        box = self.box(pixels)
        if box is None:
            return
        mask = self.inside(pixels, box)
        height, width = mask.shape
        step = max(1, min(height, width) // 24)  # the field is soft, so a coarse one is enough
        size = max(1, width // step), max(1, height // step)
        reach = 0.16 * min(size)
        coarse = np.zeros(size[::-1], np.uint8)
        rows, columns = box
        moved = (pixels - (columns.start, rows.start)) / step + (self.light * reach, -0.6 * reach)
        cv2.fillPoly(coarse, [_fixed(moved)], 255, shift=_SHIFT)
        coarse = cv2.GaussianBlur(coarse, (0, 0), 0.3 + reach, borderType=cv2.BORDER_REPLICATE)
        field = cv2.resize(cv2.convertScaleAbs(coarse, alpha=strength, beta=255 * (1 - strength)), (width, height))
        field = cv2.max(field, cv2.bitwise_not(mask))
        part = self.canvas[box]
        part[...] = cv2.multiply(part, cv2.merge([field, field, field, np.full_like(field, 255)]), scale=1 / 255)


def _fixed(pixels: np.ndarray) -> np.ndarray:
    return np.rint(pixels * (1 << _SHIFT)).astype(np.int32)
