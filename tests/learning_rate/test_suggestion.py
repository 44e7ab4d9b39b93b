from itertools import combinations

import numpy as np
import pytest

from portrait_matting.errors import InputError
from portrait_matting.learning_rate.suggestion import (
    RULES,
    centred,
    debias,
    longest_decreasing_subsequence,
    raw_losses,
    suggest,
)

LRS = np.logspace(-6, 0, 101)


def lightning_records(losses, beta=0.98, steps=None) -> list[float]:
    """What Lightning's range test keeps of `losses`, written out as a loop over its running average."""
    average, recorded = 0.0, []
    for done, loss in zip(steps or range(1, len(losses) + 1), losses, strict=True):
        average = beta * average + (1 - beta) * loss
        recorded.append(average / (1 - beta ** (done + 1)))
    return recorded


def test_a_constant_loss_is_recorded_at_half_and_mended():
    recorded = lightning_records([0.7] * 100)
    assert np.round([recorded[0], recorded[1], recorded[9]], 3).tolist() == [0.354, 0.471, 0.643]
    assert debias(recorded) == pytest.approx([0.7] * 100, rel=1e-12)


@pytest.mark.parametrize("steps", [None, [1, 2, 4, 5, 7, 8, 10, 11, 13, 14]])
def test_raw_losses_come_back_exactly(steps):
    losses = np.random.default_rng(0).uniform(0.2, 0.9, 10)
    recorded = lightning_records(losses, steps=steps)
    assert raw_losses(recorded, steps=steps) == pytest.approx(losses, rel=1e-10)
    # The mended average of k losses is their mean under weights 0.98^(age).
    weights = 0.98 ** np.arange(10)[::-1]
    assert debias(recorded, steps=steps)[-1] == pytest.approx((weights * losses).sum() / weights.sum(), rel=1e-12)


def test_a_missing_loss_leaves_its_neighbours_right():
    losses = [0.5, 0.4, 0.3, 0.2]
    recorded = lightning_records(losses)
    with_gap = [*recorded[:2], float("nan"), *np.multiply(recorded[2:], (1 - 0.98 ** np.array([4, 5])))]
    with_gap[3:] /= 1 - 0.98 ** np.array([5, 6])  # one more optimizer step was done by then
    assert raw_losses(with_gap)[[0, 1, 3, 4]] == pytest.approx(losses, rel=1e-10)
    assert np.isnan(raw_losses(with_gap)[2])


def test_longest_decreasing_subsequence_against_all_subsequences():
    generator = np.random.default_rng(1)
    for _ in range(60):
        values = generator.integers(0, 8, generator.integers(1, 10))
        longest = max(
            size
            for size in range(1, len(values) + 1)
            if any((np.diff(values[list(chosen)]) < 0).all() for chosen in combinations(range(len(values)), size))
        )
        found = longest_decreasing_subsequence(values)
        assert len(found) == longest
        assert (np.diff(found) > 0).all()
        assert (np.diff(values[found]) < 0).all()
    assert len(longest_decreasing_subsequence([])) == 0


def sigmoid_fall(centre: float = -3.0) -> np.ndarray:
    """Loss from 0.7 down to 0.2 around 10^centre, steepest there, still falling at the right end."""
    return 0.2 + 0.5 / (1 + np.exp(4 * (np.log10(LRS) - centre)))


def test_steepest_is_where_the_loss_falls_fastest_per_decade():
    assert suggest(LRS, sigmoid_fall(-3), "steepest") == pytest.approx(1e-3, rel=0.01)
    assert suggest(LRS, sigmoid_fall(-1.5), "steepest") == pytest.approx(10**-1.5, rel=0.01)


def test_minimum_is_a_tenth_of_the_lowest_point():
    losses = (np.log10(LRS) + 1.5) ** 2 + 0.1
    assert suggest(LRS, losses, "minimum") == pytest.approx(10**-2.5, rel=1e-9)


def test_valley_is_the_middle_of_the_descent():
    # Rises to index 20, falls to index 80, rises again: start 20, span 60, so 20 + 60 // 3 + 60 // 6 = 50.
    index = np.arange(101)
    losses = 0.5 + 0.01 * np.where(index < 20, index / 20, np.where(index <= 80, 20 - (index - 20), index - 100))
    assert suggest(LRS, losses, "valley") == pytest.approx(LRS[50], rel=1e-12)


@pytest.mark.parametrize("rule", RULES)
def test_a_curve_without_a_fall_suggests_nothing(rule):
    flat = debias(lightning_records([0.7] * 101))
    assert suggest(LRS, flat, rule) is None
    assert suggest(LRS, np.linspace(0.5, 3, 101), rule) is None
    assert suggest(LRS, np.full(101, np.nan), rule) is None
    assert suggest(LRS[:11], sigmoid_fall()[:101:10][:11], rule) is None  # too few points
    assert suggest([], [], rule) is None


@pytest.mark.parametrize("rule", RULES)
def test_points_that_are_not_finite_do_not_count(rule):
    losses = sigmoid_fall()
    padded = np.concatenate([losses, [np.nan, np.inf, np.nan]])
    assert suggest([*LRS, 2, 3, 4], padded, rule) == suggest(LRS, losses, rule)


@pytest.mark.parametrize("rule, smooth", [("valley", debias), ("steepest", centred), ("minimum", centred)])
def test_noise_moves_a_suggestion_by_less_than_a_decade(rule, smooth):
    # A valley floor at 1e-1 and a divergence after it, with batch noise of 0.05.
    clean = sigmoid_fall(-2.5) + np.clip(np.log10(LRS) + 0.7, 0, None)
    found = []
    for seed in range(20):
        noisy = clean + np.random.default_rng(seed).normal(0, 0.05, len(clean))
        found.append(suggest(LRS, smooth(lightning_records(noisy) if smooth is debias else noisy), rule))
    assert np.ptp(np.log10(found)) < 1
    assert min(found) > 1e-4
    assert max(found) < 1e-1


def test_centred_keeps_a_straight_line_and_skips_what_is_not_finite():
    line = 2 - 0.01 * np.arange(60)
    assert centred(line) == pytest.approx(line, rel=1e-10)
    line[30] = np.nan
    assert np.isnan(centred(line)[30])
    assert np.delete(centred(line), 30) == pytest.approx(np.delete(line, 30), rel=1e-10)


def test_centred_has_no_lag_where_a_moving_average_trails():
    losses = sigmoid_fall(-3)
    assert suggest(LRS, centred(losses), "steepest") == pytest.approx(1e-3, rel=0.2)
    assert suggest(LRS, debias(lightning_records(losses)), "steepest") > 2e-3


def test_an_unknown_rule_is_named():
    with pytest.raises(InputError, match="rule is best"):
        suggest(LRS, sigmoid_fall(), "best")
