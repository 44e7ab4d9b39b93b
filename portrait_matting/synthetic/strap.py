"""Straps over the shoulders: of a bag across the chest, of a rucksack, of dungarees."""

from dataclasses import dataclass

import numpy as np

from portrait_matting.synthetic.brush import Brush
from portrait_matting.synthetic.chance import pick
from portrait_matting.synthetic.clothes import Clothes
from portrait_matting.synthetic.outline import smooth
from portrait_matting.synthetic.palette import Colour, any_colour, darker

STRAPS = ("bag", "rucksack", "dungarees")


@dataclass(frozen=True)
class Strap:
    """A kind of STRAPS or "none"; `side` is the shoulder that a bag hangs from, `width` in units of half a head."""

    kind: str
    colour: Colour
    width: float
    side: int


def sample_strap(rng: np.random.Generator) -> Strap:
    """A strap for one person in eight."""
    kind = pick(rng, STRAPS) if rng.random() < 0.125 else "none"
    return Strap(kind, any_colour(rng, value=(0.05, 0.7)), rng.uniform(0.08, 0.26), pick(rng, (-1, 1)))


def draw_strap(brush: Brush, clothes: Clothes, strap: Strap) -> None:
    """Paints the strap over the garment; it ends at the shoulder's upper edge, so that no alpha changes by it."""
    if strap.kind == "none":
        return
    wide, s = clothes.shoulder, strap.side
    if strap.kind == "bag":
        lines = smooth(np.array([[(s * 0.5 * wide, 1.66), (0, 2.5), (-s * 0.62 * wide, 3.6), (-s * wide, 4.6)]]), False)
    else:
        x = (0.62 if strap.kind == "rucksack" else 0.42) * wide
        down = 3.1 if strap.kind == "rucksack" else 2.6
        side = np.array([(x, 1.68), (1.02 * x, 2.1), (0.98 * x, down), (0.92 * x, 6)])
        lines = smooth(np.stack([side, side * (-1, 1)]), False)
    brush.strands(lines, [darker(strap.colour, 0.4)], strap.width + 0.04)
    brush.strands(lines, [strap.colour], strap.width)
    if strap.kind == "dungarees":
        bib = [(-0.5 * wide, 2.6), (0.5 * wide, 2.6), (0.62 * wide, 6), (-0.62 * wide, 6)]
        brush.fill(bib, strap.colour, shade=0.3)
        brush.discs([(-0.42 * wide, 2.68), (0.42 * wide, 2.68)], [0.06, 0.06], (206, 190, 150))
