"""A person: every part that has a room of its own, the pose, and the order in which the parts are painted."""

from dataclasses import dataclass

import numpy as np

from portrait_matting.synthetic.beard import Beard, draw_beard, sample_beard
from portrait_matting.synthetic.brush import Brush
from portrait_matting.synthetic.clothes import Clothes, draw_clothes, sample_clothes
from portrait_matting.synthetic.face import Face, draw_face, sample_face
from portrait_matting.synthetic.glasses import Glasses, draw_glasses, sample_glasses
from portrait_matting.synthetic.hair import Hair, draw_back_hair, draw_front_hair, sample_hair
from portrait_matting.synthetic.hand import Hand, draw_hand, sample_hand
from portrait_matting.synthetic.hat import CLOSED, Hat, draw_hat, sample_hat
from portrait_matting.synthetic.head import Head, draw_head, draw_neck, sample_head
from portrait_matting.synthetic.headscarf import draw_headscarf_back, draw_headscarf_front
from portrait_matting.synthetic.palette import darker
from portrait_matting.synthetic.strap import Strap, draw_strap, sample_strap


@dataclass(frozen=True)
class Person:
    """Everything that makes one person. `x`, `y` place the head in a frame of 1 by 1, `size` is half the head's height
    as a share of the frame; `lean` of the body and `tilt` of the head are in radians."""

    head: Head
    face: Face
    hair: Hair
    beard: Beard
    clothes: Clothes
    hat: Hat
    glasses: Glasses
    strap: Strap
    hand: Hand
    x: float
    y: float
    size: float
    lean: float
    tilt: float


def sample_person(rng: np.random.Generator) -> Person:
    """A random person in the middle of the frame, give or take."""
    head = sample_head(rng)
    hair = sample_hair(rng, head)
    size = (rng.uniform(0.14, 0.27) if rng.random() < 0.92 else rng.uniform(0.27, 0.36)) * (0.85 if head.child else 1.0)
    return Person(
        head=head,
        face=sample_face(rng, head),
        hair=hair,
        beard=sample_beard(rng, head, darker(hair.colour, rng.uniform(0.0, 0.2))),
        clothes=sample_clothes(rng, head),
        hat=sample_hat(rng, head, hair),
        glasses=sample_glasses(rng),
        strap=sample_strap(rng),
        hand=sample_hand(rng),
        x=float(np.clip(rng.normal(0.5, 0.11), 0.15, 0.85)),
        y=0.1 + 1.25 * size + rng.uniform(-0.1, 0.1),
        size=size,
        lean=rng.normal(0, 0.035),
        tilt=rng.normal(0, 0.09),
    )


def draw_person(canvas: np.ndarray, person: Person, light: float) -> None:
    """Paints `person` on `canvas`, uint8 (H, W, 4) premultiplied RGBA; `light` is the lit side, -1 to 1.

    A unit is the person's size times the shorter of the width and 0.8 of the height, so the person fits any frame.
    """
    height, width = canvas.shape[:2]
    frame = min(height, 1.25 * width)
    origin = (person.x * width, person.y * frame)
    body = Brush(canvas, origin, person.size * frame, 0.0, light).turned(person.lean, (0, 2.5))
    top = body.turned(person.tilt, (0, 0.9))
    head, hair, hat = person.head, person.hair, person.hat
    veiled = hat.kind == "headscarf"
    if not veiled:
        draw_back_hair(top, head, hair)
    draw_neck(body, head)
    draw_clothes(body, head, person.clothes)
    draw_strap(body, person.clothes, person.strap)
    if veiled:
        draw_headscarf_back(body, head, hat.colour)
    draw_head(top, head)
    draw_beard(top, head, person.face, person.beard)
    draw_face(top, head, person.face, darker(hair.colour, 0.3))
    if veiled:
        draw_headscarf_front(top, head, hat.colour)
    else:
        draw_front_hair(top, head, hair, hat.kind in CLOSED)
    draw_glasses(top, head, person.face, person.glasses)
    if not veiled:
        draw_hat(top, head, hair, hat)
    draw_hand(body, head, person.clothes, person.hand)
