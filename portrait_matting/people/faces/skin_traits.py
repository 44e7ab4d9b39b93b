"""What one person's skin is like: freckles, stubble, moles, make-up …"""

from dataclasses import dataclass

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.bodies.complexion import Complexion


@dataclass(frozen=True)
class Traits:
    """What one person's skin is like; `numbers` are those of the kernel, in its order."""

    colours: np.ndarray
    numbers: np.ndarray
    moles: np.ndarray
    made_up: bool


def sample_traits(body: Body, complexion: Complexion, rng: np.random.Generator) -> Traits:
    """The skin of a person of this age and these colours."""
    years, woman = body.shape.age, body.shape.phenotype["gender"] > 0.5
    grown = float(np.clip((years - 14) / 8, 0, 1))
    fair = float(np.clip(complexion.skin[1] / 0.45, 0.1, 1.2))  # what shows of blood and freckles
    old = float(np.clip((years - 35) / 50, 0, 1)) ** 1.3 * rng.uniform(0.7, 1.3)
    made_up = woman and years > 16 and rng.random() < 0.45
    stubble = 0.0 if woman else grown * rng.choice((0.05, 0.35, 0.8), p=(0.4, 0.35, 0.25)) * rng.uniform(0.6, 1.2)
    shadow = rng.uniform((0.02, 0.02, 0.03), (0.35, 0.2, 0.3)) if rng.random() < 0.5 else complexion.skin * 0.4
    blush = rng.uniform(0.25, 0.8) * (1.25 if years < 14 else 1) + (0.35 if made_up else 0)
    freckles = rng.uniform(0.15, 0.6) if rng.random() < 0.22 * fair else 0.04
    hair = complexion.hair * (1 - complexion.grey) + complexion.grey * np.float32(0.35)
    moles = np.concatenate([_moles(body, rng), rng.uniform(0.0004, 0.0013, (5, 1))], 1)
    numbers = (
        blush * (0.5 + 0.5 * fair),
        freckles,
        0.9 * old + 0.08,  # how deep wrinkles are
        stubble,
        rng.uniform(0.15, 0.35),  # brows
        (rng.uniform(0.3, 0.8) if made_up and rng.random() < 0.6 else 0.0),  # shadow on the lids
        (rng.uniform(0.7, 1.0) if made_up else (0.5 if woman else 0.4)),  # the border of the lids
        rng.uniform(0.06, 0.11) * (1 + 0.6 * old),  # mottling
        rng.uniform(0.25, 0.7) * (1 if grown else 0.5) * (0.6 if made_up else 1),  # pores
        rng.uniform(0.3, 1.0) * grown * (0.5 if made_up else 1),  # how oily
        rng.uniform(0.15, 0.6) * (0.3 if years < 14 else 1),  # under the eyes
        float(np.clip((years - 45) / 35, 0, 1)) * rng.uniform(0, 0.45) * fair,  # spots of age
        rng.uniform(0.3, 1) if made_up and rng.random() < 0.5 else 0.15,  # how glossy lips are
        *rng.uniform(0, 64, 3),
    )
    palm = np.maximum(complexion.skin, np.float32((0.42, 0.24, 0.17)) * 0.5 + complexion.skin * 0.5)
    short = np.minimum(hair, complexion.skin * 0.55)  # brows and stubble look darker than the skin, whatever they are
    colours = np.stack([complexion.skin, complexion.lips, hair, shadow, palm, short])
    return Traits(colours.astype(np.float32), np.asarray(numbers, np.float32), moles.astype(np.float32), made_up)


def _moles(body: Body, rng: np.random.Generator) -> np.ndarray:
    """Five places on the head, the neck and the chest, at rest: (5, 3)."""
    triangles, _ = body.data.meshes["body"]
    chosen = triangles[rng.integers(len(triangles), size=60), 0]
    place = body.data.template[chosen]
    return body.rest[chosen[np.argsort((place[:, 2] < 0.45) | (place[:, 1] > -0.03), kind="stable")[:5]]]
