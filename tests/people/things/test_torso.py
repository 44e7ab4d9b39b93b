"""A taut string around a box is its outline, pushed out."""

import numpy as np
import pytest

from portrait_matting.people.things.solids import box
from portrait_matting.people.things.torso import loop

BOX = box((0.4, 0.2, 0.6), 1e-4)
UP, ANGLES = np.array([0.0, 0, 1]), np.radians([0, 90, 180, 270])


def test_a_level_string_lies_on_the_sides():
    found = loop(BOX.points, BOX.triangles, np.zeros(3), UP, np.array([0.0, 1, 0]), ANGLES, 0.0)
    assert found == pytest.approx(np.array([[0, 0.1, 0], [-0.2, 0, 0], [0, -0.1, 0], [0.2, 0, 0]]), abs=1e-3)


def test_the_gap_is_kept():
    found = loop(BOX.points, BOX.triangles, np.zeros(3), UP, np.array([0.0, 1, 0]), ANGLES, 0.02)
    assert np.linalg.norm(found, axis=1) == pytest.approx([0.12, 0.22, 0.12, 0.22], abs=1e-3)


def test_an_origin_outside_the_mesh_is_moved_into_it():
    found = loop(BOX.points, BOX.triangles, np.array([0.7, 0, 0]), UP, np.array([0.0, 1, 0]), ANGLES, 0.0)
    assert np.ptp(found[:, 0]) == pytest.approx(0.4, abs=1e-3)


def test_a_plane_beside_the_mesh_has_no_string():
    assert loop(BOX.points, BOX.triangles, np.array([0, 0, 0.5]), UP, np.array([0.0, 1, 0]), ANGLES, 0.0) is None
