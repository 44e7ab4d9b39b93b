"""What people hold: phones, cups, glasses, bottles, books, microphones, flowers, teddies."""

import math

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.rendering.surface import Surface
from portrait_matting.people.things.bouquet import bouquet
from portrait_matting.people.things.gadgets import book, microphone, phone
from portrait_matting.people.things.hand import Hand, centre, grip, hand
from portrait_matting.people.things.teddy import teddy
from portrait_matting.people.things.vessels import bottle, glass, mug, paper_cup

SIZES = {  # metres across where fingers are, of an adult's hand; and whether it is flat: the arguments of `grip`
    "phone": (0.072, True),
    "mug": (0.08, False),
    "paper cup": (0.075, False),
    "glass": (0.065, False),
    "bottle": (0.063, False),
    "book": (0.12, True),
    "microphone": (0.034, False),
    "flowers": (0.03, False),
    "teddy": (0.085, False),
}
_SHARES = (0.3, 0.14, 0.13, 0.09, 0.1, 0.08, 0.05, 0.06, 0.05)


def pick(rng: np.random.Generator, years: float = 30.0) -> str:
    """What somebody of this age holds: a name of SIZES."""
    shares = np.asarray(_SHARES)
    if years < 11:
        shares = np.array([0.05, 0.1, 0.05, 0.05, 0.1, 0.15, 0.03, 0.07, 0.4])
    return list(SIZES)[rng.choice(len(SIZES), p=shares / shares.sum())]


def grip_for(kind: str, side: str) -> dict[str, np.ndarray]:
    """The pose of the fingers that hold a thing: rotations (3, 3) by bone, to be put into the pose of the body."""
    size, flat = SIZES[kind]
    return grip(side, size, flat)


def hold(body: Body, side: str, rng: np.random.Generator, kind: str | None = None) -> list[Surface]:
    """A thing in the hand, as upright as the hand lets it.

    Args:
        body: whose fingers are in the pose of `grip_for`.
        side: "L" or "R".
        rng: of the thing.
        kind: a name of SIZES; None: any, for their age.

    Raises:
        KeyError: there is no such thing.
    """
    kind = kind or pick(rng, body.shape.age)
    size, flat = SIZES[kind]
    own = hand(body.joints, side)
    scale = own.length / hand(body.data.joints, side).length
    axes, middle = _place(body, own, side, size * scale, flat)
    parts = _MAKERS[kind](rng)
    found = []
    for solid, look, opacity in parts:
        solid = solid._replace(points=solid.points * np.float32(scale))
        found.append(solid.moved(axes, middle).worn(body, look, f"wrist.{side}", opacity=opacity))
    return found


def _place(body: Body, own: Hand, side: str, size: float, flat: bool) -> tuple[np.ndarray, np.ndarray]:
    """Axes, one a row, and the middle of a thing in the hand at rest: to the fingers, out of the palm, up."""
    turn = body.bones[body.data.bone(f"wrist.{side}")][:, :3].astype(np.float64)
    above = turn.T @ np.array([0.0, 0, 1])
    in_palm = above - (above @ own.out) * own.out
    lean = math.atan2(in_palm @ own.along, in_palm @ own.across)
    upside_down = abs(lean) > math.pi / 2 and not flat
    if upside_down:
        lean -= math.copysign(math.pi, lean)
    limit = 0.35 if flat else 0.6
    lean = float(np.clip(lean, -limit, limit))
    up = math.cos(lean) * own.across + math.sin(lean) * own.along
    along = math.cos(lean) * own.along - math.sin(lean) * own.across
    axes = np.stack([along, own.out, up])
    if upside_down:
        axes[2] *= -1
        axes[0] *= -1
    ahead, off = (0.0, 0.002) if flat else centre(size)
    middle = own.palm + off * own.out + ahead * own.along - 0.005 * own.across
    return axes, middle


_MAKERS = {
    "phone": phone,
    "mug": mug,
    "paper cup": paper_cup,
    "glass": glass,
    "bottle": bottle,
    "book": book,
    "microphone": microphone,
    "flowers": bouquet,
    "teddy": teddy,
}
