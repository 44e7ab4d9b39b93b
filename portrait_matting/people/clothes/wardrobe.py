"""Garments by their names: how each is cut, of what, and how it is worn."""

from dataclasses import dataclass, replace

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.clothes import cloths
from portrait_matting.people.clothes.collar import Collar
from portrait_matting.people.clothes.cut import Cut
from portrait_matting.people.clothes.fabric import Fabric
from portrait_matting.people.clothes.shell import Style


@dataclass(frozen=True)
class Piece:
    """A garment: its `cut`, how it is worn (`style`), its `fabric`, metres of `rib` at its hems, and what is on it.

    `extras` are of "buttons", "placket", "pocket", "hood", "lapels", "zip", "tie" and the like: see
    `clothes`.
    """

    cut: Cut
    style: Style
    fabric: Fabric
    rib: float = 0.0
    neck: Collar | None = None
    extras: tuple[str, ...] = ()


_SLEEVES = {"none": -0.05, "short": 0.36, "three quarters": 0.72, "long": 0.985}


def sample_first(rng: np.random.Generator, body: Body) -> Piece:
    """What is worn on the skin."""
    female, child = body.shape.phenotype["gender"] > 0.5, body.shape.age < 13
    often = {
        "t-shirt": 30, "long": 8, "shirt": 20, "polo": 6, "turtleneck": 6, "sweater": 12, "hoodie": 12, "tank": 3,
        "blouse": 12 * female, "dress": 7 * female, "off": 4 * (female and not child), "overalls": 3,
        "gauze": 3 * (female and not child),
    }  # fmt: skip
    kinds = list(often)
    chance = np.array([float(often[kind]) for kind in kinds])
    kind = kinds[rng.choice(len(kinds), p=chance / chance.sum())]
    loose = float(np.clip(rng.beta(2.2, 2.2) - 0.15 * female, 0.05, 1))
    return FIRST[kind](rng, female, loose)


def t_shirt(rng, female: bool, loose: float) -> Piece:
    line = ("round", "v", "boat")[rng.choice(3, p=(0.62, 0.24, 0.14) if female else (0.78, 0.2, 0.02))]
    width, depth = {"round": (rng.uniform(0, 0.025), rng.uniform(0, 0.05)), "v": (0.012, rng.uniform(0.03, 0.1)),
                    "boat": (0.05, 0.0)}[line]  # fmt: skip
    cut = Cut("round" if line == "boat" else line, width, depth - 0.01 * (line == "boat"), 0.0, 0.0,
              rng.uniform(0.22, 0.48), rng.uniform(-0.03, 0.04))  # fmt: skip
    style = Style(loose, 0.2, 0.006 + 0.014 * loose, 0.002, flare=0.004 + 0.022 * loose)
    return Piece(cut, style, cloths.jersey(rng), 0.018 if rng.random() < 0.6 else 0.0)


def long_sleeved(rng, female: bool, loose: float) -> Piece:
    piece = t_shirt(rng, female, 0.7 * loose)
    piece = replace(piece, style=replace(piece.style, flare=0.0))
    sleeve = _SLEEVES["long"] if rng.random() < 0.75 else _SLEEVES["three quarters"]
    return replace(piece, cut=replace(piece.cut, sleeve=sleeve))


def shirt(rng, female: bool, loose: float) -> Piece:
    sleeve = _SLEEVES["long"] if rng.random() < 0.75 else 0.42
    cut = Cut("round", 0.004, -0.016, 0.0, 0.012, sleeve, rng.uniform(-0.06, 0.0))
    fabric = cloths.shirting(rng)
    neck = Collar(leaf=rng.uniform(0.042, 0.052), point=rng.uniform(0.012, 0.03), spread=rng.uniform(0.1, 1))
    extras = ["buttons", "placket"] + ["cuffs"] * (sleeve > 0.9)
    if rng.random() < 0.1:
        neck = replace(neck, leaf=0.0)
    elif rng.random() < (0.08 if female else 0.28):
        extras.append("tie")
        neck = replace(neck, gap=5.0)
    elif rng.random() < 0.5:  # the topmost button is open
        neck = replace(neck, gap=rng.uniform(9, 16), fall=0.008)
        cut = replace(cut, neckline="v", width=0.006, depth=rng.uniform(0.01, 0.06))
    if rng.random() < 0.4:
        extras.append("pocket")
    return Piece(
        cut,
        Style(max(0.35, loose), 0.45, 0.008 + 0.01 * loose, 0.002, flare=0.012 * (sleeve < 0.9)),
        fabric,
        0.0,
        neck,
        tuple(extras),
    )


def polo(rng, female: bool, loose: float) -> Piece:
    cut = Cut("round", 0.004, -0.012, 0.0, 0.012, rng.uniform(0.26, 0.42))
    neck = Collar(0.024, 0.7, 0.042, 0.012, rng.uniform(7, 13), 0.8, 0.010, 0.003, 0.006)
    fabric = replace(cloths.jersey(rng, 0.0), weave="rib" if rng.random() < 0.3 else "smooth")
    return Piece(cut, Style(loose, 0.3, 0.012, 0.002), fabric, 0.018, neck, ("buttons", "placket", "short"))


