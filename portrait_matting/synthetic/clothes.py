"""Clothes: the torso with a garment, its neckline and its pattern. Units are half a head, (0, 1) is the chin."""

from dataclasses import dataclass

import numpy as np

from portrait_matting.synthetic import collar
from portrait_matting.synthetic.brush import Brush
from portrait_matting.synthetic.chance import pick
from portrait_matting.synthetic.head import Head
from portrait_matting.synthetic.outline import mirrored, smooth
from portrait_matting.synthetic.palette import WHITE, Colour, any_colour, darker, lighter
from portrait_matting.synthetic.pattern import PATTERNS, draw_pattern

GARMENTS = ("tee", "v_neck", "shirt", "suit", "hoodie", "turtleneck", "tank_top")


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
    garment = pick(rng, GARMENTS, (0.25, 0.13, 0.2, 0.13, 0.14, 0.08, 0.07))
    patterned = garment not in ("suit", "hoodie") and rng.random() < 0.55
    shoulder = rng.uniform(1.6, 1.9) + 0.2 * head.masculine
    tone, base = rng.random(), any_colour(rng, value=(0.12, 0.45)) if garment == "suit" else any_colour(rng)
    if tone < 0.24:  # much of what people wear is white or black
        base = any_colour(rng, (0.0, 0.08), (0.88, 1.0)) if tone < 0.12 else any_colour(rng, (0.0, 0.4), (0.04, 0.18))
    return Clothes(
        garment=garment,
        pattern=pick(rng, PATTERNS[1:]) if patterned else "plain",
        colour=base,
        second=any_colour(rng) if rng.random() < 0.5 else WHITE,
        tie=bool(rng.random() < 0.5),
        scarf=bool(rng.random() < 0.06),
        shoulder=shoulder * (0.72 if head.child else 1.0),
        slope=rng.uniform(0.12, 0.3),
        pitch=rng.uniform(0.14, 0.34) if rng.random() < 0.7 else rng.uniform(0.06, 0.14),
    )


def torso(head: Head, clothes: Clothes) -> np.ndarray:
    """The outline of shoulders and body down to well below any frame: float (n, 2)."""
    n, s, slope = head.neck, clothes.shoulder, clothes.slope
    shoulder = [(1.06 * n, 1.24), (0.5 * s + 0.1, 1.38 + 0.4 * slope), (0.86 * s, 1.46 + slope), (s, 1.8 + slope)]
    side = smooth([*shoulder, (s + 0.16, 2.6), (s + 0.3, 4)], closed=False, samples=5)
    return mirrored([*side, (s + 0.3, 30)])


def draw_clothes(brush: Brush, head: Head, clothes: Clothes) -> None:
    """Paints the garment over the neck's lower end."""
    body, n, cloth, kind = torso(head, clothes), head.neck, clothes.colour, clothes.garment
    tie = clothes.second if clothes.tie else None
    shape = np.concatenate([collar.neckline(n, kind), body[1:-1]])
    if kind == "hoodie":
        collar.draw_hood(brush, n, cloth, head.skin)
    elif kind == "tank_top":
        brush.fill(body, head.skin, shade=0.4)
        shape = _vest(clothes.shoulder)
    brush.fill(shape, cloth)
    if clothes.pattern != "plain":
        draw_pattern(brush, shape, clothes.pattern, cloth, clothes.second, clothes.pitch)
    brush.shade(shape, 0.35)
    arm = np.array([(0.8, 2.25), (0.74, 2.7), (0.76, 3.4), (0.78, 6)]) * (clothes.shoulder, 1)
    arms = smooth(np.stack([arm, arm * (-1, 1)]), closed=False)
    brush.strands(arms, [darker(head.skin if kind == "tank_top" else cloth, 0.3)], 0.03)
    if kind == "shirt":
        collar.draw_collar(brush, n, lighter(cloth, 0.12), tie)
    elif kind == "suit":
        collar.draw_suit(brush, n, cloth, tie)
    elif kind == "turtleneck":
        collar.draw_turtleneck(brush, n, cloth)
    elif kind == "hoodie":
        collar.draw_strings(brush, n, cloth)
    elif kind != "tank_top":
        collar.draw_hem(brush, n, kind, cloth)
    if clothes.scarf:
        collar.draw_scarf(brush, n, clothes.second)


def _vest(shoulder: float) -> np.ndarray:
    outer = np.array([(0.95, 1.3), (0.98, 2.0), (1.12, 2.6), (1.2, 3.0), (1.3, 30)]) * (shoulder / 1.75, 1)
    inner = np.array([(-0.72, 1.3), (-0.5, 1.95), (0, 2.2), (0.5, 1.95), (0.72, 1.3)]) * (shoulder / 1.75, 1)
    return np.concatenate([smooth(inner, closed=False), outer, outer[::-1] * (-1, 1)])
