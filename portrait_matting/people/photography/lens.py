"""The lens: how wide it is open, what it is focused on, and its faults."""

from dataclasses import dataclass, replace

import numpy as np

from portrait_matting.people.rendering.camera import Camera

WIDEST = 0.09
"""The widest disc that a point of a place is spread over, as a share of the frame's height."""


@dataclass(frozen=True)
class Lens:
    """A lens as it stands.

    Attributes:
        aperture: metres, its opening; 0: all is in focus.
        focus: metres, the depth that is in focus.
        place: metres, the depth of the place behind people.
        apart: for the place alone, the disc as a share of the frame's height: telephones do so by calculation.
        blades: of the opening; 0: a round one.
        shake: (x, y) in pixels, how far the whole picture moves while it is taken.
        moves: (x, y) in pixels, how far the people do.
        glare: the share of the light of the surroundings that strays over people.
        vignette: the share of the light that is missing in the corners.
    """

    aperture: float
    focus: float
    place: float
    apart: float = 0.0
    blades: int = 0
    shake: tuple[float, float] = (0.0, 0.0)
    moves: tuple[float, float] = (0.0, 0.0)
    glare: float = 0.0
    vignette: float = 0.0


def sample_lens(
    rng: np.random.Generator, camera: Camera, depth: np.ndarray, wall: bool, pieces: frozenset[str]
) -> Lens:
    """A telephone's small lens, where all is nearly in focus, a camera's wide one, or blur by calculation.

    Args:
        rng: of the lens.
        camera: of the picture.
        depth: metres of the heads along the camera's axis, (n,): one of them is in focus, or what is between them.
        wall: whether the place is close behind people (`Place.wall`).
        pieces: without "focus" all is in focus, nothing moves, and no light strays.
    """
    between, one = rng.random() < 0.8, depth[int(rng.random() * len(depth))]  # always drawn, however many there are
    focus = float(np.median(depth) if between else one)
    sharp = Lens(0.0, focus, focus + 4)
    if "focus" not in pieces:
        return sharp
    kind = rng.random()
    lens = replace(
        sharp,
        glare=rng.uniform(0, 0.05) if rng.random() < 0.92 else rng.uniform(0.05, 0.14),
        vignette=max(rng.uniform(-0.2, 0.3), 0.0),
        aperture=rng.uniform(0.0008, 0.003),
        place=float(np.max(depth)) + np.exp(rng.uniform(np.log(0.3), np.log(1.5 if wall else 40))),
        blades=int(rng.choice([0, 0, 0, 6, 7])),
    )
    if 0.68 < kind < 0.84:
        lens = replace(lens, aperture=np.exp(rng.uniform(np.log(0.006), np.log(0.05))))
    elif kind >= 0.84 and not wall:
        lens = replace(lens, apart=rng.uniform(0.008, WIDEST))
    if (rare := rng.random()) < 0.03:  # focused on what is behind or before
        lens = replace(lens, focus=focus + rng.uniform(0.05, 0.4), aperture=rng.uniform(0.004, 0.02))
    elif rare < 0.06:
        angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(0.004, 0.02) * camera.height
        way = (float(length * np.cos(angle)), float(length * np.sin(angle)))
        lens = replace(lens, moves=way) if rng.random() < 0.5 else replace(lens, moves=way, shake=way)
    return lens
