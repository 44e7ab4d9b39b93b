import numpy as np
import pytest

from portrait_matting.learning_rate.smoothing import (
    average_sweeps,
    clearest_fall,
    local_lines,
    moving_average,
    noise_of,
)

NAN = float("nan")


def test_a_mean_over_sweeps_rises_where_one_of_them_broke():
    sweeps = np.array([[3.0, 3, 3, 3, 3, 2, 1, NAN, NAN], [3.0, 3, 3, 3, 3, 2, 1, 1, NAN]])
    # The first counts as no better than its start from where it ended; where none came to there is no mean.
    assert average_sweeps(sweeps)[:-1] == pytest.approx([3, 3, 3, 3, 3, 2, 1, 2])
    assert np.isnan(average_sweeps(sweeps)[-1])


def test_a_loss_that_was_not_measured_is_bridged_in_its_sweep():
    assert average_sweeps(np.array([[3.0, NAN, 1, 1, 1], [3.0, 3, 1, 1, 1]])) == pytest.approx([3, 2.5, 1, 1, 1])
    assert np.isnan(average_sweeps(np.full((2, 4), NAN))).all()
    assert average_sweeps(np.array([[3.0, 2, np.inf, NAN], [3.0, 2, 1, 2]])) == pytest.approx([3, 2, 1.75, 2.25])


def test_the_moving_average_has_weights_that_fall_by_the_age():
    losses = np.random.default_rng(0).uniform(0.2, 0.9, 40)
    expected = [np.average(losses[: k + 1], weights=0.98 ** np.arange(k + 1)[::-1]) for k in range(40)]
    assert moving_average(losses) == pytest.approx(expected, rel=1e-12)
    assert moving_average([0.7] * 5) == pytest.approx([0.7] * 5, rel=1e-12)
    gap = moving_average([0.5, NAN, 0.5])
    assert np.isnan(gap[1])
    assert gap[[0, 2]] == pytest.approx([0.5, 0.5])


def test_local_lines_keep_a_straight_line_and_skip_what_is_not_finite():
    line = 2 - 0.01 * np.arange(60)
    assert local_lines(line) == pytest.approx(line, rel=1e-10)
    line[30] = np.inf
    assert np.isnan(local_lines(line)[30])
    assert np.delete(local_lines(line), 30) == pytest.approx(np.delete(line, 30), rel=1e-10)


@pytest.mark.parametrize("shape", [np.zeros(40), np.linspace(5, 1, 40), 3 - 2 / (1 + np.exp(np.linspace(8, -8, 40)))])
def test_noise_is_told_whatever_the_curve_is(shape):
    generator = np.random.default_rng(0)
    found = [noise_of(shape + generator.normal(0, 0.2, 40)) for _ in range(200)]
    assert np.median(found) == pytest.approx(0.2, rel=0.1)
    assert np.quantile(found, [0.05, 0.95]) == pytest.approx(0.2, rel=0.5)


def test_a_break_is_no_noise():
    curve = np.r_[3 + np.random.default_rng(0).normal(0, 0.1, 30), np.geomspace(5, 1e4, 5)]
    assert 0.05 < noise_of(curve) < 0.25
    assert noise_of(np.full(30, 0.7)) == 0
    assert np.isnan(noise_of([0.7, 0.6]))


def test_a_fall_is_clear_by_the_means_of_many_points():
    generator = np.random.default_rng(0)
    step = np.r_[np.full(20, 3.0), np.full(20, 2.0)]
    found = [clearest_fall(step + generator.normal(0, 0.5, 40)) for _ in range(200)]
    assert np.median(found) == pytest.approx(1 / 0.5 / np.sqrt(2 / 20), rel=0.15)  # two means of 20 points each
    rising = [clearest_fall(step[::-1] + generator.normal(0, 0.5, 40)) for _ in range(200)]
    assert np.median(rising) < 2.5
    assert clearest_fall(step) == np.inf
    assert clearest_fall(np.full(40, 0.7)) == clearest_fall(np.linspace(0.3, 0.7, 40)) == 0
    assert np.isnan(clearest_fall(np.ones(5)))


@pytest.mark.parametrize("points", [20, 40, 100])
def test_noise_alone_is_clear_as_seldom_as_is_said(points):
    generator = np.random.default_rng(0)
    found = np.array([clearest_fall(generator.normal(size=points)) for _ in range(1000)])
    assert 0.005 < (found > 4.1).mean() < 0.03
    assert (found > 5).mean() <= 0.015
