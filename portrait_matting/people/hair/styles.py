"""How hair is worn: a style in numbers."""

from dataclasses import dataclass, field

from portrait_matting.people.hair.growth import NATURAL, PARTED, SIDE, TIED, UPRIGHT
from portrait_matting.people.hair.scalp import Hairline


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


_HANGING = {"gravity": 0.36, "gathered": 0.2}
_TIED = {"lift": 0.05, "rough": 0.05, "unruly": 0.02, "volume": 0.004}
_WAVES = {"curl": 0.009, "turn": 0.1, "gathered": 0.5}
_DREADS = {"gravity": 0.3, "tufts": 120, "gathered": 0.9, "twisted": True}
_CURLS = {"curl": 0.011, "turn": 0.058, "tufts": 150, "gathered": 0.75}
_SHORT_CURLS = {"curl": 0.007, "turn": 0.03, "tufts": 150, "gathered": 0.75}

STYLES = {
    style.name: style
    for style in (
        Style("shaven", count=8000, points=3, top=0.003, sides=0.003, radius=0.00016, tufts=1, gathered=0, lift=1.2),
        Style("crew", count=10000, points=4, top=0.016, sides=0.008, radius=0.00022, lift=1.0, tufts=300, gathered=0.1),
        Style("short", count=7500, points=7, top=0.045, sides=0.018, radius=0.0003),
        Style("side", SIDE, 7500, 9, 0.08, 0.022, 0.0003, (0.9, -0.15, 0), lift=0.8, gravity=0.04, volume=0.012),
        Style("back", SIDE, 7500, 9, 0.09, 0.022, 0.0003, (0, 1.0, 0.05), gravity=0.06, volume=0.012, shine=0.16),
        Style("forward", SIDE, 7500, 8, 0.06, 0.02, 0.0003, (0.15, -1.0, -0.1), lift=0.6, gravity=0.05),
        Style("messy", NATURAL, 8000, 9, 0.075, 0.045, 0.0003, lift=1.0, rough=0.7, unruly=0.16, gathered=0.7),
        Style("quiff", SIDE, 7500, 8, 0.06, 0.014, 0.0003, (0.1, 0.6, 0.6), lift=1.6, volume=0.02, gathered=0.5),
        Style("medium", PARTED, 6000, 12, 0.20, 0.16, 0.0003, (0, 0.1, 0), volume=0.016, cut=-1.2, **_HANGING),
        Style("bob", PARTED, 6000, 13, 0.30, 0.22, 0.0003, (0, 0.05, 0), volume=0.018, cut=-0.95, **_HANGING),
        Style("bob fringe", NATURAL, 6000, 13, 0.30, 0.22, 0.0003, volume=0.018, cut=-1.0, fringe=0.065, **_HANGING),
        Style("long", PARTED, 4800, 16, 0.52, 0.45, 0.00034, (0, 0.2, 0), volume=0.016, shine=0.15, **_HANGING),
        Style("long back", SIDE, 4800, 16, 0.5, 0.42, 0.00034, (0, 0.8, 0), volume=0.018, **_HANGING),
        Style("long fringe", NATURAL, 4800, 16, 0.5, 0.45, 0.00034, volume=0.016, fringe=0.065, **_HANGING),
        Style("wavy", PARTED, 5000, 30, 0.45, 0.38, 0.00032, (0, 0.2, 0), gravity=0.32, volume=0.022, **_WAVES),
        Style("curly", PARTED, 3800, 36, 0.32, 0.28, 0.00032, gravity=0.3, volume=0.03, **_CURLS),
        Style("short curls", NATURAL, 7000, 16, 0.09, 0.05, 0.00032, lift=1.2, volume=0.025, **_SHORT_CURLS),
        Style("afro", UPRIGHT, 7500, 12, 0.085, 0.08, 0.00036, curl=0.006, turn=0.022, tufts=500, gathered=0.3),
        Style("short afro", UPRIGHT, 8000, 7, 0.028, 0.018, 0.00028, curl=0.004, turn=0.014, tufts=500, gathered=0.2),
        Style("dreads", PARTED, 6000, 24, 0.30, 0.28, 0.0003, volume=0.02, rough=0.25, **_DREADS),
        Style("ponytail", TIED, 6000, 18, 0.32, 0.32, 0.0003, tail="tail", **_TIED),
        Style("bun", TIED, 6000, 18, 0.32, 0.32, 0.0003, tail="bun", **_TIED),
        Style("plait", TIED, 6000, 18, 0.32, 0.32, 0.0003, tail="plait", **_TIED),
        Style("wreath", NATURAL, 6000, 6, 0.03, 0.02, 0.00026, hairline=Hairline(0.1, 0.1, top=0.02, edge=0.2)),
    )
}