def turtleneck(rng, female: bool, loose: float) -> Piece:
    fabric = cloths.knitwear(rng)
    high = rng.uniform(0.04, 0.07)
    rolled = rng.random() < 0.6
    neck = Collar(high, 0.85, 0.85 * high if rolled else 0.0, 0.0, 0.0, 0.0, rng.uniform(0.004, 0.014), 0.004)
    return Piece(Cut("high", sleeve=0.985, bottom=0.0), Style(0.6 * loose, 0.3, 0.010, 0.003), fabric, 0.05, neck)


def sweater(rng, female: bool, loose: float) -> Piece:
    line = "v" if rng.random() < 0.25 else "round"
    depth = rng.uniform(0.03, 0.08) if line == "v" else rng.uniform(-0.01, 0.02)
    cut = Cut(line, rng.uniform(0, 0.02), depth, sleeve=0.985, bottom=rng.uniform(-0.02, 0.04))
    fabric = cloths.knitwear(rng) if rng.random() < 0.7 else cloths.sweat(rng)
    return Piece(cut, Style(max(0.4, loose), 0.6, 0.016 + 0.01 * loose, 0.004, 0.8), fabric, rng.uniform(0.02, 0.05))


def hoodie(rng, female: bool, loose: float) -> Piece:
    cut = Cut("round", 0.012, 0.0, 0.0, 0.012, 0.985, rng.uniform(-0.04, 0.02))
    style = Style(max(0.5, loose), 0.6, 0.022, 0.004, 1.0)
    extras = ("hood", "pouch") if rng.random() < 0.6 else ("hood", "zip")
    return Piece(cut, style, cloths.sweat(rng), rng.uniform(0.03, 0.06), None, extras)


def tank(rng, female: bool, loose: float) -> Piece:
    cut = Cut("round", rng.uniform(0.02, 0.04), rng.uniform(0.02, 0.07), 0.03, 0.0, rng.uniform(-0.09, -0.05))
    return Piece(cut, Style(0.5 * loose, 0.2, 0.006, 0.002), cloths.jersey(rng, 0.2))


def blouse(rng, female: bool, loose: float) -> Piece:
    line = ("v", "round", "square")[rng.choice(3, p=(0.5, 0.35, 0.15))]
    cut = Cut(line, rng.uniform(0.005, 0.035), rng.uniform(0.0, 0.08), 0.0, 0.0,
              _SLEEVES[("none", "short", "three quarters", "long")[rng.integers(4)]], 0.0)  # fmt: skip
    extras = ("buttons", "placket") if rng.random() < 0.3 else ()
    style = Style(max(0.5, loose), 0.1, 0.012 + 0.012 * loose, 0.0015, 1.2, rng.choice([0.0, 0.012, 0.03]))
    return Piece(cut, style, cloths.light_cloth(rng), 0.0, None, extras)


def gown(rng, female: bool, loose: float) -> Piece:
    line = ("plane", "v", "round", "square")[rng.integers(4)]
    straps = (rng.uniform(0.095, 0.115), rng.uniform(0.008, 0.03)) if line == "plane" else None
    depth = rng.uniform(0.03, 0.06) if line == "plane" else rng.uniform(0.02, 0.1)
    sleeve = -0.06 if straps else rng.choice([-0.06, -0.05, 0.25])
    cut = Cut(line, rng.uniform(0.01, 0.04), depth, 0.01, 0.0, sleeve, 0.0, straps=straps)
    return Piece(cut, Style(0.25 * loose, 0.2, 0.005, 0.0015), cloths.light_cloth(rng, 0.6), 0.0, None, ("skirt",))


def bare_shoulders(rng, female: bool, loose: float) -> Piece:
    strapless = rng.random() < 0.35
    sleeve = -0.06 if strapless else (0.4, 0.72, 0.985)[rng.integers(3)]
    cut = Cut("plane", depth=rng.uniform(0.05, 0.075) if strapless else rng.uniform(0.025, 0.045), sleeve=sleeve)
    return Piece(cut, Style(0.4 * loose, 0.2, 0.006, 0.002), cloths.light_cloth(rng), 0.02)


def overalls(rng, female: bool, loose: float) -> Piece:
    return replace(t_shirt(rng, female, 0.5 * loose), extras=("overalls",))


def bib(rng) -> Piece:
    """Of overalls, over what is worn under them."""
    cut = Cut("plane", depth=rng.uniform(0.08, 0.12), sleeve=-0.075, bottom=-0.36,
              straps=(rng.uniform(0.095, 0.105), rng.uniform(0.03, 0.035)))  # fmt: skip
    return Piece(cut, Style(0.25, 0.7, 0.012, 0.003, 0.7), cloths.denim(rng), 0.0, None, ("bib",))


def gauze(rng, female: bool, loose: float) -> Piece:
    piece = blouse(rng, female, loose)
    fabric = replace(piece.fabric, opacity=float(rng.uniform(0.45, 0.85)), paint=None, crumple=0.3)
    return replace(piece, fabric=fabric, extras=("slip",), cut=replace(piece.cut, sleeve=_SLEEVES["long"]))


FIRST = {
    "t-shirt": t_shirt, "long": long_sleeved, "shirt": shirt, "polo": polo, "turtleneck": turtleneck,
    "sweater": sweater, "hoodie": hoodie, "tank": tank, "blouse": blouse, "dress": gown, "off": bare_shoulders,
    "overalls": overalls, "gauze": gauze,
}  # fmt: skip
"""How a first garment of each kind is made: (rng, female, looseness) -> Piece."""
