import tracemalloc

import numpy as np
import pytest
from scipy import stats

from portrait_matting.evaluation import confidence
from portrait_matting.evaluation.confidence import Interval, draws, intervals, redrawn
from portrait_matting.metrics import MAD, IoU
from portrait_matting.metrics.image_metric import ImageMetric

METRICS = {"mad": MAD(), "iou": IoU()}


class Peak(ImageMetric):
    """The greatest of three means, as max F is the greatest of 256."""

    names, columns = ("max_f",), 3

    def finish(self, means):
        return {"max_f": means.amax(-1)}


def scores(images, seed=0):
    """Errors and overlaps of so many images, the band's errors among them."""
    generator = np.random.default_rng(seed)
    return {"mad": generator.gamma(2, 0.01, (images, 2)), "iou": generator.beta(9, 1, (images, 1))}


@pytest.mark.parametrize("level", [0.95, 0.8])
def test_equal_to_scipys_percentile_bootstrap(level):
    """scipy draws the same images from the same seed."""
    measured = scores(37)
    found = intervals(measured, METRICS, resamples=999, seed=5, level=level)
    for name, column in (("mad", measured["mad"][:, 0]), ("iou", measured["iou"][:, 0])):
        reference = stats.bootstrap(
            (column,),
            np.mean,
            n_resamples=999,
            confidence_level=level,
            method="percentile",
            random_state=np.random.default_rng(5),
        ).confidence_interval
        assert found[name].value == pytest.approx(column.mean(), rel=1e-12)
        assert (found[name].low, found[name].high) == pytest.approx((reference.low, reference.high), rel=1e-9)


def test_equal_to_scipy_for_a_metric_that_is_no_mean():
    rows = np.random.default_rng(1).random((25, 3))
    found = intervals({"peak": rows}, {"peak": Peak()}, resamples=500, seed=3)["max_f"]
    reference = stats.bootstrap(
        (np.arange(25),),
        lambda drawn, axis: rows[drawn].mean(-2).max(-1),
        n_resamples=500,
        vectorized=True,
        method="percentile",
        random_state=np.random.default_rng(3),
    ).confidence_interval
    assert found.value == pytest.approx(rows.mean(0).max(), rel=1e-12)
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high), rel=1e-9)


def test_the_interval_holds_the_true_mean_as_often_as_it_says():
    """Of 300 sets of 40 images; a percentile interval of so few is known to be a little narrow."""
    held = 0
    for seed in range(300):
        errors = np.random.default_rng([7, seed]).gamma(4, 0.25, (40, 1))  # the true mean is 1
        found = intervals({"iou": errors}, {"iou": IoU()}, resamples=400, seed=seed)["iou"]
        held += found.low <= 1 <= found.high
    assert 0.89 <= held / 300 <= 0.98


def test_two_images_by_hand():
    """Both draws of one image have a chance of a quarter, so that they are the ends."""
    found = intervals({"iou": np.array([[0.25], [0.75]])}, {"iou": IoU()})
    assert found == {"iou": Interval(0.5, 0.25, 0.75)}


def test_one_image_is_known_exactly():
    found = intervals({"iou": np.array([[0.7]]), "mad": np.array([[0.1, np.nan]])}, METRICS, resamples=50)
    assert found == {
        "iou": Interval(0.7, 0.7, 0.7),
        "mad": Interval(0.1, 0.1, 0.1),
        "band_mad": Interval(0.0, 0.0, 0.0),
    }


def test_draws_without_a_measured_image_are_left_out():
    """Two of six images have a band: in 9 % of the draws neither is, and no band error of 0 may come of that."""
    measured = {"mad": np.full((6, 2), np.nan)}
    measured["mad"][:, 0], measured["mad"][:2, 1] = 0.1, (0.3, 0.5)
    drawn = redrawn(measured, METRICS, 2000, 0)["band_mad"]
    assert np.isnan(drawn).mean() == pytest.approx((4 / 6) ** 6, abs=0.02)
    found = intervals(measured, METRICS)["band_mad"]
    assert (found.value, found.low, found.high) == pytest.approx((0.4, 0.3, 0.5))


def test_every_candidate_has_the_same_draws():
    measured = scores(30)
    drawn = redrawn(measured, METRICS, 200, 0)
    worse = redrawn({"mad": measured["mad"] + 1.0}, METRICS, 200, 0)
    np.testing.assert_allclose(worse["mad"], drawn["mad"] + 1, rtol=1e-12)
    assert not np.allclose(drawn["mad"], redrawn(measured, METRICS, 200, 1)["mad"])


def test_draws_are_counts_and_chunks_change_nothing(monkeypatch):
    whole = np.concatenate(list(draws(11, 100, 0)))
    assert whole.shape == (100, 11)
    assert (whole.sum(1) == 11).all()
    assert whole.max() > 1
    monkeypatch.setattr(confidence, "CHUNK", 11 * 7)
    parts = list(draws(11, 100, 0))
    assert [len(part) for part in parts] == [7] * 14 + [2]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_memory_is_bounded():
    """The weights of all draws at once would be 320 MB."""
    tracemalloc.start()
    for counts in draws(40_000, 1000, 0):
        assert counts.nbytes <= 8 * confidence.CHUNK
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200e6
