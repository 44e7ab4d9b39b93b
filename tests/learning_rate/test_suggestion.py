"""Rules on curves whose answer is known: planted divergence, noise, plateaus, two slopes, NaN tails, no fall at all."""

from itertools import combinations

import numpy as np
import pytest

from portrait_matting.errors import InputError
from portrait_matting.learning_rate.suggestion import RULES, bottom, descents, suggest

LRS = np.geomspace(1e-5, 1, 40)
NAN = float("nan")


def curve(lrs=LRS, diverges=0.03, falls=1e-3, slopes="one", most=7.0):
    """A range test without noise: 3 at first, down to 1.5 about `falls`, and 1.5 up again at `diverges`; bounded."""
    if slopes == "two":  # with a plateau between them
        loss = 3 - 0.5 / (1 + (falls / 30 / lrs) ** 2) - 1 / (1 + (falls / lrs) ** 2)
    else:
        loss = 3 - 1.5 / (1 + (falls / lrs) ** 1.5)
    return np.minimum(loss + 1.5 * (lrs / diverges) ** 2, most)


def noisy(loss, noise, sweeps=3, seed=0):
    return loss + noise * np.random.default_rng(seed).normal(size=(sweeps, len(loss)))


def rates(loss, noise, rule="bottom", lrs=LRS, seeds=20):
    found = [suggest(lrs, noisy(loss, noise, seed=seed), rule).rate for seed in range(seeds)]
    return np.array([np.nan if rate is None else rate for rate in found])


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.1])
def test_the_answer_follows_a_planted_divergence_over_three_decades(noise):
    planted = np.array([1e-3, 1e-2, 1e-1, 1.0])
    found = np.array([rates(curve(diverges=at, falls=1e-4), noise) for at in planted])
    # In each single search. The bottom begins where it began, and goes on for longer: its middle moves by half as much.
    assert ((found > planted[:, None] / 200) & (found < planted[:, None] / 8)).all()
    middle = np.median(found, axis=1)
    assert (middle[1:] / middle[:-1] > 3).all()


@pytest.mark.parametrize("noise", [0.02, 0.1, 0.2])
def test_noise_moves_the_answer_little(noise):
    found = rates(curve(), noise, seeds=40)
    assert np.isfinite(found).all()
    assert found.max() / found.min() < {0.02: 1.05, 0.1: 1.15, 0.2: 1.3}[noise]
    assert np.median(found) == pytest.approx(rates(curve(), 0.0, seeds=1)[0], rel=0.05)


@pytest.mark.parametrize("low, high", [(1e-6, 1.0), (1e-4, 1.0), (1e-5, 0.1), (1e-5, 10.0)])
def test_the_range_moves_the_answer_little(low, high):
    lrs = np.geomspace(low, high, 40)
    found, plain = np.median(rates(curve(lrs), 0.1, lrs=lrs)), np.median(rates(curve(), 0.1))
    assert 1 / 1.35 < found / plain < 1.35


def test_bottom_by_hand():
    # A triangle on the logarithmic scale, smoothed by next to nothing: 1 at 1e-5, 0 at 1e-3, 1 at 1e-1. A twentieth of
    # its fall above its lowest it is a tenth of a decade wide to either side.
    lrs = np.geomspace(1e-5, 1e-1, 401)
    losses = np.abs(np.log10(lrs) + 3) / 2
    assert bottom(lrs, losses, reach=0.0) == pytest.approx(1e-3 / 1.25, rel=0.03)
    # Steeper after its lowest: to the right it is a hundredth of a decade wide.
    losses[200:] *= 10
    assert bottom(lrs, losses, reach=0.0, margin=1.0) == pytest.approx(10 ** (-3 + (0.01 - 0.1) / 2), rel=0.03)
    assert bottom(lrs, losses, reach=0.0, depth=0.1, margin=2.0) == pytest.approx(
        10 ** (-3 + (0.02 - 0.2) / 2) / 2, rel=0.03
    )
    # Not risen again by the end of the range: the bottom ends there.
    assert bottom(lrs[:201], losses[:201], reach=0.0, margin=1.0) == pytest.approx(10 ** (-3 - 0.1 / 2), rel=0.03)


@pytest.mark.parametrize("slopes, most", [("two", 7.0), ("one", 2.6), ("two", 2.6)])
def test_a_plateau_between_or_beyond_does_not_mislead(slopes, most):
    found, plain = rates(curve(slopes=slopes, most=most), 0.05), rates(curve(), 0.0, seeds=1)[0]
    assert ((found > plain / 1.8) & (found < 1.8 * plain)).all()


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("ends", [26, 33, 37])
def test_a_tail_that_is_no_number_is_where_training_breaks(rule, ends):
    # A loss that overflows gives no warning: it falls until it is NaN. Divergence is far beyond.
    sweeps = noisy(curve(diverges=1e3), 0.02)
    for tail in (NAN, np.inf):
        sweeps[:, ends:] = tail
        found = suggest(LRS, sweeps, rule)
        assert found.rate <= found.breaks == pytest.approx(LRS[ends - 1])
        assert len(found.lrs) == len(found.smooth) == ends
        assert found.edge is None, "a wider range would show nothing more"


