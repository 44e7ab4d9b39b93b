"""How far a mesh reaches from a point within it: a ball's radius from its middle, by formula from elsewhere."""

import numpy as np
import pytest

from portrait_matting.people.things.reach import COLUMNS, ROWS, measured
from portrait_matting.people.things.solids import ball

BALL = ball(0.1, 64)
AXES = np.eye(3)


def test_a_ball_reaches_as_far_everywhere():
    found = measured(BALL.points, BALL.triangles, np.zeros(3), AXES, 0.0)
    assert found.reach.shape == (ROWS, COLUMNS)
    assert found.reach == pytest.approx(0.1, abs=0.0008)


def test_from_beside_its_middle_a_ball_reaches_as_the_law_of_cosines_says():
    found = measured(BALL.points, BALL.triangles, np.array([0.03, 0.0, 0.0]), AXES, 0.0)
    left, right, front = found.at(np.pi / 2, 0.0), found.at(-np.pi / 2, 0.0), found.at(0.0, 0.0)
    assert [left, right, front] == pytest.approx([0.07, 0.13, (0.1**2 - 0.03**2) ** 0.5], abs=0.001)
    assert found.point(np.pi / 2, 0.0, 0.07) == pytest.approx([0.1, 0, 0]), "azimuths grow to the left"
    assert found.point(0.0, 0.0, 0.1) == pytest.approx([0.03, -0.1, 0]), "from the front"


def test_points_within_are_pushed_out_and_others_stay():
    found = measured(BALL.points, BALL.triangles, np.zeros(3), AXES, 0.0)
    points = found.outside(np.array([[0, 0, 0.02], [0, -0.5, 0], [0.05, 0.05, 0]]), 0.01)
    assert points[1] == pytest.approx([0, -0.5, 0])
    assert np.linalg.norm(points[[0, 2]], axis=1) == pytest.approx(0.11, abs=0.001)


def test_slack_cloth_lies_farther_out_never_nearer():
    dent = BALL.points.copy()
    dent[np.linalg.norm(dent - (0, -0.1, 0), axis=1) < 0.03] *= 0.7
    tight = measured(dent, BALL.triangles, np.zeros(3), AXES, 0.0).reach
    slack = measured(dent, BALL.triangles, np.zeros(3), AXES, 1.0).reach
    assert (slack >= tight - 1e-12).all()
    assert slack[ROWS // 2, 0] > tight[ROWS // 2, 0] + 0.005
