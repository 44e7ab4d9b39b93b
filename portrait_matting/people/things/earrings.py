"""Earrings: studs, hoops, pendants."""

import math

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.rendering.surface import Surface
from portrait_matting.people.things.head_cover import Headwear
from portrait_matting.people.things.materials import metal, shiny
from portrait_matting.people.things.prints import colour, metal_colour
from portrait_matting.people.things.skull import Skull
from portrait_matting.people.things.solids import Solid, ball, joined, tube


def wear_earrings(body: Body, rng: np.random.Generator, headwear: Headwear | None = None) -> list[Surface]:
    """A pair, or one alone; they hang straight down from the lobes however the head is held.

    Args:
        body: who wears them.
        rng: of the earrings.
        headwear: hides them where it is over the ears.
    """
    skull = Skull(body)
    if headwear and headwear.hides(np.stack([_lobe(skull, side)[0] for side in "LR"])).any():
        return []
    kind = str(rng.choice(["stud", "hoop", "drop", "beads"], p=(0.35, 0.35, 0.2, 0.1)))
    sides = "LR" if rng.random() < 0.92 else str(rng.choice(["L", "R"]))
    shade = metal_colour(rng)
    gem = rng.random() < 0.5
    stone = shiny(colour(rng, 0.7) if rng.random() < 0.6 else np.full(3, 0.75, np.float32), 0.12, 0.12)
    size = rng.uniform(0.0, 1.0)
    wires, stones = [], []
    head = body.bones[body.data.bone("head")][:, :3]
    for side in sides:
        lobe, out = _lobe(skull, side)
        at, out = body.carried(lobe, "head").astype(np.float64), head @ out
        wire, stone_parts = _hung(kind, size, out)
        wires += [part._replace(points=(part.points + at).astype(np.float32)) for part in wire]
        stones += [part._replace(points=(part.points + at).astype(np.float32)) for part in stone_parts]
    found = [joined(wires).placed(metal(shade))] if wires else []
    return found + ([joined(stones).placed(stone if gem else metal(shade))] if stones else [])


def _lobe(skull: Skull, side: str) -> tuple[np.ndarray, np.ndarray]:
    """Where the lobe is pierced, at rest, and which way its outer side looks."""
    ear = skull.ear(side).astype(np.float64)
    sign = 1 if side == "L" else -1
    low, high = ear[:, 2].min(), ear[:, 2].max()
    lobe = ear[ear[:, 2] < low + 0.16 * (high - low)]
    outer = lobe[np.argmax(sign * lobe[:, 0])]
    at = np.array([outer[0], lobe[:, 1].mean(), low + 0.1 * (high - low)])
    return at, np.array([sign * 0.9, -0.4, 0.0]) / math.hypot(0.9, 0.4)


def _hung(kind: str, size: float, out: np.ndarray) -> tuple[list[Solid], list[Solid]]:
    """Wires and stones around the piercing, in the room."""
    out = out * (1, 1, 0) / max(float(np.hypot(out[0], out[1])), 1e-6)
    turn = np.linspace(0, 2 * math.pi, 28, endpoint=False)
    if kind == "hoop":  # in the plane from front to back, as rings through lobes hang
        radius = 0.006 + 0.024 * size**1.5
        ahead = np.cross(out, (0, 0, 1))
        ring = 0.001 * out + radius * (
            np.cos(turn)[:, None] * ahead + (np.sin(turn) - 0.92)[:, None] * np.array([0, 0, 1])
        )
        return [tube(ring, 0.0007 + 0.0009 * size, 6, closed=True, up=out)], []
    if kind == "stud":
        return [], [ball(0.002 + 0.003 * size, 10).moved(np.eye(3), 0.0015 * out)]
    length = 0.012 + 0.035 * size
    hook = np.stack([0.0025 * out, 0.003 * out - (0, 0, 0.4 * length), 0.003 * out - (0, 0, length)])
    wires = [tube(hook, 0.0005, 5), ball(0.0014, 8).moved(np.eye(3), 0.002 * out)]
    if kind == "drop":
        return wires, [ball(0.0045, 12).stretched((1, 1, 1.7)).moved(np.eye(3), hook[-1] - (0, 0, 0.005))]
    places = np.linspace(0.25, 1.05, 4)
    return wires, [
        ball(0.002 + 0.0013 * k, 8).moved(np.eye(3), 0.003 * out - (0, 0, p * length)) for k, p in enumerate(places)
    ]
