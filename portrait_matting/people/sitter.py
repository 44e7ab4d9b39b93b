"""One person of a portrait: a body with its hair, clothes and things."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from portrait_matting.people.body import Body, make_body
from portrait_matting.people.body_data import BodyData
from portrait_matting.people.complexion import Complexion, sample_complexion
from portrait_matting.people.posture import Posture, sample_posture
from portrait_matting.people.shape import Shape, sample_shape
from portrait_matting.people.surface import Strands, Surface

Streams = Callable[[str], np.random.Generator]
"""A random generator of its own for each part by name: without one part, all others stay as they are."""


@dataclass(frozen=True)
class Sitter:
    """Attributes:
    body: as it sits or stands.
    complexion: its colours.
    posture: how it is held.
    """

    body: Body
    complexion: Complexion
    posture: Posture


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
    shape: Shape = sample_shape(streams("shape"), data, ages)
    postures: list[Posture] = []

    def posing(joints: np.ndarray):
        postures.append(sample_posture(streams("poses"), data, joints, varied="poses" in pieces))
        return postures[0].pose

    body = make_body(data, shape, posing, place)
    return Sitter(body, sample_complexion(streams("complexion"), shape.age), postures[0])
