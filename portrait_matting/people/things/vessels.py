"""Things to drink from that hands hold: mugs, paper cups, glasses, bottles."""

import numpy as np

from portrait_matting.people.bodies.pose import Z, rotation
from portrait_matting.people.things.materials import metal, shiny, skin_of
from portrait_matting.people.things.prints import any_pattern, colour, metal_colour, plain
from portrait_matting.people.things.solids import Part, lathe, tube


def mug(rng: np.random.Generator) -> list[Part]:
    radius, high = 0.04, rng.uniform(0.085, 0.105)
    profile = [
        (0, 0.004),
        (0.9, 0),
        (1, 0.004),
        (1, high - 0.001),
        (0.97, high),
        (0.93, high - 0.002),
        (0.93, 0.006),
        (0, 0.006),
    ]
    cup = lathe(np.asarray(profile) * (radius, 1), 32)
    turn = np.linspace(-1.9, 1.9, 14)
    handle = np.stack([-radius - 0.018 * np.cos(turn) - 0.006, 0 * turn, high / 2 + 0.028 * np.sin(turn)], 1)
    handle = tube(handle, 0.0055, 8, flat=(1.3, 0.8))
    tea = lathe([(0, high - 0.014), (0.94 * radius, high - 0.014)], 24)
    pattern = any_pattern(rng, 0.25, high, 0.4)[0] if rng.random() < 0.6 else plain(np.full(3, 0.72, np.float32))
    low = np.array([0, 0, -0.5 * high])
    about = rotation(Z, rng.uniform(0, 60))
    look = shiny(pattern, 0.05, 0.15)
    brown = shiny(np.array([0.03, 0.012, 0.005], np.float32), 0.04, 0.1)
    return [
        (cup.moved(np.eye(3), low), look, 1.0),
        (handle.moved(about, low), look, 1.0),
        (tea.moved(np.eye(3), low), brown, 1.0),
    ]


def paper_cup(rng: np.random.Generator) -> list[Part]:
    high = rng.uniform(0.10, 0.13)
    cup = lathe([(0, 0), (0.029, 0), (0.030, 0.002), (0.0405, high)], 32)
    lid = [
        (0.042, high - 0.002),
        (0.0425, high + 0.003),
        (0.039, high + 0.005),
        (0.0375, high + 0.015),
        (0.034, high + 0.015),
        (0.033, high + 0.011),
        (0, high + 0.011),
    ]
    low = np.array([0, 0, -0.5 * high])
    shade = (
        any_pattern(rng, 0.25, high, 0.3)[0] if rng.random() < 0.5 else plain(np.array([0.72, 0.68, 0.62], np.float32))
    )
    parts = [(cup.moved(np.eye(3), low), shiny(shade, 0.02, 0.6), 1.0)]
    white = np.full(3, 0.7 if rng.random() < 0.6 else 0.015, np.float32)
    parts.append((lathe(lid, 32).moved(np.eye(3), low), shiny(white, 0.05, 0.3), 1.0))
    if rng.random() < 0.4:
        sleeve = lathe([(0.0345, 0.035), (0.0352, 0.036), (0.0395, high - 0.03), (0.038, high - 0.029)], 32)
        parts.append((sleeve.moved(np.eye(3), low), skin_of(np.array([0.33, 0.2, 0.1], np.float32)), 1.0))
    return parts


def glass(rng: np.random.Generator) -> list[Part]:
    high, wide = rng.uniform(0.11, 0.15), 0.033
    wall = lathe([(0, 0.006), (0.85 * wide, 0.006), (0.9 * wide, 0), (wide, high)], 28)
    full = rng.uniform(0.35, 0.85) * high
    drink = lathe([(0, 0.008), (0.83 * wide, 0.008), (0.93 * wide, full), (0, full)], 28)
    tint = np.asarray(
        [(0.55, 0.3, 0.02), (0.45, 0.1, 0.01), (0.7, 0.65, 0.6), (0.1, 0.02, 0.02), (0.05, 0.02, 0.01)][
            rng.integers(5)
        ],
        np.float32,
    )
    low = np.array([0, 0, -0.45 * high])
    clear = shiny(np.full(3, 0.5, np.float32), 0.5, 0.08)
    return [
        (drink.moved(np.eye(3), low), shiny(tint, 0.04, 0.1), 0.75),
        (wall.moved(np.eye(3), low), clear, 0.22),
    ]


def bottle(rng: np.random.Generator) -> list[Part]:
    profile = [
        (0, 0),
        (0.85, 0),
        (1, 0.006),
        (1, 0.12),
        (0.95, 0.135),
        (0.6, 0.16),
        (0.42, 0.175),
        (0.4, 0.185),
        (0.4, 0.19),
    ]
    body = lathe(np.asarray(profile) * (0.0315, 1), 28)
    cap = lathe([(0.0145, 0.187), (0.0145, 0.205), (0.0135, 0.207), (0, 0.207)], 20)
    label = lathe([(0.0317, 0.04), (0.0318, 0.041), (0.0318, 0.099), (0.0317, 0.1)], 28)
    low = np.array([0, 0, -0.085])
    if rng.random() < 0.5:  # clear, with water
        look, opacity = shiny(np.array([0.5, 0.58, 0.6], np.float32), 0.3, 0.1), 0.4
    else:
        look, opacity = (metal(metal_colour(rng)) if rng.random() < 0.3 else shiny(colour(rng, 0.5), 0.05, 0.2)), 1.0
    parts = [
        (body.moved(np.eye(3), low), look, opacity),
        (cap.moved(np.eye(3), low), shiny(colour(rng, 0.6), 0.05, 0.4), 1.0),
    ]
    if opacity < 1:
        parts.append((label.moved(np.eye(3), low), shiny(any_pattern(rng, 0.2, 0.06, 0.7)[0], 0.04, 0.4), 1.0))
    return parts
