"""How hair is worn: a style in numbers, and who wears which."""

from dataclasses import dataclass, field, replace

import numpy as np

from portrait_matting.people.growth import NATURAL, PARTED, SIDE, TIED, UPRIGHT
from portrait_matting.people.scalp import Hairline
from portrait_matting.people.shape import Shape


@dataclass(frozen=True)
class Style:
    """How hair is worn. Head heights are from the eyes to the top of the head, 12 cm of most adults.

    Attributes:
        name: of the style.
        kind: how it is combed, see `growth`.
        count, points: strands, and points of each.
        top, sides: metres of hair above, and below the temples.
        radius: metres, of a strand at its root; hairs that touch are one strand.
        comb: left, back and up, of SIDE and PARTED.
        part: where the parting is, in head heights to the left.
        knot: left, front and up in head heights, of TIED.
        lift, gravity, stiffness: see `growth.grow`.
        volume: metres that the outermost hair keeps off the head.
        tufts: how many there are; gathered: how near a tuft's tips are to one another, 0 to 1.
        rough, unruly: how tufts and single strands differ in direction.
        curl, turn, flat: metres of a curl's radius and of hair in a turn; whether it is a wave.
        cut: the level where it is cut, in head heights.
        fringe: metres of it before the forehead; 0: none.
        face: half the width of the face that hair leaves free, in head heights.
        cheek: how far forward hair may hang beside the face, in head heights from the head's axis.
        twisted: whether tufts are strings: dreadlocks.
        tail: what tied hair does behind the knot: "", "tail", "bun" or "plait".
        shine: of the highlight.
        hairline: where it grows.
    """

    name: str
    kind: int = NATURAL
    count: int = 6000
    points: int = 10
    top: float = 0.05
    sides: float = 0.02
    radius: float = 0.00035
    comb: tuple[float, float, float] = (0.0, 1.0, 0.0)
    part: float = 0.0
    knot: tuple[float, float, float] = (0.0, -1.0, 0.2)
    lift: float = 0.45
    gravity: float = 0.0
    stiffness: float = 0.6
    volume: float = 0.008
    tufts: int = 220
    gathered: float = 0.35
    rough: float = 0.15
    unruly: float = 0.05
    curl: float = 0.0
    turn: float = 0.05
    flat: float = 0.0
    cut: float = -9.0
    fringe: float = 0.0
    face: float = 0.62
    cheek: float = 0.45
    twisted: bool = False
    tail: str = ""
    shine: float = 0.12
    hairline: Hairline = field(default_factory=Hairline)


STYLES = {
    style.name: style
    for style in (
        Style("shaven", count=9000, points=3, top=0.003, sides=0.003, radius=0.00016, tufts=1, gathered=0, lift=1.2),
        Style("crew", count=12000, points=4, top=0.016, sides=0.008, radius=0.00022, lift=1.0, tufts=300, gathered=0.1),
        Style("short", count=9000, points=7, top=0.045, sides=0.018, radius=0.00028),
        Style("side", SIDE, 9000, 9, 0.08, 0.022, 0.00028, (0.9, -0.15, 0), lift=0.8, gravity=0.04, volume=0.012),
        Style("back", SIDE, 9000, 9, 0.09, 0.022, 0.00028, (0, 1.0, 0.05), lift=0.9, volume=0.014, shine=0.16),
        Style("forward", SIDE, 9000, 8, 0.06, 0.02, 0.00028, (0.15, -1.0, -0.1), lift=0.6, gravity=0.05),
        Style("messy", NATURAL, 8000, 9, 0.075, 0.045, 0.0003, lift=1.0, rough=0.7, unruly=0.16, gathered=0.7),
        Style("quiff", SIDE, 9000, 8, 0.06, 0.014, 0.00028, (0.1, 0.6, 0.6), lift=1.6, volume=0.02, gathered=0.5),
        Style("medium", PARTED, 6500, 14, 0.20, 0.16, 0.0003, (0, 0.1, 0), gravity=0.32, volume=0.016, cut=-1.2),
        Style("bob", PARTED, 7000, 14, 0.30, 0.22, 0.0003, (0, 0.05, 0), gravity=0.36, volume=0.018, cut=-0.95),
        Style("bob fringe", NATURAL, 7000, 14, 0.30, 0.22, 0.0003, gravity=0.36, volume=0.018, cut=-1.0, fringe=0.065),
        Style("long", PARTED, 5500, 18, 0.52, 0.45, 0.00032, (0, 0.2, 0), gravity=0.36, volume=0.016, shine=0.15),
        Style("long back", SIDE, 5500, 18, 0.5, 0.42, 0.00032, (0, 0.8, 0), gravity=0.3, volume=0.018),
        Style("long fringe", NATURAL, 5500, 18, 0.5, 0.45, 0.00032, gravity=0.36, volume=0.016, fringe=0.065),
        Style(
            "wavy",
            PARTED,
            5000,
            30,
            0.45,
            0.38,
            0.00032,
            (0, 0.2, 0),
            gravity=0.32,
            volume=0.022,
            curl=0.009,
            turn=0.1,
            gathered=0.5,
        ),
        Style(
            "curly",
            PARTED,
            4500,
            30,
            0.32,
            0.28,
            0.00032,
            gravity=0.3,
            volume=0.03,
            curl=0.011,
            turn=0.058,
            tufts=150,
            gathered=0.75,
        ),
        Style(
            "short curls",
            NATURAL,
            6000,
            14,
            0.09,
            0.05,
            0.0003,
            lift=1.2,
            volume=0.025,
            curl=0.007,
            turn=0.03,
            tufts=150,
            gathered=0.7,
        ),
        Style("afro", UPRIGHT, 9000, 12, 0.085, 0.08, 0.00034, curl=0.006, turn=0.022, tufts=500, gathered=0.3),
        Style("short afro", UPRIGHT, 9000, 7, 0.028, 0.018, 0.00028, curl=0.004, turn=0.014, tufts=500, gathered=0.2),
        Style(
            "dreads",
            PARTED,
            6000,
            24,
            0.30,
            0.28,
            0.0003,
            gravity=0.3,
            volume=0.02,
            tufts=120,
            gathered=0.9,
            rough=0.25,
            twisted=True,
        ),
        Style(
            "ponytail",
            TIED,
            7000,
            20,
            0.32,
            0.32,
            0.00028,
            tail="tail",
            lift=0.05,
            rough=0.05,
            unruly=0.02,
            volume=0.005,
        ),
        Style("bun", TIED, 7000, 20, 0.32, 0.32, 0.00028, tail="bun", lift=0.05, rough=0.05, unruly=0.02, volume=0.004),
        Style(
            "plait", TIED, 7000, 20, 0.32, 0.32, 0.00028, tail="plait", lift=0.05, rough=0.05, unruly=0.02, volume=0.004
        ),
        Style("wreath", NATURAL, 6000, 6, 0.03, 0.02, 0.00026, hairline=Hairline(0.1, 0.1, top=0.02, edge=0.2)),
    )
}
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
