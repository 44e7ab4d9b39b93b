"""Clothes: the torso with a garment, its neckline and its pattern. Units are half a head, (0, 1) is the chin."""

from dataclasses import dataclass

import cv2
import numpy as np

from portrait_matting.data.synthetic.brush import Brush, ellipse, mirrored, smooth
from portrait_matting.data.synthetic.head import Head
from portrait_matting.data.synthetic.palette import WHITE, Colour, any_colour, darker, lighter, mix

GARMENTS = ("tee", "v_neck", "shirt", "suit", "hoodie", "turtleneck", "tank_top")
PATTERNS = ("plain", "stripes", "bars", "checks", "dots")


@dataclass(frozen=True)
class Clothes:
    """A garment of GARMENTS in a pattern of PATTERNS; `shoulder` is half the width of the shoulders."""

    garment: str
    pattern: str
    colour: Colour
    second: Colour
    tie: bool
    scarf: bool
    shoulder: float
    slope: float
    pitch: float


def sample_clothes(rng: np.random.Generator, head: Head) -> Clothes:
    """Random clothes that fit `head`."""
    garment = str(rng.choice(GARMENTS, p=(0.25, 0.13, 0.2, 0.13, 0.14, 0.08, 0.07)))
    patterned = garment not in ("suit", "hoodie") and rng.random() < 0.55
    shoulder = rng.uniform(1.6, 1.9) + 0.2 * head.masculine
    return Clothes(
        garment=garment,
        pattern=str(rng.choice(PATTERNS[1:])) if patterned else "plain",
        colour=any_colour(rng, value=(0.12, 0.45)) if garment == "suit" else any_colour(rng),
        second=any_colour(rng) if rng.random() < 0.5 else WHITE,
        tie=bool(rng.random() < 0.5),
        scarf=bool(rng.random() < 0.06),
        shoulder=shoulder * (0.72 if head.child else 1.0),
        slope=rng.uniform(0.12, 0.3),
        pitch=rng.uniform(0.14, 0.34),
    )


def torso(head: Head, clothes: Clothes) -> np.ndarray:
    """The outline of shoulders and body down to well below any frame: float (n, 2)."""
    n, s, slope = head.neck, clothes.shoulder, clothes.slope
    right = [
        (1.06 * n, 1.24),
        (0.5 * s + 0.1, 1.38 + 0.4 * slope),
        (0.86 * s, 1.46 + slope),
        (s, 1.8 + slope),
        (s + 0.16, 2.6),
        (s + 0.3, 4),
    ]
    right = smooth(right, closed=False, samples=5)
    return mirrored([*right, (s + 0.3, 30)])


def draw_clothes(brush: Brush, head: Head, clothes: Clothes) -> None:
    """Paint the garment over the neck's lower end."""
    body, n, cloth = torso(head, clothes), head.neck, clothes.colour
    if clothes.garment == "hoodie":
        hood = smooth(mirrored([(0, 0.86), (1.35 * n, 0.95), (1.95 * n, 1.3), (1.5 * n, 1.8), (0, 1.95)]))
        brush.fill(hood, darker(cloth, 0.3), shade=0.3)
        brush.fill([(-n, 0.8), (n, 0.8), (1.05 * n, 1.4), (0, 1.9), (-1.05 * n, 1.4)], darker(head.skin, 0.18))
    if clothes.garment == "tank_top":
        brush.fill(body, head.skin, shade=0.4)
        right = [(0.95, 1.3), (1.02, 2.0), (1.2, 2.7), (clothes.shoulder + 0.05, 3.1), (clothes.shoulder + 0.1, 30)]
        outer = np.array(right) * (clothes.shoulder / 1.75, 1)
        inner = smooth([(-0.72, 1.3), (-0.5, 1.95), (0, 2.2), (0.5, 1.95), (0.72, 1.3)], closed=False)
        shape = np.concatenate([inner, outer, outer[::-1] * (-1, 1)])
    else:
        shape = np.concatenate([_neckline(n, clothes.garment), body[1:-1]])
    brush.fill(shape, cloth)
    if clothes.pattern != "plain":
        _draw_pattern(brush, shape, clothes)
    _fold(brush, shape, clothes)
    _DETAILS.get(clothes.garment, _draw_hem)(brush, head, clothes)
    if clothes.scarf:
        brush.fill(
            smooth(mirrored([(0, 0.98), (1.25 * n, 0.88), (1.75 * n, 1.2), (1.2 * n, 1.55), (0, 1.7)])),
            clothes.second,
            shade=0.5,
        )
        brush.fill(smooth([(0.1, 1.5), (0.6, 1.45), (0.75, 2.6), (0.25, 2.7)]), darker(clothes.second, 0.1), shade=0.4)


def _neckline(n: float, garment: str) -> np.ndarray:
    depth = {"v_neck": 2.05, "shirt": 1.75, "suit": 2.4, "hoodie": 1.75}.get(garment, 1.6)
    if garment in ("v_neck", "shirt", "suit"):
        return np.array([(-1.12 * n, 1.26), (0, depth), (1.12 * n, 1.26)])
    return smooth(
        [
            (-1.12 * n, 1.26),
            (-0.75 * n, 0.4 + 0.68 * depth),
            (0, depth),
            (0.75 * n, 0.4 + 0.68 * depth),
            (1.12 * n, 1.26),
        ],
        closed=False,
    )


def _fold(brush: Brush, shape: np.ndarray, clothes: Clothes) -> None:
    brush._shade(brush.place(shape), 0.35)
    crease = darker(clothes.colour, 0.3)
    for side in (-1, 1):
        x = side * clothes.shoulder
        arm = smooth([(0.8 * x, 2.25), (0.74 * x, 2.7), (0.76 * x, 3.4), (0.78 * x, 6)], closed=False)
        brush.line(arm, crease, 0.03)


