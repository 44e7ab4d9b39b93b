"""What people wear on their heads."""

import math

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.things.beanie import wear_beanie
from portrait_matting.people.things.cap import wear_cap
from portrait_matting.people.things.curve import smooth
from portrait_matting.people.things.hat import wear_hat
from portrait_matting.people.things.head_cover import Headwear, above, axis_of, dome
from portrait_matting.people.things.headband import wear_headband
from portrait_matting.people.things.headscarf import wear_headscarf, wear_hood
from portrait_matting.people.things.helmet import wear_helmet
from portrait_matting.people.things.materials import cloth
from portrait_matting.people.things.prints import colour, plain
from portrait_matting.people.things.skull import Skull, fit
from portrait_matting.people.things.solids import ball, box, tube

KINDS = {
    "beanie": (wear_beanie, 0.21),
    "cap": (wear_cap, 0.22),
    "hat": (wear_hat, 0.17),
    "helmet": (wear_helmet, 0.07),
    "headscarf": (wear_headscarf, 0.11),
    "hood": (wear_hood, 0.08),
    "headband": (wear_headband, 0.11),
    "graduate": (lambda body, rng: wear_graduate(body, rng), 0.03),
}
"""What there is, and the share of each of all that is worn."""


def wear_headwear(body: Body, rng: np.random.Generator, kind: str | None = None, hooded: bool = False) -> Headwear:
    """Something on the head.

    Args:
        body: who wears it.
        rng: of the headwear.
        kind: beanie, cap, hat, helmet, headscarf, hood, headband or graduate; None: any.
        hooded: the clothes have a hood already: of any, a beanie is worn in place of another.

    Raises:
        KeyError: there is no such kind.
    """
    if kind is None:
        shares = {name: share for name, (_, share) in KINDS.items()}
        if body.shape.phenotype["gender"] < 0.5:
            shares["headscarf"] *= 0.1
        if body.shape.age < 11:
            shares |= {"headscarf": 0.0, "graduate": 0.0}
        shares = np.array(list(shares.values()))
        kind = list(KINDS)[rng.choice(len(KINDS), p=shares / shares.sum())]
        if kind == "hood" and hooded:
            kind = "beanie"
    return KINDS[kind][0](body, rng)


def wear_graduate(body: Body, rng: np.random.Generator) -> Headwear:
    """A graduate's square board with a tassel."""
    skull = Skull(body)
    height = max(0.36, (skull.ear_top + 0.002) / skull.size)
    shape = fit(skull, height, rng.uniform(2, 10), slack=1.0, roll=2 * rng.normal(), whole=False)
    black = colour(rng, 0.0) * np.float32(0.3) if rng.random() < 0.3 else np.full(3, 0.012, np.float32)
    axis = axis_of(body, shape)
    solid = dome(shape, np.linspace(0, math.pi / 2, 10), np.full(10, 0.006))
    top = shape.local(solid.points)[:, 2].max() + 0.006
    unit = skull.size / 0.104
    turn = math.radians(45 + rng.normal() * 6)
    about = np.array([[math.cos(turn), math.sin(turn), 0], [-math.sin(turn), math.cos(turn), 0], [0, 0, 1]])
    middle = np.array([0, 0.0, top]) @ shape.axes + shape.origin
    board = box((0.235 * unit, 0.235 * unit, 0.005), 0.0024).moved(about @ shape.axes, middle)
    side = rng.choice([-1, 1])
    edge = np.array([side * 0.1, -0.09, 0.004]) * unit
    fall = rng.uniform(0.07, 0.1) * unit
    path = np.stack(
        [
            [0, 0, 0.004],
            0.6 * edge + (0, 0, 0.003),
            edge,
            edge + (side * 0.006, -0.006, -0.012),
            edge + (side * 0.006, -0.006, -fall),
        ]
    )
    cord = tube(smooth(path, 24), 0.0016, 6).moved(shape.axes, middle)
    tassel = tube(
        np.stack([path[-1], path[-1] - (0, 0, 0.008), path[-1] - (0, 0, 0.05)]), np.array([0.003, 0.005, 0.008]), 10
    ).moved(shape.axes, middle)
    thread = cloth(plain(colour(rng, 0.7)), axis, 0.3)
    dull = cloth(plain(black), axis, 0.03)
    knob = ball(0.005, 8).moved(np.eye(3), middle + 0.004 * shape.axes[2])
    parts = [(solid, dull), (board, dull), (knob, thread), (cord, thread), (tassel, thread)]
    return Headwear([part.worn(body, look) for part, look in parts], above(shape, 0.003))
