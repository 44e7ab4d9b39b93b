"""A brush paints anti-aliased shapes on a premultiplied RGBA canvas, in units of the person who is painted.

OpenCV's anti-aliased drawing moves each channel to the brush's colour by the coverage c of the pixel. On a canvas that
starts at zero and holds premultiplied colour this is Porter and Duff's `over` (SIGGRAPH 1984): P = c C + (1 - c) P and
alpha = c + (1 - c) alpha. So the alpha channel stays exact however many shapes overlap.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from portrait_matting.synthetic.palette import Colour

_SHIFT = 4  # fractional bits of OpenCV's fixed-point coordinates
_LINE = 1.3  # pixels that OpenCV's thinnest anti-aliased line covers across, measured
_FAINTEST = 0.4  # of such a line, as which thinner ones are drawn
_ROUND = 0.7  # pixels that lines other than hairs are wider than asked: so the features of a small face stay legible


@lru_cache(maxsize=64)
def _frame(unit: float, angle: float, x: float, y: float) -> tuple[np.ndarray, np.ndarray]:
    cos, sin = unit * math.cos(angle), unit * math.sin(angle)
    return np.array([[cos, sin], [-sin, cos]]), np.array([x, y])


class Brush(NamedTuple):
    """Paints on `canvas`, uint8 (H, W, 4) premultiplied RGBA; `origin` and `unit` are in its pixels."""

    canvas: np.ndarray
    origin: tuple[float, float]
    unit: float
    angle: float = 0.0
    light: float = -1.0  # the side that the light comes from, -1 left to 1 right

    def place(self, points) -> np.ndarray:
        """Shape coordinates (..., 2) to canvas pixels (..., 2)."""
        return self._placed(points, 1)

    def outline(self, points) -> np.ndarray:
        """Shape coordinates (..., 2) to OpenCV's: int32 (..., 2), sixteenths of a canvas pixel."""
        pixels = self._placed(points, 1 << _SHIFT)
        return np.rint(pixels, out=pixels).astype(np.int32)

    def _placed(self, points, parts: int) -> np.ndarray:
        """In so many parts of a canvas pixel."""
        (x, y), points = self.origin, np.asarray(points)
        turn, origin = _frame(parts * self.unit, self.angle, parts * x, parts * y)
        flat = points.reshape(-1, 2) @ turn  # one product, not one a strand
        flat += origin
        return flat.reshape(points.shape)

    def turned(self, angle: float, pivot: tuple[float, float]) -> "Brush":
        """The same brush after its shapes were turned by `angle` radians about `pivot`."""
        brush = self._replace(angle=self.angle + angle)
        right, down = (self.place(pivot) - brush.place(pivot)).tolist()
        return brush._replace(origin=(self.origin[0] + right, self.origin[1] + down))

    def fill(self, points, colour: Colour, shade: float = 0.0) -> None:
        """Fills the outline (n, 2); `shade` (0..1) darkens it softly towards the rim and away from the light.

        Several that do not overlap, (k, n, 2), cost little more than one.
        """
        outline = self.outline(points)
        outlines = [outline] if outline.ndim == 2 else list(outline)
        cv2.fillPoly(self.canvas, outlines, (*colour, 255), cv2.LINE_AA, _SHIFT)
        if shade:
            for each in outlines:
                self._shade(each, shade)

    def disc(self, x: float, y: float, r: float, colour: Colour) -> None:
        """Fills a circle."""
        self.discs([(x, y)], [r], colour)

    def discs(self, centres, radii, colour: Colour) -> None:
        """Fills many circles, `centres` (n, 2) and `radii` (n,)."""
        unit, paint = self.unit * (1 << _SHIFT), (*colour, 255)
        for centre, r in zip(self.outline(centres).tolist(), radii, strict=True):
            cv2.circle(self.canvas, centre, max(8, round(r * unit)), paint, -1, cv2.LINE_AA, _SHIFT)

    def boxes(self, corners, colour: Colour) -> None:
        """Fills many upright rectangles, given as (n, 4): left, top, width and height; edges are on whole pixels."""
        corners = np.asarray(corners, dtype=np.float64).reshape(-1, 2, 2)
        first = corners[:, 0] * self.unit + self.origin
        last = first + corners[:, 1] * self.unit
        edges = np.rint(np.concatenate([first, last], 1)).astype(int).tolist()
        for left, top, right, bottom in edges:
            if right > left and bottom > top:
                cv2.rectangle(self.canvas, (left, top), (right - 1, bottom - 1), (*colour, 255), -1)

    def glow(self, points, rx: float, ry: float, colour: Colour, share: float) -> None:
        """Tints the canvas softly: `share` of `colour` at each point, fading to none over two radii; alpha stays."""
        rx, ry, spots = rx * self.unit, ry * self.unit, self.place(points)
        (left, top), (right, bottom) = spots.min(0).tolist(), spots.max(0).tolist()
        box = self._clipped(left - 2 * rx, top - 2 * ry, right + 2 * rx, bottom + 2 * ry)
        if box is None:
            return
        rows, columns = box
        across, down = np.arange(columns.start, columns.stop), np.arange(rows.start, rows.stop)
        across = np.exp(-1.5 * ((across - spots[:, :1]) / rx) ** 2)
        down = np.exp(-1.5 * ((down - spots[:, 1:]) / ry) ** 2)
        part = self.canvas[box]
        weight = cv2.convertScaleAbs(down.T @ (255 * share * across))
        weight = cv2.min(weight, cv2.compare(cv2.extractChannel(part, 3), 255, cv2.CMP_EQ))
        rest = cv2.bitwise_not(weight)
        tint = [cv2.convertScaleAbs(weight, alpha=level / 255) for level in colour]
        cv2.multiply(part, cv2.merge([rest] * 4), scale=1 / 255, dst=part)
        cv2.add(part, cv2.merge([*tint, weight]), dst=part)

    def line(self, points, colour: Colour, width: float) -> None:
        """An open line through `points` (n, 2)."""
        self.strands(np.asarray(points)[None], [colour], width)

    def strands(self, strands: np.ndarray, colours: list[Colour], width: float) -> None:
        """Many lines (n, points, 2), painted in turn with the given colours, at least one canvas pixel wide."""
        self._lines(self.canvas, self.outline(strands), colours, _thickness(width * self.unit + _ROUND))

    def hairs(self, strands: np.ndarray, colours: list[Colour], width: float, dense: bool = False) -> None:
        """As `strands`, and where a pixel is wider than they are, they cover a share of it that is as much less.

        However many cross, they cover no more than that, or if `dense` and there are others beyond half of them, both.
        """
        lines, wide = self.outline(strands), width * self.unit
        share = max(_FAINTEST, wide / _LINE)
        if share >= 1:
            self._lines(self.canvas, lines, colours, _thickness(wide))
            return
        box = self.box(lines, margin=2)
        if box is None:
            return
        lines -= _corner(box)
        part = self.canvas[box]
        for some in (lines[::2], lines[1::2]) if dense else (lines,):
            layer = np.zeros(part.shape, np.uint8)
            self._lines(layer, some, colours, 1)
            rest = cv2.convertScaleAbs(cv2.extractChannel(layer, 3), alpha=-share, beta=255)
            cv2.multiply(part, cv2.merge([rest] * 4), scale=1 / 255, dst=part)
            cv2.scaleAdd(layer, share, part, dst=part)

    @staticmethod
    def _lines(canvas: np.ndarray, lines: np.ndarray, colours: list[Colour], thickness: int) -> None:
        for first, colour in enumerate(colours):
            group = list(lines[first :: len(colours)])
            cv2.polylines(canvas, group, False, (*colour, 255), thickness, cv2.LINE_AA, _SHIFT)

    def box(self, outline: np.ndarray, margin: int = 0) -> tuple[slice, slice] | None:
        """The part of the canvas that holds an outline (..., 2) and so many pixels around it; None if it holds none."""
        x, y, w, h = cv2.boundingRect(outline.reshape(-1, 1, 2))
        one = 1 << _SHIFT
        return self._clipped(x / one - margin, y / one - margin, (x + w - 1) / one + margin, (y + h - 1) / one + margin)

    def _clipped(self, left: float, top: float, right: float, bottom: float) -> tuple[slice, slice] | None:
        height, width = self.canvas.shape[:2]
        left, top = max(0, math.floor(left)), max(0, math.floor(top))
        right, bottom = min(width, math.ceil(right) + 1), min(height, math.ceil(bottom) + 1)
        return (slice(top, bottom), slice(left, right)) if right - left > 1 and bottom - top > 1 else None

    def inside(self, outline: np.ndarray, box: tuple[slice, slice]) -> np.ndarray:
        """255 inside the outline (n, 2) and 0 outside it, over `box`: uint8 (h, w)."""
        rows, columns = box
        mask = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
        cv2.fillPoly(mask, [outline - _corner(box)], 255, shift=_SHIFT)
        return mask

    def shade(self, points, strength: float) -> None:
        """Darkens the inside of the outline (n, 2) softly towards its rim and away from the light; keeps alpha."""
        self._shade(self.outline(points), strength)

    def _shade(self, outline: np.ndarray, strength: float) -> None:
        box = self.box(outline)
        if box is None:
            return
        mask = self.inside(outline, box)
        height, width = mask.shape
        step = max(1, min(height, width) // 24)  # the field is soft, so a coarse one is enough
        size = max(1, width // step), max(1, height // step)
        reach = 0.16 * min(size)
        coarse = np.zeros(size[::-1], np.uint8)
        shift = (self.light * reach * (1 << _SHIFT), -0.6 * reach * (1 << _SHIFT))
        moved = np.rint((outline - _corner(box)) / step + shift).astype(np.int32)
        cv2.fillPoly(coarse, [moved], 255, shift=_SHIFT)
        side = 2 * round(0.87 * (0.3 + reach)) + 1  # two boxes of it are as wide as a bell of this sigma
        for _ in range(2):
            coarse = cv2.blur(coarse, (side, side), borderType=cv2.BORDER_REPLICATE)
        field = cv2.resize(cv2.convertScaleAbs(coarse, alpha=strength, beta=255 * (1 - strength)), (width, height))
        field = cv2.max(field, cv2.bitwise_not(mask))
        part = self.canvas[box]
        cv2.multiply(part, cv2.merge([field, field, field, np.full_like(field, 255)]), scale=1 / 255, dst=part)


def _thickness(wide: float) -> int:
    """OpenCV's number for a line that covers `wide` pixels across: 1 covers 1.3, 2 3.4, 4 5.5, 6 7.7, measured.

    Lines of 2 and more cost five times those of 1.
    """
    if wide < 4.5:
        return 1 if wide < 2.4 else 2
    return 2 * round((wide - 1.6) / 2)


def _corner(box: tuple[slice, slice]) -> np.ndarray:
    rows, columns = box
    return np.array([columns.start << _SHIFT, rows.start << _SHIFT], np.int32)
