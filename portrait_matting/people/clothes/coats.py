"""What is worn over the first garment: how each is cut, of what, and what is chosen under it."""

from dataclasses import replace

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.clothes import cloths
from portrait_matting.people.clothes.collar import Collar
from portrait_matting.people.clothes.cut import Cut
from portrait_matting.people.clothes.shell import Style
from portrait_matting.people.clothes.wardrobe import Piece, shirt


def sample_second(rng: np.random.Generator, body: Body) -> Piece | None:
    """What is worn over it, in three of ten cases."""
    if rng.random() > 0.32:
        return None
    kinds = list(SECOND)
    kind = kinds[rng.choice(len(kinds), p=(0.26, 0.2, 0.18, 0.14, 0.1, 0.12))]
    if body.shape.age < 13 and kind in ("blazer", "coat"):
        kind = "puffer"
    return SECOND[kind](rng)


def suited(rng: np.random.Generator, first: Piece, second: Piece, female: bool) -> Piece:
    """What is worn under a second garment: often a light shirt, with a tie, or the same black."""
    if "lapels" in second.extras and rng.random() < 0.55:
        first = shirt(rng, female, 0.3)
        if rng.random() < 0.7:
            first = replace(first, fabric=cloths.shirting(rng, 0.15))
        if not female and rng.random() < 0.55:
            first = tied(first)
    elif rng.random() < 0.2 and first.fabric.opacity >= 1:  # tone on tone
        first = replace(first, fabric=replace(first.fabric, colour=second.fabric.colour, paint=None))
    return first


def tied(piece: Piece) -> Piece:
    """A shirt that is buttoned up, with a tie."""
    cut = replace(piece.cut, neckline="round", width=0.004, depth=-0.016)
    extras = (*(extra for extra in piece.extras if extra != "tie"), "tie")
    return replace(piece, cut=cut, neck=Collar(spread=0.6), extras=extras)


def blazer(rng) -> Piece:
    button = rng.uniform(0.2, 0.33)
    cut = Cut("round", 0.012, -0.01, 0.0, 0.012, 0.98, -0.1, gap=rng.uniform(0.0, 0.05), lapel=rng.uniform(0.05, 0.075),
              button=button)  # fmt: skip
    neck = Collar(0.028, 0.1, 0.045, 0.0, 44.0, 0.0, 0.014, 0.003)
    return Piece(
        cut, Style(0.55, 0.9, 0.020, 0.004, 0.6), cloths.coating(rng), 0.0, neck, ("lapels", "welt", "front buttons")
    )


def coat(rng) -> Piece:
    piece = blazer(rng)
    cut = replace(piece.cut, bottom=-0.06, gap=rng.uniform(0.0, 0.08), lapel=rng.uniform(0.06, 0.085))
    neck = Collar(0.034, 0.1, 0.06, 0.0, 44.0, 0.0, 0.018, 0.004)
    return replace(piece, cut=cut, neck=neck, style=Style(0.75, 0.9, 0.028, 0.006, 0.7))


def cardigan(rng) -> Piece:
    cut = Cut("round", 0.012, 0.0, 0.0, 0.0, 0.985, -0.03, gap=rng.uniform(0.02, 0.08), lapel=rng.uniform(0.03, 0.06),
              button=rng.uniform(0.15, 0.3))  # fmt: skip
    return Piece(
        cut, Style(0.6, 0.4, 0.016, 0.005), cloths.knitwear(rng), rng.uniform(0.02, 0.04), None, ("front buttons",)
    )


def puffer(rng) -> Piece:
    cut = Cut("round", 0.008, -0.01, 0.0, 0.012, 0.98, -0.02, gap=rng.uniform(0.02, 0.09), lapel=rng.uniform(0.0, 0.03),
              button=0.1)  # fmt: skip
    neck = Collar(rng.uniform(0.045, 0.065), 0.9, 0.0, 0.0, rng.uniform(18, 34), 0.0, 0.022, 0.012)
    return Piece(cut, Style(0.8, 0.9, 0.034, 0.014, 0.5), cloths.shell_cloth(rng), 0.0, neck)


def leather_jacket(rng) -> Piece:
    cut = Cut("round", 0.010, -0.01, 0.0, 0.012, 0.98, 0.05, gap=rng.uniform(0.02, 0.09), lapel=rng.uniform(0.01, 0.05),
              button=0.15)  # fmt: skip
    neck = Collar(0.028, 1.0, 0.045, 0.02, rng.uniform(20, 34), 0.6, 0.012, 0.003)
    return Piece(cut, Style(0.5, 0.8, 0.018, 0.004, 0.9), cloths.leather(rng), 0.0, neck)


def denim_jacket(rng) -> Piece:
    return replace(leather_jacket(rng), fabric=cloths.denim(rng), extras=("chest pockets",))


SECOND = {
    "blazer": blazer, "coat": coat, "cardigan": cardigan, "puffer": puffer, "leather": leather_jacket,
    "denim": denim_jacket,
}  # fmt: skip
"""How a second garment of each kind is made: (rng) -> Piece."""
