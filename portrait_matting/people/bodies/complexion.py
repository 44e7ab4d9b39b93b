"""The colours of a person: skin, hair, eyes and lips, which go together."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Complexion:
    """Colours in linear RGB, (3,) each.

    Attributes:
        skin, lips, iris: of these.
        hair: of the hair of the head; brows and beard are near it.
        grey: the share of grey hairs, in [0, 1].
    """

    skin: np.ndarray
    lips: np.ndarray
    iris: np.ndarray
    hair: np.ndarray
    grey: float


_SKIN = (  # from fair to dark
    (0.76, 0.52, 0.41),
    (0.66, 0.42, 0.305),
    (0.52, 0.31, 0.205),
    (0.34, 0.185, 0.115),
    (0.19, 0.098, 0.062),
    (0.10, 0.053, 0.037),
)
_HAIR = (
    (0.012, 0.010, 0.010),
    (0.03, 0.018, 0.012),
    (0.09, 0.045, 0.022),
    (0.22, 0.12, 0.06),
    (0.5, 0.33, 0.16),
    (0.25, 0.07, 0.03),
)
_IRIS = ((0.06, 0.03, 0.015), (0.12, 0.06, 0.025), (0.16, 0.16, 0.06), (0.2, 0.3, 0.4), (0.25, 0.27, 0.28))


def sample_complexion(
    rng: np.random.Generator, years: float, ancestry: tuple[float, float, float] | None = None, gender: float = 0.5
) -> Complexion:
    """Colours that occur together: dark skin seldom goes with fair hair or blue eyes; hair goes grey with the years.

    Args:
        rng: of the colours alone.
        years: of age.
        ancestry: of a `Shape`: faces and skins that are seen together, mostly; None: any.
        gender: 0 (male) to 1, of a `Shape`.
    """
    tone = rng.uniform(0, len(_SKIN) - 1)
    if ancestry is not None and rng.random() < 0.85:
        weights = np.asarray(ancestry) / sum(ancestry)
        tone = float(np.clip(weights @ (4.0, 1.6, 0.7) + rng.normal(0, 0.75), 0, len(_SKIN) - 1))
    low = min(int(tone), len(_SKIN) - 2)
    skin = np.asarray(_SKIN[low]) * (1 - tone + low) + np.asarray(_SKIN[low + 1]) * (tone - low)
    skin = skin * rng.uniform(0.9, 1.1) * (1 + 0.025 * rng.normal(size=3))
    fair = (tone < 2 and (ancestry is None or ancestry[2] > 0.4 * sum(ancestry))) or rng.random() < 0.03
    hair = np.asarray(_HAIR[rng.integers(len(_HAIR) if fair else 2)]) * rng.uniform(0.7, 1.3)
    if rng.random() < 0.03:  # dyed
        hair = rng.uniform(0.02, 0.5, 3)
    grey = float(np.clip((years - 40) / 35 + 0.25 * rng.normal(), 0, 1)) if years > 35 else 0.0
    iris = np.asarray(_IRIS[rng.integers(len(_IRIS) if fair else 2)]) * rng.uniform(0.7, 1.3)
    lips = skin * np.interp(tone, (0, 3, 5), (0.8, 0.86, 1.1)) * (1, 0.68 + 0.05 * rng.normal(), 0.76)
    if years > 16 and rng.random() < 0.25 * gender:  # lipstick
        lips = skin * 0.35 + 0.65 * rng.uniform((0.16, 0.02, 0.04), (0.36, 0.07, 0.10))
    return Complexion(*(np.clip(colour, 0, 1).astype(np.float32) for colour in (skin, lips, iris, hair)), grey)
