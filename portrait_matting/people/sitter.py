"""One person of a portrait: a body with its hair, clothes and things."""

from dataclasses import dataclass

import numpy as np

from portrait_matting.people.bodies.body import Body, make_body
from portrait_matting.people.bodies.body_arrays import BodyData
from portrait_matting.people.bodies.complexion import Complexion, sample_complexion
from portrait_matting.people.bodies.pose import Rotations
from portrait_matting.people.bodies.posture import Posture, sample_posture
from portrait_matting.people.bodies.shape import sample_shape
from portrait_matting.people.streams import Streams
from portrait_matting.people.things.held import grip_for, pick

_HOLDING = 0.9  # of raised hands


@dataclass(frozen=True)
class Sitter:
    """Attributes:
    body: as it sits or stands.
    complexion: its colours.
    posture: how it is held.
    holds: the thing in its hand, and the side, L or R, of that hand; None: none.
    """

    body: Body
    complexion: Complexion
    posture: Posture
    holds: tuple[str, str] | None = None


def sample_sitter(
    data: BodyData,
    streams: Streams,
    pieces: frozenset[str],
    ages: tuple[float, float] | None = None,
    place: np.ndarray | None = None,
) -> Sitter:
    """A person, undressed as yet.

    Args:
        data: what all bodies have in common.
        streams: of this person.
        pieces: that are switched on.
        ages: years, from and to; None: any.
        place: (3, 4), where the person is in the room.
    """
    shape = sample_shape(streams("shape"), data, ages)
    rng = streams("objects")
    thing = pick(rng, shape.age) if "objects" in pieces and rng.random() < _HOLDING else None
    postures: list[Posture] = []

    def posing(joints: np.ndarray) -> Rotations:
        posture = sample_posture(streams("poses"), data, joints, varied="poses" in pieces)
        postures.append(posture)
        return posture.pose | grip_for(thing, posture.free) if thing and posture.free else posture.pose

    body = make_body(data, shape, posing, place)
    posture = postures[0]
    holds = (thing, posture.free) if thing and posture.free else None
    gender = shape.phenotype["gender"]
    complexion = sample_complexion(streams("complexion"), shape.age, shape.ancestry, gender)
    return Sitter(body, complexion, posture, holds)
