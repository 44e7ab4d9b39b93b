"""Meshes against what they are by formula: areas, radii, closed surfaces, normals that look outwards."""

import numpy as np
import pytest

from portrait_matting.people.things.curve import smooth
from portrait_matting.people.things.solids import Solid, ball, box, grid, joined, lathe, ribbon, tube

RING = np.stack([np.cos(np.linspace(0, 6.2, 40)), np.sin(np.linspace(0, 6.2, 40)), np.zeros(40)], 1)
SOLIDS = {
    "grid": grid(np.stack([*np.meshgrid(np.arange(4.0), np.arange(3.0), indexing="ij"), np.zeros((4, 3))], -1)),
    "tube": tube(RING, 0.1),
    "ring": tube(RING, 0.1, closed=True),
    "lathe": lathe([(0, 0), (1, 0), (1, 2), (0, 2)], 48),
    "ribbon": ribbon(RING, np.array([0.0, 0, 1]), 0.2),
    "box": box((1, 2, 3), 0.1),
    "ball": ball(1.0, 24),
}


@pytest.mark.parametrize("name", SOLIDS)
def test_arrays_fit_one_another(name):
    solid = SOLIDS[name]
    assert (solid.points.dtype, solid.triangles.dtype) == (np.float32, np.int32)
    assert solid.points.shape == solid.normals.shape
    assert solid.corners.shape == (len(solid.triangles), 3, 2)
    assert solid.triangles.min() >= 0
    assert solid.triangles.max() < len(solid.points)
    assert np.isfinite(solid.points).all()
    assert np.isfinite(solid.normals).all()
    assert solid.corners.min() >= 0
    assert solid.corners.max() <= 1 + 1e-6


def area(solid: Solid) -> float:
    a, b, c = (solid.points[solid.triangles[:, k]].astype(float) for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("grid", 6),
        ("tube", 2 * np.pi * 0.1 * 6.2 + 2 * np.pi * 0.01),
        ("lathe", 2 * np.pi * 2 + 2 * np.pi),
        ("ribbon", 0.2 * 6.2),
        ("box", 22),
        ("ball", 4 * np.pi),
    ],
)
def test_areas_are_those_of_geometry(name, expected):
    assert area(SOLIDS[name]) == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize("name", ["box", "ball"])
def test_normals_look_outwards(name):
    solid = SOLIDS[name]
    assert ((solid.points * solid.normals).sum(1) > 0).mean() > 0.98


def test_a_box_is_as_large_as_asked_and_its_edges_are_round():
    points = SOLIDS["box"].points
    assert points.max(0) == pytest.approx([0.5, 1, 1.5])
    corner = np.linalg.norm(points - np.array([0.4, 0.9, 1.4]), axis=1)[(points > [0.4, 0.9, 1.4]).all(1)]
    assert corner == pytest.approx(0.1, abs=1e-5)


def test_a_curve_passes_through_its_points_and_joined_solids_keep_theirs():
    curve = smooth(np.array([[0, 0, 0], [1, 1, 0], [2, 0, 0.0]]), 5)
    assert curve[[0, 2, 4]] == pytest.approx(np.array([[0, 0, 0], [1, 1, 0], [2, 0, 0]]))
    both = joined([SOLIDS["box"], SOLIDS["ball"]])
    assert area(both) == pytest.approx(area(SOLIDS["box"]) + area(SOLIDS["ball"]))
