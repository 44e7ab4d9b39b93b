"""The light of a place: from all around as spherical harmonics, and from a few sources with a direction."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit

# Real spherical harmonics of order 0 to 2, and what each order keeps when radiance becomes irradiance, divided by pi:
# Ramamoorthi and Hanrahan, "An Efficient Representation for Irradiance Environment Maps", SIGGRAPH 2001, eq. 8 and 10.
_KEPT = np.array([1.0, 2 / 3, 2 / 3, 2 / 3, 0.25, 0.25, 0.25, 0.25, 0.25], np.float32)
_FACTORS = np.array([0.282095] + 3 * [0.488603] + [1.092548, 1.092548, 0.315392, 1.092548, 0.546274])


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

    @cached_property
    def polynomial(self) -> np.ndarray:
        """What `ambient_of` takes: float32 (9, 3), factors of 1, y, z, x, xy, yz, z², xz and x² - y²."""
        found = self.harmonics * (_KEPT * _FACTORS)[:, None]
        found[0] -= found[6]
        found[6] *= 3
        return found.astype(np.float32)

    @cached_property
    def directions(self) -> np.ndarray:
        """Those of the sources, float32 (k, 3)."""
        return np.array([source.direction for source in self.sources], np.float32).reshape(-1, 3)

    @cached_property
    def colours(self) -> np.ndarray:
        """Those of the sources, float32 (k, 3)."""
        return np.array([source.colour for source in self.sources], np.float32).reshape(-1, 3)

    def ambient(self, normals: np.ndarray) -> np.ndarray:
        """What a white surface is lit by from all around: float32 (n, 3) for normals (n, 3)."""
        found = np.empty((len(normals), 3), np.float32)
        _ambient(np.ascontiguousarray(normals, np.float32), self.polynomial, found)
        return found


@njit(cache=True, error_model="numpy")
def ambient_of(x, y, z, polynomial):
    """What a white surface of normal (x, y, z) is lit by from all around: three numbers."""
    p, none = polynomial, np.float32(0)
    xy, yz, zz, xz, ss = x * y, y * z, z * z, x * z, x * x - y * y
    red = p[0, 0] + p[1, 0] * y + p[2, 0] * z + p[3, 0] * x + p[4, 0] * xy + p[5, 0] * yz
    green = p[0, 1] + p[1, 1] * y + p[2, 1] * z + p[3, 1] * x + p[4, 1] * xy + p[5, 1] * yz
    blue = p[0, 2] + p[1, 2] * y + p[2, 2] * z + p[3, 2] * x + p[4, 2] * xy + p[5, 2] * yz
    red += p[6, 0] * zz + p[7, 0] * xz + p[8, 0] * ss
    green += p[6, 1] * zz + p[7, 1] * xz + p[8, 1] * ss
    blue += p[6, 2] * zz + p[7, 2] * xz + p[8, 2] * ss
    return max(red, none), max(green, none), max(blue, none)


@njit(cache=True, error_model="numpy")
def _ambient(normals, polynomial, found):
    for i in range(len(normals)):
        found[i, 0], found[i, 1], found[i, 2] = ambient_of(normals[i, 0], normals[i, 1], normals[i, 2], polynomial)


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
