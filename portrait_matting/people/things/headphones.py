"""Headphones: cups with a band over the head, or buds with a cable."""

import math

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.rendering.surface import Surface
from portrait_matting.people.things.curve import smooth
from portrait_matting.people.things.materials import metal, shiny, skin_of
from portrait_matting.people.things.prints import colour, metal_colour
from portrait_matting.people.things.skull import Skull, fit
from portrait_matting.people.things.solids import Solid, ball, joined, lathe, tube
from portrait_matting.people.things.torso import frame, shoulders


def wear_headphones(body: Body, rng: np.random.Generator, over: bool | None = None) -> list[Surface]:
    """Cups over the ears, or buds in them; `over` None: either.

    The band lies a centimetre and more above the skull, as hair lifts it.
    """
    over = rng.random() < 0.6 if over is None else over
    return _over_ear(body, rng) if over else _buds(body, rng)


def _over_ear(body: Body, rng: np.random.Generator) -> list[Surface]:
    skull = Skull(body)
    main = colour(rng, 0.25)
    scale = float(np.clip(skull.size / 0.105, 0.8, 1.1))
    size = rng.uniform(0.034, 0.042) * scale
    cups, pads, tops = [], [], []
    for sign, side in ((1, "L"), (-1, "R")):
        ear = skull.ear(side).astype(np.float64)
        inner = sign * (sign * ear[:, 0]).min()
        middle = np.array([inner, ear[:, 1].mean(), (ear[:, 2].min() + ear[:, 2].max()) / 2])
        thick = max(0.6 * float(np.ptp(ear[:, 0])), 0.012)
        turned = np.array([[0, sign, 0], [0, 0, 1], [sign, 0, 0]], np.float64)  # its axis points outwards
        pad = lathe([(0, 0), (0.75, 0), (0.95, 0.1), (1, 0.45), (0.97, 0.8), (0.85, 1), (0, 1)], 24)
        pad = pad.stretched((size, 1.18 * size, thick))
        cup = lathe([(0.9, -0.1), (0.94, 0.1), (0.93, 0.5), (0.85, 0.8), (0.7, 0.95), (0.4, 1), (0, 1)], 24)
        cup = cup.stretched((size, 1.18 * size, 0.02 * scale))
        pads.append(pad.moved(turned, middle))
        cups.append(cup.moved(turned, middle + (sign * thick, 0, 0)))
        tops.append(middle + np.array([sign * (thick + 0.007), 0, 0.7 * size]))
    whole = fit(skull, 0.3, 0)
    above = float(whole.at(0.0, math.pi / 2)) + rng.uniform(0.012, 0.022)
    crown = np.array([skull.eyes[0], (tops[0][1] + tops[1][1]) / 2 - 0.002, whole.origin[2] + above])
    angle = np.linspace(0, math.pi, 31)
    wide, high = (tops[0][0] - tops[1][0]) / 2, crown[2] - tops[0][2]
    power = 0.8  # squarer than a half circle
    arc = np.zeros((31, 3))
    arc[:, 0] = (
        crown[0]
        + (tops[0][0] + tops[1][0]) / 2
        - crown[0]
        + wide * np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power
    )
    arc[:, 1] = crown[1]
    arc[:, 2] = tops[0][2] + high * np.sin(angle) ** power
    arc = whole.outside(arc, 0.008)
    width = rng.uniform(0.016, 0.034)
    band = _flat_tube(arc, width, 0.0075)
    arms = [
        _flat_tube(np.stack([top - (0, 0, 0.5 * size), top, arc[k]]), 0.011, 0.005)
        for top, k in zip(tops, (4, -5), strict=True)
    ]
    look = shiny(main, 0.05, rng.uniform(0.2, 0.6))
    dark = skin_of(np.full(3, 0.02, np.float32)) if rng.random() < 0.7 else skin_of(colour(rng, 0.1))
    arm = metal(metal_colour(rng)) if rng.random() < 0.5 else look
    return [
        joined(pads).worn(body, dark),
        joined(cups).worn(body, look),
        band.worn(body, dark if rng.random() < 0.4 else look),
        joined(arms).worn(body, arm),
    ]


def _flat_tube(curve: np.ndarray, width: float, thick: float) -> Solid:
    """A band from front to back `width` metres, `thick` metres thick."""
    return tube(smooth(curve, max(len(curve), 12)), 0.5, 12, flat=(thick, width), up=(0, 1, 0))


def _buds(body: Body, rng: np.random.Generator) -> list[Surface]:
    """Buds in the ears, with a cable to the chest, or with stems."""
    skull = Skull(body)
    white = rng.random() < 0.6
    look = shiny(np.full(3, 0.75 if white else 0.015, np.float32), 0.05, 0.25)
    wired = rng.random() < 0.5
    solids, ends = [], []
    for sign, side in ((1, "L"), (-1, "R")):
        ear = skull.ear(side).astype(np.float64)
        low, high = ear[:, 2].min(), ear[:, 2].max()
        front = ear[:, 1].min()
        root = sign * (sign * ear[:, 0]).min()
        at = np.array([root + sign * 0.004, front + 0.004, low + 0.42 * (high - low)])
        solids.append(ball(0.0065, 12).moved(np.eye(3), at))
        stem = at + np.array([[0, 0, 0], [sign * 0.003, -0.004, -0.008], [sign * 0.003, -0.007, -0.024]])
        solids.append(tube(stem, 0.0026, 8))
        ends.append(stem[-1])
    found = [joined(solids).worn(body, look)]
    if wired:
        found.append(_cable(body, ends).placed(look, casts=False))
    return found


def _cable(body: Body, ends: list[np.ndarray]) -> Solid:
    """Two cables that hang from the buds and meet before the chest."""
    chest = shoulders(body)
    base, (_, back, up) = frame(body)
    size = body.head_height / 0.104
    ends = [body.carried(end, "head").astype(np.float64) for end in ends]
    join, low = (base - (deep * up + 0.12 * back) * size for deep in (0.08, 0.3))
    paths = [np.stack([end, end - 0.05 * up, 0.4 * end + 0.6 * join - 0.02 * up, join]) for end in ends]
    paths.append(np.stack([join, (join + low) / 2, low]))
    found = []
    for number, path in enumerate(paths):
        path = smooth(path, 20)
        free = np.minimum(np.linspace(0, 4, 20), 1)[:, None] if number < 2 else 1.0  # at the ear it is on no chest
        found.append(tube(path + free * (chest.outside(path, 0.028) - path), 0.0013, 6))
    return joined(found)
