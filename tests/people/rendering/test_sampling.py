"""Where surfaces end: their smooth normals, and shadows that graze them."""

import numpy as np
import pytest

from portrait_matting.people.rendering.sampling import _face
from portrait_matting.people.rendering.shadow import shadow_map
from portrait_matting.people.rendering.surface import Appearance, Surface


def test_normals_that_point_a_little_past_an_outline_lie_along_it():
    eye, position = np.float32([0, -2, 0]), np.zeros((3, 3), np.float32)
    angles = np.radians([60, 100, 170])  # from the direction of the eye
    normal = np.stack([np.sin(angles), -np.cos(angles), 0 * angles], 1).astype(np.float32)
    _face(normal, position, eye)
    assert normal[0] == pytest.approx([np.sin(angles[0]), -np.cos(angles[0]), 0], abs=1e-5)
    assert normal[1] == pytest.approx([1, 0, 0], abs=1e-5), "it was turned round, and lit from behind"
    assert normal[2] == pytest.approx([-np.sin(angles[2]), np.cos(angles[2]), 0], abs=1e-5), "the other side"


def test_a_ball_does_not_shade_its_own_lit_side():
    angle, turn = np.meshgrid(np.linspace(0, np.pi, 41), np.linspace(0, 2 * np.pi, 81), indexing="ij")
    normals = np.stack([np.sin(angle) * np.cos(turn), np.sin(angle) * np.sin(turn), np.cos(angle)], -1).reshape(-1, 3)
    normals = normals.astype(np.float32)
    number = np.arange(len(normals)).reshape(41, 81)
    corners = number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]
    triangles = np.concatenate(
        [np.stack(corners[:3], -1).reshape(-1, 3), np.stack(corners[::2] + corners[3:], -1).reshape(-1, 3)]
    )
    ball = Surface(0.1 * normals, triangles.astype(np.int32), normals, lambda at: Appearance(at.colour, at.normal))
    sun = np.array([0.0, -0.6, 0.8])
    found = shadow_map([ball], [], sun, np.zeros(3), 0.9)
    lit = normals @ sun > 0.15
    assert found.reached(ball.points[lit], normals[lit]).min() > 0.97, "contour lines of the buffer's samples"
    assert found.reached(ball.points[normals @ sun < -0.8], normals[normals @ sun < -0.8]).max() < 0.01
