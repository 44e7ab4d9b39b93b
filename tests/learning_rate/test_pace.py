import math
from itertools import pairwise

import pytest

from portrait_matting.learning_rate.pace import LEAP, Speed, next_place


def places(last, lefts):
    """The places of a run whose steps left are foretold as `lefts`, until its curve is at its end."""
    way, before = [0.0], 0.0
    for left in lefts:
        way.append(next_place(way[-1], last, left, before))
        before = way[-1] - way[-2]
        if way[-1] == last:
            return way
    raise AssertionError("the curve has no end")


@pytest.mark.parametrize("total", [2, 3, 7, 49, 50, 1000, 12345])
def test_a_run_that_ends_by_its_steps_is_at_whole_steps_to_the_last_bit(total):
    way = places(total - 1.0, range(total - 1, 0, -1))
    assert way == list(range(total))


def test_what_is_left_is_spread_evenly():
    assert places(1e6, range(400, 0, -1)) == pytest.approx([1e6 * step / 400 for step in range(401)])


@pytest.mark.parametrize("foretold", [1000, 100, 10, 2])
def test_a_foretold_number_of_steps_that_falls_makes_no_leap_and_is_overrun_by_six_steps_at_most(foretold):
    # 1,000 steps were foretold, and after 300 of them `foretold` are left, less than one after that.
    lefts = [*range(1000, 700, -1), *range(min(foretold, 700), 0, -1), *[0] * 10]
    way = places(1e6, lefts)
    moves = [(b - a) / 1e6 for a, b in pairwise(way)]
    assert all(move > 0 for move in moves)
    assert all(move <= max(LEAP, 2 * before) + 1e-12 for before, move in pairwise([0.0, *moves]))
    assert way[-1] == 1e6
    assert len(way) - 1 <= 300 + min(foretold, 700) + 6


def test_even_a_run_whose_time_is_over_at_once_goes_along_its_whole_curve():
    assert len(places(1e6, [0] * 20)) == 1 + 6


def test_the_speed_is_that_of_late_and_the_first_step_is_no_measure():
    speed = Speed(window=10)
    assert math.isnan(speed.seconds)
    speed.add(60)
    assert speed.seconds == 60
    for _ in range(5):
        speed.add(1)
    assert speed.seconds == pytest.approx(1)
    for _ in range(20):
        speed.add(2)
    assert speed.seconds == pytest.approx(2, rel=0.1)


def test_one_long_step_is_one_of_the_window():
    speed = Speed(window=100)
    for _ in range(1000):
        speed.add(0.1)
    speed.add(10)  # a tenth of the window
    assert speed.seconds == pytest.approx(0.115, rel=0.02)
