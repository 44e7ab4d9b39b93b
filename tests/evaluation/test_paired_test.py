import doctest

import numpy as np
import pytest
from scipy import stats

from portrait_matting.evaluation import confidence
from portrait_matting.evaluation import paired_test as comparison
from portrait_matting.evaluation.paired_test import Difference, compare, holm, sentence, swap_test
from portrait_matting.metrics import MAD, IoU
from portrait_matting.metrics.image_metric import ImageMetric

METRICS = {"mad": MAD(), "iou": IoU()}


class Peak(ImageMetric):
    """The greatest of three means, as max F is the greatest of 256."""

    names, columns = ("max_f",), 3

    def finish(self, means):
        return {"max_f": means.amax(-1)}


def scores(images, seed=0):
    generator = np.random.default_rng(seed)
    return {"mad": generator.gamma(2, 0.01, (images, 2)), "iou": generator.beta(9, 1, (images, 1))}


def test_docstrings():
    assert doctest.testmod(comparison) == doctest.TestResults(failed=0, attempted=2)


def test_exact_p_by_hand():
    """Of three images all better by 1, 2 and 4: of the eight swaps only none and all give a difference as great."""
    first, second = np.zeros((3, 1)), np.array([[1.0], [2.0], [4.0]])
    assert swap_test({"iou": first}, {"iou": second}, {"iou": IoU()}, 8, 0) == {"iou": 2 / 8}
    second[0] = -1.0  # the mean of -1, 2, 4 is reached by ±(-1, 2, 4) and exceeded by ±(1, 2, 4)
    assert swap_test({"iou": first}, {"iou": second}, {"iou": IoU()}, 8, 0) == {"iou": 4 / 8}


@pytest.mark.parametrize("seed", range(4))
def test_exact_p_equals_scipys(seed):
    first, second = scores(9, seed), scores(9, 100 + seed)
    found = swap_test(first, second, METRICS, 512, 0)
    for name, column in (("mad", 0), ("band_mad", 1)):
        reference = stats.permutation_test(
            (first["mad"][:, column], second["mad"][:, column]),
            lambda a, b, axis: b.mean(axis) - a.mean(axis),
            permutation_type="samples",
            vectorized=True,
            n_resamples=np.inf,
        )
        assert found[name] == pytest.approx(reference.pvalue, rel=1e-12)


def test_exact_p_equals_scipys_for_a_metric_that_is_no_mean():
    generator = np.random.default_rng(2)
    first, second = generator.random((8, 3)), generator.random((8, 3)) + 0.1
    rows = np.stack([first, second])

    def difference(a, b):
        """Of which row is whose: scipy swaps numbers, and these stand for rows."""
        return (
            rows[b.astype(int) // 8, b.astype(int) % 8].mean(0).max()
            - rows[a.astype(int) // 8, a.astype(int) % 8].mean(0).max()
        )

    reference = stats.permutation_test(
        (np.arange(8), np.arange(8, 16)),
        difference,
        permutation_type="samples",
        vectorized=False,
        n_resamples=np.inf,
    )
    found = swap_test({"peak": first}, {"peak": second}, {"peak": Peak()}, 256, 0)
    assert 0.01 < reference.pvalue < 0.9
    assert found["max_f"] == pytest.approx(reference.pvalue, rel=1e-12)


def test_random_swaps_come_near_the_exact_p():
    first, second = scores(12, 1), scores(12, 2)
    exact = swap_test(first, second, METRICS, 4096, 0)
    random = swap_test(first, second, METRICS, 4095, 0)
    assert exact != random
    for name, p in exact.items():
        assert random[name] == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / 4095) + 1 / 4096)


def test_random_swaps_never_give_a_p_of_0():
    first = {"iou": np.zeros((60, 1))}
    second = {"iou": np.ones((60, 1))}
    assert swap_test(first, second, {"iou": IoU()}, 99, 0) == {"iou": 1 / 100}


