import numpy as np
import pytest

from portrait_matting.learning_rate.smoothing import (
    average_sweeps,
    capped,
    clearest_fall,
    local_parabolas,
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


def test_local_parabolas_keep_a_straight_line_and_skip_what_is_not_finite():
    lrs, line = np.geomspace(1e-5, 1, 60), 2 - 0.01 * np.arange(60)
    assert local_parabolas(lrs, line) == pytest.approx(line, rel=1e-10)
    line[30] = np.inf
    assert np.isnan(local_parabolas(lrs, line)[30])
    assert np.delete(local_parabolas(lrs, line), 30) == pytest.approx(np.delete(line, 30), rel=1e-10)


def test_local_parabolas_are_least_squares_with_tricube_weights_over_decades():
    lrs, generator = np.geomspace(1e-6, 10, 40), np.random.default_rng(0)
    losses, place = generator.normal(size=40), np.log10(lrs)
    for k in (0, 7, 20, 39):
        distance = np.abs(place - place[k]) / (2.2 + 7 / 39)
        weight = np.where(distance < 1, (1 - distance**3) ** 3, 0)
        parabola = np.polynomial.Polynomial.fit(place, losses, 2, w=np.sqrt(weight))  # numpy squares its weights
        assert local_parabolas(lrs, losses)[k] == pytest.approx(parabola(place[k]), rel=1e-6)
    # A parabola stays as it is, so that its lowest loss stays where it is; twice as many rates change next to nothing.
    assert local_parabolas(lrs, (place + 3) ** 2) == pytest.approx((place + 3) ** 2, abs=1e-9)
    dense = np.geomspace(1e-6, 10, 79)
    assert local_parabolas(dense, np.tanh(np.log10(dense)))[::2] == pytest.approx(
        local_parabolas(lrs, np.tanh(place)), abs=0.03
    )


@pytest.mark.parametrize("shape", [np.zeros(40), np.linspace(5, 1, 40), 3 - 2 / (1 + np.exp(np.linspace(8, -8, 40)))])
def test_noise_is_told_whatever_the_curve_is(shape):
    generator = np.random.default_rng(0)
    found = [noise_of(shape + generator.normal(0, 0.2, 40)) for _ in range(200)]
    assert np.median(found) == pytest.approx(0.2, rel=0.1)
    assert np.quantile(found, [0.05, 0.95]) == pytest.approx(0.2, rel=0.5)


def test_no_noise_and_too_few_points():
    assert noise_of(np.full(30, 0.7)) == 0
    assert np.isnan(noise_of([0.7, 0.6]))


def test_a_fall_is_clear_by_the_means_of_many_points():
    generator = np.random.default_rng(0)
    step = np.r_[np.full(20, 3.0), np.full(20, 2.0)]
    found = [clearest_fall(step + generator.normal(0, 0.5, 40), 0.5) for _ in range(200)]
    assert np.median(found) == pytest.approx(1 / 0.5 / np.sqrt(2 / 20), rel=0.15)  # two means of 20 points each
    rising = [clearest_fall(step[::-1] + generator.normal(0, 0.5, 40), 0.5) for _ in range(200)]
    assert np.median(rising) < 2.5
    assert clearest_fall(step, 0.0) == np.inf
    assert clearest_fall(np.full(40, 0.7), 0.0) == clearest_fall(np.linspace(0.3, 0.7, 40), 0.1) == 0
    assert np.isnan(clearest_fall(np.ones(5), 1.0))


@pytest.mark.parametrize("points", [20, 40, 100])
def test_noise_alone_is_seldom_clear(points):
    generator = np.random.default_rng(0)
    curves = generator.normal(size=(1000, points))
    assert (np.array([clearest_fall(losses, 1.0) for losses in curves]) > 4.5).mean() <= 0.002
    assert (np.array([clearest_fall(losses, noise_of(losses)) for losses in curves]) > 4.5).mean() <= 0.02


def test_a_sweep_is_capped_as_far_above_its_start_as_it_falls_below():
    losses = np.r_[np.full(6, 3.0), 2.5, 2, 1.5, 1, 1, 1, 2, 3, 4.5, 1e3, 1e12]
    assert capped(losses) == pytest.approx([*losses[:-2], 5, 5], abs=0.2)
    noise = 3 + 0.2 * np.random.default_rng(0).normal(size=(200, 40))
    assert np.mean([(capped(flat) < flat).any() for flat in noise]) < 0.05, "noise stays as it is"
    assert (capped(np.array([1.0, 1e9])) == [1.0, 1e9]).all()
