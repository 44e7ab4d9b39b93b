"""The skin of a body, with all that it has on it: what is seen of a body that nobody has dressed yet."""

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.bodies.complexion import Complexion
from portrait_matting.people.faces.eyes import eyes
from portrait_matting.people.faces.grain import grain
from portrait_matting.people.faces.lashes import lashes
from portrait_matting.people.faces.lids import lids_after
from portrait_matting.people.faces.mouth import drawn_in, mouth
from portrait_matting.people.faces.skin_map import skin_map
from portrait_matting.people.faces.skin_painting import paint_skin
from portrait_matting.people.faces.skin_traits import Traits, sample_traits
from portrait_matting.people.rendering.surface import Appearance, Look, Samples, Surface

_WRAP = 0.35  # how far light gets round in skin


def body_surfaces(
    body: Body,
    complexion: Complexion,
    rng: np.random.Generator,
    pieces: frozenset[str],
    target: np.ndarray | None = None,
    scalp: np.ndarray | None = None,
    close: bool = True,
) -> list[Surface]:
    """The body: its skin, eyes and lashes, and what is in its mouth where that is open.

    Args:
        body: as it is held.
        complexion: its colours.
        rng: of the skin and the eyes alone.
        pieces: without "skin" it has the plain colours of skin, lips and mouth.
        target: (3,), metres in the room, what the person may look at: the camera; None: what is before the face.
        scalp: float32 (V,), of each vertex the share of skin that roots of hair cover; None: bald.
        close: whether lashes and teeth can be told apart; without, there are none.
    """
    gaze = _gaze(body, rng, target)
    points = drawn_in(body, lids_after(body, gaze))
    person = sample_traits(body, complexion, rng)
    skin = _skin(body, points, complexion, person, pieces, scalp)
    found = [skin, *eyes(body, points, complexion, gaze, rng, target)]
    if not close:
        return found
    return [*found, *lashes(body, points, complexion, rng, person.made_up), *mouth(body, rng)]


def _gaze(body: Body, rng: np.random.Generator, target: np.ndarray | None) -> np.ndarray:
    """Where each eye looks, as directions of the rest pose: float64 (2, 3) of length 1."""
    aside = np.array([np.tan(np.radians(rng.normal(0, 11))), -1.0, np.tan(np.radians(rng.normal(-2, 6)))])
    astray, near = rng.random() < 0.2, rng.normal(size=3) * 0.03
    ahead = np.repeat(aside[None] / np.linalg.norm(aside), 2, 0)
    if target is None or astray:
        return ahead
    bone = body.bones[body.data.bone("head")].astype(np.float64)
    there = bone[:, :3].T @ (np.asarray(target, np.float64) + near - bone[:, 3])
    found = there - body.eyes
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    middle = found.mean(0)
    across, up = np.degrees(np.arctan2(middle[0], -middle[1])), np.degrees(np.arcsin(np.clip(middle[2], -1, 1)))
    return found if abs(across) < 38 and -32 < up < 24 else ahead


def _skin(body: Body, points, complexion: Complexion, person: Traits, pieces, scalp) -> Surface:
    triangles, _ = body.data.meshes["body"]
    share = np.zeros(len(points), np.float32) if scalp is None else scalp.astype(np.float32)
    look, colours = _look(body, person), np.repeat(share[:, None], 3, 1)  # the look takes them for what they are
    if "skin" not in pieces:
        look, colours = _plain, _plain_colours(body, complexion, share)
    return Surface(points, triangles, body.normals, look, body.rest, body.data.skin_corners, colours)


def _plain(samples: Samples) -> Appearance:
    return Appearance(samples.colour, samples.normal, 0.03, 0.5, _WRAP)


def _plain_colours(body: Body, complexion: Complexion, scalp: np.ndarray) -> np.ndarray:
    zones, _ = skin_map()
    lips, inside = (zones[(*body.data.texels.T, channel)][:, None] / np.float32(255) for channel in (0, 1))
    found = complexion.skin + lips * (complexion.lips - complexion.skin)
    found = found + inside * (np.float32((0.12, 0.02, 0.02)) - found)
    return (found + 0.6 * scalp[:, None] * (complexion.hair - found)).astype(np.float32)


def _look(body: Body, person: Traits) -> Look:
    zones, folds = skin_map()
    turn = np.ascontiguousarray(body.bones[body.data.bone("head"), :, :3], np.float32)
    smile = max(body.shape.expression.get("mouthSmileLeft", 0.0), body.shape.expression.get("mouthSmileRight", 0.0))
    noise = grain()

    def look(samples: Samples) -> Appearance:
        albedo, normal, roughness = paint_skin(
            samples.rest,
            samples.normal,
            samples.uv,
            np.ascontiguousarray(samples.colour[:, 0]),
            samples.footprint,
            zones,
            folds,
            noise,
            turn,
            np.float32(smile),
            person.colours,
            person.numbers,
            person.moles,
        )
        return Appearance(albedo, normal, 0.035, roughness, _WRAP)

    return look
