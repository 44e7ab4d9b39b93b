"""A teddy bear."""

import numpy as np

from portrait_matting.people.things.materials import cloth, shiny
from portrait_matting.people.things.prints import plain
from portrait_matting.people.things.solids import Part, ball, joined


def teddy(rng: np.random.Generator) -> list[Part]:
    shade = np.asarray(
        [(0.3, 0.15, 0.06), (0.5, 0.33, 0.17), (0.6, 0.55, 0.48), (0.45, 0.22, 0.26), (0.2, 0.2, 0.22)][
            rng.integers(5)
        ],
        np.float32,
    )

    def blob(x, y, z, a, b, c):
        return ball(1.0, 14).stretched((a, b, c)).moved(np.eye(3), np.array([x, y, z]))

    fur = [
        blob(0, 0, 0, 0.046, 0.04, 0.055),
        blob(0, 0.004, 0.085, 0.04, 0.037, 0.037),
        *(blob(s * 0.031, 0, 0.117, 0.014, 0.008, 0.014) for s in (-1, 1)),
        *(blob(s * 0.052, 0.016, 0.022, 0.03, 0.016, 0.017) for s in (-1, 1)),
        *(blob(s * 0.032, 0.028, -0.052, 0.02, 0.034, 0.02) for s in (-1, 1)),
    ]
    light = [
        blob(0, 0.036, 0.077, 0.018, 0.014, 0.014),
        *(blob(s * 0.032, 0.06, -0.052, 0.013, 0.005, 0.013) for s in (-1, 1)),
    ]
    dark = [
        blob(0, 0.05, 0.082, 0.006, 0.004, 0.004),
        *(blob(s * 0.015, 0.037, 0.094, 0.0045, 0.004, 0.0045) for s in (-1, 1)),
    ]
    return [
        (joined(fur), cloth(plain(shade), (0, 0, 1), 0.25, 0.7, int(rng.integers(1 << 31))), 1.0),
        (joined(light), cloth(plain(np.clip(shade * 1.5 + 0.08, 0, 0.8)), (0, 0, 1), 0.1, 0.5), 1.0),
        (joined(dark), shiny(np.full(3, 0.01, np.float32), 0.06, 0.15), 1.0),
    ]
