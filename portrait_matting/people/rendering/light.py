"""The light of a place: from all around as spherical harmonics, and from a few sources with a direction."""

from dataclasses import dataclass

import numpy as np
from numba import njit

# Real spherical harmonics of order 0 to 2, and what each order keeps when radiance becomes irradiance, divided by pi:
# Ramamoorthi and Hanrahan, "An Efficient Representation for Irradiance Environment Maps", SIGGRAPH 2001, eq. 8 and 10.
_KEPT = np.array([1.0, 2 / 3, 2 / 3, 2 / 3, 0.25, 0.25, 0.25, 0.25, 0.25], np.float32)


@dataclass(frozen=True)
class Source:
    """A lamp far away.

    Attributes:
        direction: (3,), towards it, of length 1.
        colour: (3,), linear RGB: what a white surface that faces it is lit by.
        shadows: whether what stands before it throws a shadow.
    """

    direction: np.ndarray
    colour: np.ndarray
    shadows: bool = True


@dataclass(frozen=True)
class Light:
    """The light of a place.

    Attributes:
        harmonics: float32 (9, 3), linear RGB: radiance from all around, as real spherical harmonics.
        sources: lamps, the brightest first.
    """

    harmonics: np.ndarray
    sources: tuple[Source, ...] = ()

    def ambient(self, normals: np.ndarray) -> np.ndarray:
        """What a white surface is lit by from all around: (n, 3) for normals (n, 3)."""
        return np.maximum(harmonics(normals) @ (self.harmonics * _KEPT[:, None]), 0)


@njit(cache=True, error_model="numpy")
def harmonics(directions: np.ndarray) -> np.ndarray:
    """The nine real spherical harmonics of order 0 to 2 of directions (n, 3) of length 1: float32 (n, 9)."""
    found = np.empty((directions.shape[0], 9), np.float32)
    for i in range(directions.shape[0]):
        x, y, z = directions[i, 0], directions[i, 1], directions[i, 2]
        found[i, 0] = 0.282095
        found[i, 1] = 0.488603 * y
        found[i, 2] = 0.488603 * z
        found[i, 3] = 0.488603 * x
        found[i, 4] = 1.092548 * x * y
        found[i, 5] = 1.092548 * y * z
        found[i, 6] = 0.315392 * (3 * z * z - 1)
        found[i, 7] = 1.092548 * x * z
        found[i, 8] = 0.546274 * (x * x - y * y)
    return found


def even_light(radiance: tuple[float, float, float], sources: tuple[Source, ...] = ()) -> Light:
    """The same radiance (linear RGB) from everywhere."""
    found = np.zeros((9, 3), np.float32)
    found[0] = np.asarray(radiance) / 0.282095
    return Light(found, sources)
