"""Phones, books and microphones that hands hold."""

import numpy as np

from portrait_matting.people.rendering.surface import Appearance
from portrait_matting.people.things.materials import metal, shiny, skin_of
from portrait_matting.people.things.prints import colour
from portrait_matting.people.things.solids import Part, ball, box, joined, lathe


def phone(rng: np.random.Generator) -> list[Part]:
    """Its back lies in the palm, its screen looks out of it."""
    shape = np.array([0.074, 0.008, 0.152])
    at = np.array([0.028, 0.006, 0.024])
    case = colour(rng, 0.35)
    body = box(shape, 0.0039)
    screen = box(shape - (0.005, 0.004, 0.005), 0.001)
    camera = joined(
        [
            ball(0.006, 10).stretched((1, 0.4, 1)).moved(np.eye(3), np.array([x, 0.0, z]))
            for x, z in ((0, 0), (0, -0.016))
        ]
    )
    lit = rng.random() < 0.55
    first, second = colour(rng, 0.8), colour(rng, 0.6)
    rows = rng.uniform(4, 9)

    def picture(samples):  # a screen shines by itself: it is brighter than what light falls on it would make it
        u, v = samples.uv.T
        found = np.where(((v * rows) % 1 < 0.6)[:, None] & (np.abs(u - 0.5) < 0.42)[:, None], second, first + 0.25)
        found = found if lit else np.full_like(found, 0.01)
        return Appearance(np.clip(found, 0, 1).astype(np.float32), samples.normal, 0.06, 0.1)

    return [
        (body.moved(np.eye(3), at), shiny(case, 0.05, rng.uniform(0.2, 0.6)), 1.0),
        (screen.moved(np.eye(3), at + (0, 0.0024, 0)), picture, 1.0),
        (camera.moved(np.eye(3), at + (-0.022, -0.004, 0.056)), shiny(np.full(3, 0.01, np.float32), 0.08, 0.1), 1.0),
    ]


def book(rng: np.random.Generator) -> list[Part]:
    size = np.array([rng.uniform(0.12, 0.15), rng.uniform(0.014, 0.03), rng.uniform(0.18, 0.22)])
    at = np.array([0.045, size[1] / 2 + 0.006, 0.03])
    cover = joined(
        [box((size[0], 0.002, size[2]), 0.0009).moved(np.eye(3), np.array([0, s * size[1] / 2, 0])) for s in (-1, 1)]
    )
    spine = box((0.002, size[1] + 0.002, size[2]), 0.0009).moved(np.eye(3), np.array([-size[0] / 2, 0, 0]))
    pages = box(size - (0.006, 0.001, 0.006), 0.001)
    main, second = colour(rng, 0.6), colour(rng, 0.4)
    top = rng.uniform(0.5, 0.8)

    def front(uv):
        title = (np.abs(uv[:, 1] - top) < 0.05) & (np.abs(uv[:, 0] - 0.5) < 0.36)
        picture = (np.abs(uv[:, 1] - 0.32) < 0.16) & (np.abs(uv[:, 0] - 0.5) < 0.25)
        return np.where((title | picture)[:, None], second, main)

    paper = skin_of(np.array([0.66, 0.62, 0.53], np.float32))
    return [
        (cover.moved(np.eye(3), at), shiny(front, 0.04, 0.35), 1.0),
        (spine.moved(np.eye(3), at), shiny(main, 0.04, 0.35), 1.0),
        (pages.moved(np.eye(3), at), paper, 1.0),
    ]


def microphone(rng: np.random.Generator) -> list[Part]:
    handle = lathe([(0, -0.1), (0.011, -0.1), (0.012, -0.09), (0.017, 0.03), (0.0185, 0.045), (0.0185, 0.052)], 20)
    head = ball(0.0255, 16).moved(np.eye(3), np.array([0, 0, 0.066]))
    shade = np.full(3, 0.02, np.float32) if rng.random() < 0.7 else colour(rng, 0.5)
    mesh = metal(np.full(3, rng.uniform(0.15, 0.6), np.float32), 0.5)
    return [(handle, shiny(shade, 0.05, 0.35), 1.0), (head, mesh, 1.0)]
