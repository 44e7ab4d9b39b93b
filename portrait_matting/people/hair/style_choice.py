"""Who wears which style of hair."""

from dataclasses import replace

import numpy as np

from portrait_matting.people.bodies.shape import Shape
from portrait_matting.people.hair.growth import TIED
from portrait_matting.people.hair.scalp import Hairline
from portrait_matting.people.hair.styles import STYLES, Style

_MEN = dict(shaven=4, crew=10, short=16, side=14, back=8, forward=7, messy=9, quiff=6, medium=3, long=1, wavy=1)
_MEN |= {"short curls": 7, "short afro": 4, "bun": 1, "long back": 1, "dreads": 1, "curly": 1}
_WOMEN = dict(long=14, medium=9, bob=9, wavy=14, curly=7, ponytail=13, bun=9, plait=4, short=3, messy=3, side=2)
_WOMEN |= {"long back": 7, "long fringe": 7, "bob fringe": 6, "short curls": 3, "afro": 1, "dreads": 1, "crew": 0.5}
_BOYS = dict(short=14, forward=9, side=6, messy=12, crew=6, medium=2) | {"short curls": 5, "short afro": 2}
_GIRLS = dict(long=12, wavy=8, ponytail=14, plait=9, bun=5, medium=8, curly=6) | {"long fringe": 9, "bob fringe": 8}
_COILED = ("afro", "short afro", "dreads", "shaven", "crew", "plait", "bun", "short curls", "curly")


def sample_style(shape: Shape, rng: np.random.Generator) -> Style:
    """A style that one of this age, sex and ancestry is likely to wear; one in ten wears any."""
    female, years = shape.phenotype["gender"] > 0.5, shape.age
    likely = (_GIRLS if female else _BOYS) if years < 13 else (_WOMEN if female else _MEN)
    weights = {name: float(likely.get(name, 0)) for name in STYLES}
    if shape.ancestry[0] > 0.5 * sum(shape.ancestry) and rng.random() < 0.8:
        for name in STYLES:
            weights[name] = (weights[name] + 3) * 2 if name in _COILED else 0.25 * weights[name]
        weights["afro"] += 6 if female else 2
    if years > 55 and female:
        for name in ("long", "ponytail", "plait", "long fringe", "afro"):
            weights[name] *= 0.3
        weights["short curls"] += 8
        weights["short"] += 8
    if rng.random() < 0.1:
        weights = dict.fromkeys(STYLES, 1.0)
    loss = 0.0 if female or years < 22 else rng.beta(1.3, 2.4) * np.clip((years - 18) / 40, 0, 1.2)
    if loss > 0.55:
        weights = {name: weight if name in ("shaven", "crew", "short") else 0 for name, weight in weights.items()}
        weights["wreath"] = 25.0
    names = list(weights)
    odds = np.array([weights[name] for name in names])
    return vary(STYLES[names[rng.choice(len(names), p=odds / odds.sum())]], rng, float(loss), female)


def vary(style: Style, rng: np.random.Generator, loss: float = 0.0, female: bool = False) -> Style:
    """One head's own version of a style.

    Args:
        style: that is varied.
        rng: of the hair.
        loss: how much hair has been lost, 0 to 1.
        female: the hairline is rounder, and higher at the temples' corners.
    """
    line = Hairline(
        front=float(0.04 * rng.normal() + 0.18 * max(loss - 0.2, 0)),
        temples=float((0.0 if female else 0.04) + 0.3 * loss + 0.02 * rng.normal()),
        nape=float(0.05 * rng.normal()),
        crown=float(np.clip(1.2 * (loss - 0.3), 0, 0.5)),
        top=style.hairline.top if style.name == "wreath" else float(np.clip(1.15 - 0.8 * loss, 0.1, 1)),
        edge=style.hairline.edge * (1 + loss),
    )
    longer = float(np.exp(0.18 * rng.normal()))
    side = 1 if rng.random() < 0.5 else -1
    comb = (side * (style.comb[0] + 0.1 * rng.normal()), style.comb[1] + 0.15 * rng.normal(), style.comb[2])
    knot = style.knot
    if style.kind == TIED:
        high = rng.random()
        knot = (0.0, -(1.02 - 0.25 * high**2), -0.25 + 1.05 * high)
        if style.tail == "bun" and rng.random() < 0.3:
            knot = (0.0, -0.3, 1.2)
    part = float(rng.choice([0.0, 0.3 * side, 0.42 * side], p=[0.4, 0.35, 0.25]) + 0.03 * rng.normal())
    return replace(
        style,
        top=style.top * longer,
        sides=style.sides * longer * float(np.exp(0.15 * rng.normal())),
        comb=comb,
        part=part,
        knot=knot,
        cut=style.cut + 0.2 * rng.normal() if style.cut > -5 else style.cut,
        volume=style.volume * float(np.exp(0.2 * rng.normal())),
        rough=style.rough * float(np.exp(0.3 * rng.normal())),
        gathered=float(np.clip(style.gathered + 0.1 * rng.normal(), 0, 0.95)),
        face=style.face + 0.04 * rng.normal(),
        cheek=float(rng.uniform(0.15, 0.55)),
        shine=style.shine * float(np.exp(0.3 * rng.normal())),
        fringe=style.fringe * float(rng.uniform(0.8, 1.15)),
        hairline=line,
    )