def test_chunks_change_nothing(monkeypatch):
    first, second = scores(20, 1), scores(20, 2)
    whole = swap_test(first, second, METRICS, 300, 0)
    monkeypatch.setattr(confidence, "CHUNK", 20 * 7)
    assert swap_test(first, second, METRICS, 300, 0) == whole


def test_identical_candidates_do_not_differ():
    for images in (1, 5, 40):
        for name, difference in compare(scores(images), scores(images), METRICS, 100, 100).items():
            assert difference == Difference(0, 0, 0, 1, False), name


def test_a_clear_difference_is_told_and_noise_is_not():
    first = scores(60)
    second = {"mad": first["mad"] * [0.8, 1.0], "iou": scores(60, 1)["iou"]}
    found = compare(first, second, METRICS)
    assert {name: difference.differs for name, difference in found.items()} == {
        "mad": True,
        "band_mad": False,
        "iou": False,
    }
    better = found["mad"]
    assert better.value == pytest.approx(-0.2 * first["mad"][:, 0].mean(), rel=1e-9)
    assert better.low < better.value < better.high < 0
    assert better.p == pytest.approx(3 / 5001)  # three metrics
    assert found["iou"].low < 0 < found["iou"].high


def test_the_pairs_count_not_only_the_means():
    """A difference of 1 % of the spread is certain where every image has it, and lost where the order is another."""
    first = np.random.default_rng(0).random((50, 1))
    paired = first - 0.003 - 0.0001 * first
    alone, shuffled = (
        compare({"iou": first}, {"iou": rows}, {"iou": IoU()}, 200, 500)["iou"]
        for rows in (paired, np.flip(paired).copy())
    )
    assert alone.value == pytest.approx(shuffled.value)
    assert alone.differs
    assert not shuffled.differs


def test_the_interval_is_of_the_same_draws_of_both():
    first, second = scores(25, 1), scores(25, 2)
    found = compare(first, second, METRICS, resamples=500, seed=4)["iou"]
    reference = stats.bootstrap(
        ((second["iou"] - first["iou"])[:, 0],),
        np.mean,
        n_resamples=500,
        method="percentile",
        random_state=np.random.default_rng(4),
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high), rel=1e-9)


def test_order_of_candidates_turns_the_sign_alone():
    first, second = scores(30, 1), scores(30, 2)
    there, back = compare(first, second, METRICS, 200, 300), compare(second, first, METRICS, 200, 300)
    for name, one in there.items():
        other = back[name]
        assert (other.value, other.low, other.high) == pytest.approx((-one.value, -one.high, -one.low))
        assert (other.p, other.differs) == (one.p, one.differs)


@pytest.mark.parametrize("images, near", [(10, 1e-12), (40, 0.03)])
def test_images_without_a_band_are_left_out(images, near):
    """As if they were not there; of 40, the swaps are drawn by chance."""
    first, second = ({"mad": scores(images, seed)["mad"]} for seed in (1, 2))
    first["mad"][::2, 1] = second["mad"][::2, 1] = np.nan
    halves = [{"mad": side["mad"][1::2]} for side in (first, second)]
    metrics = {"mad": MAD()}
    values = [compare(*sides, metrics, 100, 100)["band_mad"].value for sides in ((first, second), halves)]
    assert values[0] == pytest.approx(values[1], rel=1e-12)
    p = [swap_test(*sides, metrics, 5000, 0)["band_mad"] for sides in ((first, second), halves)]
    assert p[0] == pytest.approx(p[1], abs=near)


def test_no_band_at_all():
    first, second = scores(15, 1), scores(15, 2)
    first["mad"][:, 1] = second["mad"][:, 1] = np.nan
    assert compare(first, second, METRICS, 100, 100)["band_mad"] == Difference(0, 0, 0, 1, False)


def test_nothing_to_measure_of_one_side_alone():
    """No metric here does so; one that did would be averaged over what is known after each swap."""
    first, second = {"iou": np.array([[0.2], [0.6]])}, {"iou": np.array([[np.nan], [0.8]])}
    # unswapped 0.8 - 0.4; the first 0.2, 0.8 and 0.6: 0.5 - 0.6, and the two mirrored
    assert swap_test(first, second, {"iou": IoU()}, 4, 0) == {"iou": 2 / 4}