@pytest.mark.parametrize("rule", ["bottom", "steepest", "minimum"])
def test_how_high_a_loss_jumps_where_it_breaks_does_not_matter(rule):
    found = []
    for jump in (5.0, 20.0, 1e3, 1e12):
        sweeps = noisy(3 - 1.5 / (1 + (5e-4 / LRS) ** 1.5), 0.05)
        sweeps[:, LRS > 0.1] = jump
        sweeps[0, LRS > 0.03] = jump  # one of three breaks earlier
        found.append(suggest(LRS, sweeps, rule))
    assert max(one.rate for one in found) == pytest.approx(min(one.rate for one in found), rel=0.02)
    assert max(one.breaks for one in found) == pytest.approx(min(one.breaks for one in found), rel=0.02)
    assert found[0].breaks > 0.01


def test_sweeps_that_end_at_other_rates_are_averaged_to_a_rise():
    sweeps = noisy(curve(diverges=1e3), 0.02)
    for losses, ends in zip(sweeps, (28, 30, 32), strict=True):
        losses[ends:] = NAN
    assert LRS[27] < suggest(LRS, sweeps).breaks < LRS[31]


@pytest.mark.slow
@pytest.mark.parametrize("points, sweeps", [(40, 1), (40, 3), (100, 1), (20, 1), (25, 2)])
def test_at_most_one_flat_curve_in_fifty_is_called_a_rate(points, sweeps):
    lrs, generator = np.geomspace(1e-5, 1, points), np.random.default_rng(1)
    flat = [3 + 0.2 * generator.normal(size=(sweeps, points)) for _ in range(500)]
    called = [suggest(lrs, losses).rate is not None for losses in flat]
    assert sum(called) <= 0.02 * 500
    few = [*range(40), *np.flatnonzero(called)]  # what is refused is refused before a rule is asked
    for rule in RULES:
        for index in few:
            assert suggest(lrs, flat[index], rule).rate is None or called[index]


@pytest.mark.parametrize("rule", RULES)
def test_a_curve_that_never_falls_suggests_nothing(rule):
    for losses in (np.full(40, 0.7), np.linspace(0.5, 3, 40), np.full(40, NAN), 0.7 + LRS):
        found = suggest(LRS, losses, rule)
        assert found.rate is None
        assert found.breaks is None
        assert found.reason
    assert suggest(LRS[:11], curve()[:11], rule).rate is None  # too few points
    assert suggest([], [], rule).rate is None


def test_a_loss_that_rises_at_once_asks_for_a_lower_range_and_one_that_rises_late_does_not():
    lrs = np.geomspace(1e-2, 1, 40)
    found = suggest(lrs, noisy(3 + 2 * np.log10(lrs / 1e-2), 0.1))
    assert (found.rate, found.edge) == (None, "min_lr")
    assert "no fall stands out" in found.reason
    ended = np.r_[3.0, 3, 4, 5, 6, 7, 8, [NAN] * 33]
    found = suggest(lrs, ended)
    assert (found.rate, found.edge) == (None, "min_lr"), "so soon that there is hardly a curve"
    assert "too few, since the loss rises" in found.reason
    found = suggest(LRS, noisy(3 + 10 * LRS, 0.1))
    assert (found.rate, found.edge) == (None, None)


def test_a_loss_that_still_falls_at_the_end_says_so():
    found = suggest(LRS, noisy(curve(diverges=1e3), 0.05))
    assert (found.edge, found.breaks) == ("max_lr", None)
    assert "has not risen again at 1" in found.reason
    found = suggest(LRS, noisy(curve(), 0.05))
    assert found.edge is None
    assert found.rate < found.breaks


@pytest.mark.parametrize("rule", ["bottom", "steepest", "minimum"])
def test_an_answer_at_the_low_end_of_the_range_is_an_edge(rule):
    lrs = np.geomspace(2e-3, 1, 40)
    assert suggest(lrs, noisy(curve(lrs, diverges=0.02), 0.02), rule).edge == "min_lr"
    assert suggest(LRS, noisy(curve(diverges=0.02), 0.02), rule).edge is None


