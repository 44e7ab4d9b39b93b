import numpy as np
import pytest
from scipy import stats

from portrait_matting.comparison.crossed import LEAST_P, crossed_test


def noise(generator, seeds, images, of_seed, of_image, rest):
    """Differences (S, N) of two arms that are alike, by the three standard deviations."""
    return (
        generator.normal(0, of_seed, (seeds, 1))
        + generator.normal(0, of_image, (1, images))
        + generator.normal(0, rest, (seeds, images))
    )


def by_regression(difference):
    """The mean squares of seeds, images and rest by least squares with a column for each seed and image."""
    seeds, images = difference.shape
    row, column = (index.ravel() for index in np.indices(difference.shape))

    def left(*factors):
        design = np.hstack(
            [np.ones((difference.size, 1)), *[factor[:, None] == np.unique(factor) for factor in factors]]
        )
        fitted = design @ np.linalg.lstsq(design, difference.ravel(), rcond=None)[0]
        return np.sum((difference.ravel() - fitted) ** 2)

    rest = left(row, column)
    return (
        (left(column) - rest) / (seeds - 1),
        (left(row) - rest) / (images - 1),
        rest / ((seeds - 1) * (images - 1)),
    )


def test_two_seeds_by_hand():
    """d = [[1, 3], [3, 9]]: mean 4; seeds 2 and 6, MS 2·8 = 16; images 2 and 6, MS 16; rest ±1, MS 4."""
    value, low, high, p = crossed_test(np.zeros((2, 2)), np.array([[1.0, 3.0], [3.0, 9.0]]))
    assert value == 4
    half = stats.t.ppf(0.975, 1) * np.sqrt((16 + 16 - 4) / 4)  # both terms have one degree of freedom
    assert [low, high] == pytest.approx([4 - half, 4 + half])
    assert p == pytest.approx(2 * stats.t.sf(4 / np.sqrt(7), 1))


@pytest.mark.parametrize("shape", [(2, 9), (3, 20), (5, 7)])
@pytest.mark.parametrize("of_image", [0.0, 2.0])
def test_equal_to_mean_squares_by_regression(shape, of_image):
    difference = 0.5 + noise(np.random.default_rng(7), *shape, 1.0, of_image, 1.0)
    by_seed, by_image, rest = by_regression(difference)
    extra = max(by_image - rest, 0)
    assert (of_image == 0) == (extra < rest), "one case without an effect of the image, one with"
    error = np.sqrt((by_seed + extra) / difference.size)
    critical = (by_seed * stats.t.ppf(0.95, shape[0] - 1) + extra * stats.t.ppf(0.95, shape[1] - 1)) / (by_seed + extra)
    value, low, high, _ = crossed_test(np.zeros(shape), difference, level=0.9)
    assert value == pytest.approx(difference.mean())
    assert [low, high] == pytest.approx([value - critical * error, value + critical * error])


@pytest.mark.parametrize("seeds", [1, 2, 4])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_p_is_where_the_interval_ends(seeds, level):
    difference = 1 + noise(np.random.default_rng(seeds), seeds, 30, 0.3, 1.0, 0.5)
    _, low, high, _ = crossed_test(np.zeros_like(difference), difference, level)
    for end in (low, high):
        assert crossed_test(np.full_like(difference, end), difference)[3] == pytest.approx(1 - level, rel=1e-6)


def test_one_seed_is_the_paired_t_test():
    first, second = np.random.default_rng(0).normal(0.1, 1, (2, 1, 25))
    reference = stats.ttest_rel(second[0], first[0])
    value, low, high, p = crossed_test(first, second)
    assert p == pytest.approx(reference.pvalue)
    assert [low, high] == pytest.approx([*reference.confidence_interval(0.95)])
    assert low < value < high


def test_an_image_without_a_band_is_left_out_whole():
    first, second = np.random.default_rng(1).normal(size=(2, 3, 12))
    kept = [0, 1, 3, 4, 5, 6, 7, 9, 10, 11]
    wanted = crossed_test(first[:, kept], second[:, kept])
    first[:, 2], second[1, 8] = np.nan, np.nan
    assert crossed_test(first, second) == pytest.approx(wanted)


def test_nothing_differs():
    scores = np.random.default_rng(2).random((3, 8))
    assert crossed_test(scores, scores) == (0, 0, 0, 1)
    difference = np.array([[1.0, -1.0, 0.5, -0.5], [-1.0, 1.0, -0.5, 0.5]])  # a mean of exactly 0
    assert crossed_test(np.zeros((2, 4)), difference)[3] == 1


@pytest.mark.parametrize("seeds", [1, 3])
def test_everything_differs_alike(seeds):
    assert crossed_test(np.zeros((seeds, 4)), np.full((seeds, 4), 0.25)) == (0.25, 0.25, 0.25, LEAST_P)


def test_too_few_images():
    assert crossed_test(np.zeros((3, 1)), np.ones((3, 1))) == pytest.approx((1, np.nan, np.nan, np.nan), nan_ok=True)
    assert np.isnan(crossed_test(np.zeros((3, 2)), np.full((3, 2), np.nan))).all()


def test_no_false_alarm_where_trainings_differ_by_chance():
    """Two arms alike, three seeds each: held against the images alone, every third such comparison finds a winner."""
    generator = np.random.default_rng(5)
    crossed, images_alone = [], []
    for _ in range(300):
        difference = noise(generator, 3, 200, 0.2, 1.0, 1.0)
        crossed.append(crossed_test(np.zeros_like(difference), difference)[3])
        images_alone.append(stats.ttest_1samp(difference.mean(0), 0).pvalue)
    assert np.mean(np.array(images_alone) < 0.05) > 0.2
    assert 0.01 < np.mean(np.array(crossed) < 0.05) < 0.06


def test_a_difference_that_is_there_is_found():
    generator = np.random.default_rng(6)
    found = [
        crossed_test(np.zeros((3, 200)), 0.5 + noise(generator, 3, 200, 0.05, 1.0, 1.0))[3] < 0.05 for _ in range(100)
    ]
    assert np.mean(found) > 0.9
