"""Noise that goes on without seams."""

import numpy as np
import pytest

from portrait_matting.people.faces.grain import SCALE, SIZE, at, grain, value_at


def test_the_grain_goes_on_periodically_and_has_deviation_one():
    noise = grain()
    assert noise.shape == (SIZE, SIZE, SIZE, 4)
    assert noise.dtype == np.int8
    assert noise[..., 0].std() == pytest.approx(SCALE, abs=0.1)
    here = at(noise, 3.25, 60.5, 17.75)
    assert at(noise, 3.25 + SIZE, 60.5 - SIZE, 17.75 + 2 * SIZE) == pytest.approx(here, abs=1e-5)
    assert value_at(noise, 3.25, 60.5, 17.75) == pytest.approx(here[0], abs=1e-6)
    assert value_at(noise, 63.999, 5, 5) == pytest.approx(value_at(noise, 64.001, 5, 5), abs=0.02), "no seam"


def test_slopes_are_those_of_the_noise():
    noise = grain()
    slopes = at(noise, 10.0, 20.0, 30.0)[1:]
    there = np.array([10.0, 20.0, 30.0])
    for axis, step in enumerate(np.eye(3)):
        expected = (value_at(noise, *(there + step)) - value_at(noise, *(there - step))) / 2
        assert slopes[axis] == pytest.approx(expected, abs=0.04)