# What fastai computes, written out from its definition with loops: over smooth losses, without their first tenth and
# their last five; the longest decreasing subsequence of n points that ends at e, read at e - n + n // 3 + n // 6.
def fastai_valley(lrs, losses, beta=0.98):
    average, smooth = 0.0, []
    for k, loss in enumerate(losses):
        average = beta * average + (1 - beta) * loss
        smooth.append(average / (1 - beta ** (k + 1)))
    kept, rates = smooth[len(lrs) // 10 : len(lrs) - 5], lrs[len(lrs) // 10 : len(lrs) - 5]
    best = [1] * len(kept)
    for i, value in enumerate(kept):
        best[i] = max([best[j] + 1 for j in range(i) if kept[j] > value], default=1)
    n = max(best)
    begin = best.index(n) - n
    return rates[begin + int(n / 3) + int(n / 3 / 2)]


@pytest.mark.parametrize("points", [30, 40, 100])
def test_valley_is_fastais(points):
    lrs = np.geomspace(1e-6, 1, points)
    for seed in range(30):
        losses = noisy(curve(lrs), 0.1, 1, seed)[0]
        assert suggest(lrs, losses, "valley").rate == pytest.approx(fastai_valley(lrs, losses), rel=1e-12)


def test_valley_drops_a_tenth_of_the_ladder_though_the_sweeps_ended_early():
    losses = curve()
    losses[30:] = NAN
    found = suggest(LRS, losses, "valley").rate
    smooth = np.array([np.average(losses[: k + 1], weights=0.98 ** np.arange(k + 1)[::-1]) for k in range(30)])[4:25]
    assert (np.diff(smooth) < 0).all(), "it falls all the way: n is 21, and the middle 20 - 21 + 7 + 3"
    assert found == pytest.approx(LRS[4:25][9])


def test_steepest_is_where_the_loss_falls_fastest_per_decade():
    for centre in (-3.0, -1.5):
        losses = 0.2 + 0.5 / (1 + np.exp(4 * (np.log10(LRS) - centre)))
        assert suggest(LRS, losses, "steepest").rate == pytest.approx(10**centre, rel=0.2)
    # Not beyond the minimum, where a bounded loss may fall again from its ceiling.
    losses[-6:] = [2.0, 3.0, 3.0, 2.0, 1.0, 0.5]
    assert suggest(LRS, losses, "steepest").rate < 0.1


def test_minimum_is_a_tenth_of_the_lowest_point():
    losses = (np.log10(LRS) + 1.5) ** 2 + 0.1
    assert suggest(LRS, losses, "minimum").rate == pytest.approx(10**-2.5, rel=0.2)  # a step of the ladder is 1.34


@pytest.mark.parametrize("rule", RULES)
def test_rates_without_a_finite_loss_do_not_count(rule):
    gaps = noisy(curve(), 0.02)
    gaps[:, [3, 17]] = NAN
    kept = np.delete(np.arange(40), [3, 17])
    found = suggest(LRS, gaps, rule)
    assert found.lrs == pytest.approx(LRS[kept])
    assert found.rate == pytest.approx(suggest(LRS, noisy(curve(), 0.02), rule).rate, rel=0.5)


def test_the_constants_can_be_given():
    sweeps = noisy(curve(), 0.05)
    plain = suggest(LRS, sweeps)
    assert suggest(LRS, sweeps, margin=1.0).rate == pytest.approx(1.25 * plain.rate)
    assert suggest(LRS, sweeps, lost=0.5).breaks > plain.breaks
    assert suggest(LRS, sweeps, depth=0.5).rate != plain.rate
    assert suggest(LRS, sweeps, stands_out=1e3).rate is None
    assert suggest(LRS, sweeps, reach=0.4).rate != plain.rate
    assert suggest(LRS, sweeps, min_points=50).rate is None


def test_descents_against_all_subsequences():
    generator = np.random.default_rng(1)
    for _ in range(60):
        values = generator.integers(0, 8, generator.integers(1, 10))
        for end, length in enumerate(descents(values)):
            assert length == max(
                size + 1
                for size in range(end + 1)
                if any((np.diff(values[[*some, end]]) < 0).all() for some in combinations(range(end), size))
            )


def test_an_unknown_rule_is_named():
    with pytest.raises(InputError, match="rule is best"):
        suggest(LRS, curve(), "best")


@pytest.mark.parametrize("points", [20, 40])
def test_a_wide_fall_that_single_points_hide_is_found(points):
    # Two and a half times the scatter of single losses, one sweep: the search of a short training on a small batch.
    lrs = np.geomspace(1e-5, 1, points)
    shape = curve(lrs, diverges=0.1)
    found = [suggest(lrs, noisy(shape, 0.5, 1, seed)) for seed in range(100)]
    assert sum(one.rate is not None for one in found) > (65 if points == 40 else 35)
    assert np.median([one.fall / one.noise for one in found]) < 4
