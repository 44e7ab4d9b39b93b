"""Irradiance and reflection against integrals over the sphere."""

import numpy as np
import pytest

from portrait_matting.people.rendering.light import Light, Source, even_light, harmonics
from portrait_matting.people.rendering.shading import lit
from portrait_matting.people.rendering.surface import Appearance


def sphere(count: int = 40000) -> np.ndarray:
    """Directions spread evenly (Fibonacci's lattice): float32 (n, 3)."""
    k = np.arange(count) + 0.5
    up, around = 1 - 2 * k / count, np.pi * (1 + 5**0.5) * k
    across = np.sqrt(1 - up**2)
    return np.stack([across * np.cos(around), across * np.sin(around), up], 1).astype(np.float32)


def test_the_harmonics_are_orthonormal():
    values = harmonics(sphere()).astype(np.float64)
    assert 4 * np.pi * values.T @ values / len(values) == pytest.approx(np.eye(9), abs=2e-3)


def test_ambient_light_is_the_mean_of_the_radiance_by_the_cosine():
    directions = sphere()
    radiance = 0.5 + 0.3 * directions[:, 2] + 0.2 * directions[:, 0] * directions[:, 1]
    coefficients = 4 * np.pi * (harmonics(directions) * radiance[:, None]).mean(0)
    light = Light(np.repeat(coefficients[:, None], 3, 1).astype(np.float32))
    normals = sphere(50)
    cosine = np.maximum(normals @ directions.T, 0)
    expected = 4 * np.pi * (cosine * radiance).mean(1) / np.pi
    assert light.ambient(normals)[:, 0] == pytest.approx(expected, abs=2e-3)


def test_a_white_surface_in_even_light_sends_what_it_gets():
    normals = sphere(20)
    look = Appearance(np.ones((20, 3), np.float32), normals, specular=0.0)
    found = lit(
        look,
        np.zeros((20, 3), np.float32),
        np.array([0, -1.0, 0]),
        even_light((0.2, 0.4, 0.6)),
        [],
        np.ones(20, np.float32),
    )
    assert found == pytest.approx(np.tile([0.2, 0.4, 0.6], (20, 1)), abs=1e-4)


def test_lamberts_law_and_what_does_not_arrive():
    angle = np.radians([0, 60, 120])
    normals = np.stack([np.sin(angle), 0 * angle, np.cos(angle)], 1).astype(np.float32)
    light = Light(np.zeros((9, 3), np.float32), (Source(np.array([0, 0, 1.0]), np.array([1, 2, 3.0])),))
    look = Appearance(np.full((3, 3), 0.5, np.float32), normals, specular=0.0)
    open_, eye = np.ones(3, np.float32), np.array([0, -1.0, 1])
    found = lit(look, np.zeros((3, 3), np.float32), eye, light, [np.ones(3, np.float32)], open_)
    assert found == pytest.approx(0.5 * np.outer([1, 0.5, 0], [1, 2, 3]), abs=1e-5)
    shaded = lit(look, np.zeros((3, 3), np.float32), eye, light, [np.array([0, 1, 1], np.float32)], open_)
    assert shaded[0] == pytest.approx(0)
    assert shaded[1] == pytest.approx(found[1])


def test_highlights_give_back_no_more_than_they_get():
    """A mirror's microfacets, over all directions that light may come from (a white furnace, of one bounce)."""
    directions = sphere(20000)
    directions = directions[directions[:, 2] > 0.02]
    total = 0.0
    for direction in directions[::10]:
        light = Light(np.zeros((9, 3), np.float32), (Source(direction, np.full(3, np.pi)),))
        look = Appearance(np.zeros((1, 3), np.float32), np.array([[0, 0, 1]], np.float32), specular=1.0, roughness=0.5)
        at, open_ = np.zeros((1, 3), np.float32), np.ones(1, np.float32)
        total += lit(look, at, np.array([0.0, 0.6, 0.8]), light, [open_], open_)[0, 0]
    given = total / len(directions[::10]) / np.pi * 2  # a source of colour c sends pi c to what faces it
    assert 0.85 < given <= 1.02
