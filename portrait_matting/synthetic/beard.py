"""Beards: stubble, moustache, goatee or full, with strands that leave the jaw."""

from dataclasses import dataclass

import numpy as np

from portrait_matting.synthetic.brush import Brush
from portrait_matting.synthetic.chance import pick
from portrait_matting.synthetic.face import Face
from portrait_matting.synthetic.head import Head
from portrait_matting.synthetic.outline import smooth
from portrait_matting.synthetic.palette import Colour, mix
from portrait_matting.synthetic.strand import grow, paint

BEARDS = ("none", "stubble", "moustache", "goatee", "full")


@dataclass(frozen=True)
class Beard:
    """A kind of BEARDS; `length` is that of its strands, in units of half a head."""

    kind: str
    colour: Colour
    length: float
    seed: int


def sample_beard(rng: np.random.Generator, head: Head, colour: Colour) -> Beard:
    """A beard for every second grown man, none for others."""
    bearded = head.masculine and not head.child and rng.random() < 0.55
    return Beard(
        kind=pick(rng, BEARDS[1:], (0.25, 0.15, 0.2, 0.4)) if bearded else "none",
        colour=colour,
        length=rng.uniform(0.06, 0.4),
        seed=int(rng.integers(2**32)),
    )


def draw_beard(brush: Brush, head: Head, face: Face, beard: Beard) -> None:
    """Paints the beard; the mouth is painted on top of it afterwards."""
    if beard.kind == "none":
        return
    rng = np.random.default_rng(beard.seed)
    w, jaw, turn = head.width, head.jaw * head.width, 0.1 * head.yaw
    lip = face.nose_length + 0.13
    if beard.kind in ("stubble", "full"):
        grown = 0.03 if beard.kind == "full" else -0.03
        outer = [
            (0.98 * w, 0.12),
            (0.96 * w + grown, 0.34),
            (jaw + grown, 0.66),
            (head.chin * w + grown, 0.95),
            (0, 1 + grown),
        ]
        inner = [(0.91 * w, 0.12), (0.84 * w, 0.4), (0.5 * w, 0.6), (0.28, lip), (0, lip - 0.03)]
        shape = _symmetric(outer, inner, turn)
        if beard.kind == "stubble":
            brush.fill(shape, mix(head.skin, beard.colour, 0.28))
            n = 150
            x, y = rng.uniform(-0.8 * w, 0.8 * w, n), rng.uniform(0.5, 0.97, n)
            dots = np.stack([x * (1.25 - 0.6 * y), y], 1)
            paint(
                brush,
                grow(rng, dots, rng.normal(np.pi / 2, 0.5, n), 0.03, points=3),
                mix(head.skin, beard.colour, 0.5),
                0.006,
            )
            return
        brush.fill(shape, beard.colour, shade=0.3)
        t = rng.uniform(0, 1, 195)
        rim = np.stack([w * 0.97 * np.cos(np.pi * t), 0.2 + 0.76 * np.sin(np.pi * t) ** 0.8], 1)
        inward = rng.uniform(0.62, 1.0, 195)[:, None]
        roots = np.where(rim[:, 1:] > 0.45, rim * (inward * (1, 0.2) + (0, 0.8)), rim)
        length = beard.length * rng.uniform(0.4, 1, 195) * np.sin(np.pi * t) ** 0.7 + 0.06
        paint(brush, grow(rng, roots, np.pi * t, length, 0.6, 0.3, 1.2, points=6), beard.colour)
    if beard.kind == "goatee":
        brush.fill(
            smooth(
                [
                    (turn - 0.2, 0.85),
                    (turn, 0.8),
                    (turn + 0.2, 0.85),
                    (turn + 0.16, 1.02),
                    (turn, 1.06),
                    (turn - 0.16, 1.02),
                ]
            ),
            beard.colour,
        )
        roots = np.stack([turn + rng.uniform(-0.18, 0.18, 70), rng.uniform(0.85, 1.03, 70)], 1)
        heading = np.pi / 2 - 1.5 * (roots[:, 0] - turn)
        paint(brush, grow(rng, roots, heading, 0.05 + beard.length * rng.random(70), 0.3, 0.2, points=6), beard.colour)
    upper = [
        (0.0, lip - 0.045),
        (0.16, lip - 0.03),
        (0.3, lip + 0.1),
        (0.27, lip + 0.16),
        (0.14, lip + 0.06),
        (0.0, lip + 0.05),
    ]
    moustache = np.concatenate([upper, np.array(upper)[-2:0:-1] * (-1, 1)])
    brush.fill(smooth(moustache + (1.2 * turn, 0)), beard.colour)
    roots = np.stack([rng.uniform(-0.16, 0.16, 70), lip + rng.uniform(-0.03, 0.02, 70)], 1)
    heading = np.where(roots[:, 0] > 0, 0.75, np.pi - 0.75) + rng.normal(0, 0.2, 70)
    paint(brush, grow(rng, roots + (1.2 * turn, 0), heading, 0.14, 0.3, points=5), beard.colour)


def _symmetric(outer: list, inner: list, turn: float) -> np.ndarray:
    mirror = np.array([-1, 1])
    out, into = np.array(outer), np.array(inner) + (turn, 0)
    into_left = np.array(inner) * mirror + (turn, 0)
    rim = smooth(np.concatenate([out, out[-2::-1] * mirror]), closed=False, samples=4)
    return np.concatenate([rim, smooth(np.concatenate([into_left, into[-2::-1]]), closed=False, samples=4)])