def _draw_pattern(brush: Brush, shape: np.ndarray, clothes: Clothes) -> None:
    pixels = brush.place(shape)
    box = brush.box(pixels)
    if box is None:
        return
    inside = brush.inside(pixels, box)
    cloth = np.empty_like(brush.canvas)
    cloth[box] = (*(round(c) for c in clothes.colour), 255)
    pen, p, reach = brush._replace(canvas=cloth), clothes.pitch, clothes.shoulder + 0.3
    across, down = np.arange(-reach, reach, p), np.arange(1.1, 7.0, p)
    if clothes.pattern == "dots":
        x, y = np.meshgrid(across, down)
        x[1::2] += 0.5 * p
        centres = np.stack([x, y], 2).reshape(-1, 2)
        pen.discs(centres, [0.26 * p] * len(centres), clothes.second)
    bow = np.array([(-reach, 0.12), (-0.5 * reach, 0.03), (0, 0), (0.5 * reach, 0.03), (reach, 0.12)])
    rows = bow + np.stack([0 * down, down], 1)[:, None]
    columns = np.stack([np.stack([across, 0 * across + 1.0], 1), np.stack([across, 0 * across + 8.0], 1)], 1)
    if clothes.pattern in ("stripes", "checks"):
        pen.strands(rows, [mix(clothes.colour, clothes.second, 0.8)], 0.42 * p)
    if clothes.pattern == "bars":
        pen.strands(columns, [mix(clothes.colour, clothes.second, 0.6)], 0.3 * p)
    if clothes.pattern == "checks":
        under = cloth[box].copy()
        pen.strands(columns, [clothes.second], 0.5 * p)
        cloth[box] = cv2.addWeighted(cloth[box], 0.5, under, 0.5, 0)
    brush.canvas[box] = cv2.copyTo(cloth[box], inside, brush.canvas[box])


def _draw_hem(brush: Brush, head: Head, clothes: Clothes) -> None:
    brush.line(_neckline(head.neck, clothes.garment), darker(clothes.colour, 0.25), 0.09)


def _draw_turtleneck(brush: Brush, head: Head, clothes: Clothes) -> None:
    n = 1.1 * head.neck
    roll = smooth(
        [
            (-n, 0.95),
            (0, 1.12),
            (n, 0.95),
            (1.1 * n, 1.3),
            (0.6 * n, 1.55),
            (0, 1.62),
            (-0.6 * n, 1.55),
            (-1.1 * n, 1.3),
        ]
    )
    brush.fill(roll, darker(clothes.colour, 0.08), shade=0.35)


def _draw_collar(brush: Brush, head: Head, clothes: Clothes, colour: Colour | None = None) -> None:
    n, colour = head.neck, colour or lighter(clothes.colour, 0.12)
    brush.line([(0, 1.75), (0, 8)], darker(colour, 0.25), 0.03)
    if clothes.tie:
        brush.fill(
            [(-0.13, 1.62), (0.13, 1.62), (0.09, 1.86), (0.2, 3.4), (0, 3.7), (-0.2, 3.4), (-0.09, 1.86)],
            clothes.second,
            shade=0.3,
        )
        brush.line([(-0.1, 1.86), (0.1, 1.86)], darker(clothes.second, 0.35), 0.03)
    else:
        for y in np.arange(2.0, 5, 0.45):
            brush.fill(ellipse(0.0, y, 0.04, 0.04, points=10), darker(colour, 0.35))
    for side in (-1, 1):
        flap = [
            (side * 1.04 * n, 1.02),
            (side * 1.22 * n, 1.3),
            (side * 0.72, 1.62),
            (side * 0.4, 1.95),
            (side * 0.02, 1.68),
        ]
        brush.fill(flap, colour, shade=0.3)
        brush.line([flap[2], flap[3], flap[4]], darker(colour, 0.25), 0.02)


def _draw_suit(brush: Brush, head: Head, clothes: Clothes) -> None:
    n, shirt = head.neck, (240, 240, 244)
    brush.fill([(-1.1 * n, 1.2), (0, 1.75), (1.1 * n, 1.2), (0.62, 2.2), (0, 3.6), (-0.62, 2.2)], shirt)
    _draw_collar(brush, head, clothes, shirt)
    for side in (-1, 1):
        brush.fill(
            [(side * 1.2 * n, 1.24), (side * 0.6, 2.2), (0, 3.6), (0, 8), (side * 1.1, 8), (side * 0.95, 2.6)],
            clothes.colour,
        )
        lapel = [
            (side * 1.15 * n, 1.2),
            (side * 1.0, 1.95),
            (side * 0.82, 2.1),
            (side * 0.95, 2.25),
            (side * 0.05, 3.6),
            (side * 0.5, 2.2),
        ]
        brush.fill(lapel, lighter(clothes.colour, 0.07), shade=0.35)
        brush.line(lapel[1:5], darker(clothes.colour, 0.5), 0.02)


def _draw_strings(brush: Brush, head: Head, clothes: Clothes) -> None:
    _draw_hem(brush, head, clothes)
    for side in (-1, 1):
        x = side * 0.6 * head.neck
        brush.line(smooth([(x, 1.6), (1.1 * x, 2.1), (x, 2.6)], closed=False), lighter(clothes.colour, 0.6), 0.045)


_DETAILS = {
    "turtleneck": _draw_turtleneck,
    "shirt": _draw_collar,
    "suit": _draw_suit,
    "hoodie": _draw_strings,
    "tank_top": lambda *_: None,
}