def test_among_equals_hardly_ever_a_difference():
    """Of 200 pairs of candidates that differ by noise alone, in three metrics each, 5 % may be called different."""
    called = 0
    for seed in range(200):
        found = compare(scores(30, [seed, 0]), scores(30, [seed, 1]), METRICS, resamples=2, permutations=400, seed=seed)
        called += any(difference.differs for difference in found.values())
    assert 1 <= called <= 20


def test_p_is_even_among_equals():
    found = [
        swap_test(scores(25, [seed, 0]), scores(25, [seed, 1]), {"mad": MAD(), "iou": IoU()}, 199, seed)["iou"]
        for seed in range(300)
    ]
    assert stats.kstest(found, "uniform").pvalue > 0.01


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.5]) == pytest.approx([1, 1])
    assert holm([0.02]) == pytest.approx([0.02])
    assert holm([]).size == 0


def test_holm_rejects_step_by_step():
    """By the rule in Holm's own words: go on from the least p while p(i) < 0.05 / (m - i)."""
    for seed in range(50):
        p = np.random.default_rng(seed).beta(0.3, 3, 8)
        rejected = np.zeros(8, dtype=bool)
        for rank, index in enumerate(np.argsort(p)):
            if p[index] >= 0.05 / (8 - rank):
                break
            rejected[index] = True
        np.testing.assert_array_equal(holm(p) < 0.05, rejected)


def test_p_of_just_the_limit_is_no_difference():
    """19 swaps give 1 / 20 at best, and 1 - 0.95 is a little above 0.05 as a float."""
    first, second = {"iou": np.zeros((60, 1))}, {"iou": np.ones((60, 1))}
    found = compare(first, second, {"iou": IoU()}, permutations=19)["iou"]
    assert (found.p, found.differs) == (0.05, False)
    assert compare(first, second, {"iou": IoU()}, permutations=20)["iou"].differs


@pytest.mark.parametrize(
    "metric, difference, words",
    [
        (
            "mad",
            Difference(0.0031, 0.0012, 0.0049, 0.0002, True),
            "b has a worse MAD than a, higher by 0.0031 (95 % interval 0.0012 to 0.0049, p = 0.0002): more than noise",
        ),
        (
            "iou",
            Difference(0.0031, -0.0012, 0.0049, 0.41234, False),
            "b has a better IoU than a, higher by 0.0031 (95 % interval -0.0012 to 0.0049, p = 0.412): within noise",
        ),
        (
            "iou",
            Difference(-0.0031, -0.0049, 0.0012, 1.0, False),
            "b has a worse IoU than a, lower by 0.0031 (95 % interval -0.0012 to 0.0049, p = 1): within noise",
        ),
        (
            "sad",
            Difference(-1.5, -2.0, -1.0, 0.01, True),
            "b has a better SAD than a, lower by 1.500 (95 % interval 1.000 to 2.000, p = 0.01): more than noise",
        ),
        (
            "mse",
            Difference(-0.0000456, -0.00008, -0.00001, 0.01, True),
            "b has a better MSE than a, lower by 0.000046 (95 % interval 0.000010 to 0.000080, p = 0.01): "
            "more than noise",
        ),
        (
            "mad",
            Difference(0.0, -0.0, 0.0, 1.0, False),
            "b has the same MAD as a to six digits (95 % interval 0.0000 to 0.0000, p = 1): within noise",
        ),
        (
            "mad",
            Difference(-1e-9, -2e-9, 1e-9, 1.0, False),
            "b has the same MAD as a to six digits (95 % interval 0.0000 to 0.0000, p = 1): within noise",
        ),
    ],
)
def test_sentences(metric, difference, words):
    assert sentence("a", "b", metric, difference) == words


def test_sentence_names_its_level():
    assert "(90 % interval" in sentence("a", "b", "mad", Difference(0.1, 0.05, 0.2, 0.01, True), level=0.9)
