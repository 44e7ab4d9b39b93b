import pytest

from portrait_matting.memory.batch import LIMIT, Peaks, share


class Steps:
    """Predicted steps by a formula, counted."""

    def __init__(self, peak):
        self.peak, self.asked = peak, []

    def __call__(self, batch):
        self.asked.append(batch)
        return self.peak(batch)


def true_largest(peak, budget):
    return max((batch for batch in range(1, LIMIT + 1) if peak(batch) <= budget), default=0)


PEAKS = {
    "line": lambda batch: 700 + 410 * batch,
    "no constant": lambda batch: 410 * batch,
    "optimizer first": lambda batch: max(3000, 200 + 97 * batch),
    "bends up": lambda batch: max(900 + 100 * batch, 300 + 180 * batch),
    "rounded": lambda batch: 700 + 4 * (410 * batch // 4),
}


@pytest.mark.parametrize("budget", [0, 1, 410, 1109, 1110, 1111, 2999, 3000, 4799, 4800, 12_345, 98_765])
@pytest.mark.parametrize("name", PEAKS)
def test_the_largest_batch_that_fits(name, budget):
    assert Peaks(PEAKS[name]).largest(budget) == true_largest(PEAKS[name], budget)


@pytest.mark.parametrize("budget", [0, 1111, 2000, 5000, 30_000])
def test_a_line_needs_three_steps(budget):
    steps = Steps(PEAKS["line"])
    largest = Peaks(steps).largest(budget)
    assert steps.asked[:2] == [1, 2]
    assert len(steps.asked) <= 3
    assert largest in [0, *steps.asked]


@pytest.mark.parametrize("name", PEAKS)
@pytest.mark.parametrize("budget", [1500, 5000, 30_000])
def test_between_known_batches_the_bytes_are_never_too_few(name, budget):
    peaks = Peaks(PEAKS[name])
    largest = peaks.largest(budget)
    for batch in range(1, largest + 1):
        assert peaks.at(batch) >= PEAKS[name](batch) - 4
    assert peaks.at(largest or 1) == PEAKS[name](largest or 1)


def test_on_a_line_all_is_exact_and_images_need_not_be_whole():
    peaks = Peaks(PEAKS["line"])
    assert peaks.largest(6000) == 12
    assert [peaks.at(images) for images in (0.5, 5, 12, 20)] == [905, 2750, 5620, 8900]
    assert peaks.fitting(6000) == pytest.approx((6000 - 700) / 410)


def test_a_step_that_needs_nothing_ends_at_the_limit():
    assert Peaks(lambda batch: 100).largest(1000) == LIMIT


@pytest.mark.parametrize(
    "effective_batch, largest, expected",
    [
        (12, 0, (0, 0)),
        (12, 1, (1, 12)),
        (12, 5, (4, 3)),
        (12, 7, (6, 2)),
        (12, 11, (6, 2)),
        (12, 12, (12, 1)),
        (12, 40, (12, 1)),
        (16, 6, (4, 4)),
        (10, 4, (2, 5)),  # 3 x 4 would be 12
        (13, 12, (7, 2)),  # 13 is prime: 14 rather than thirteen batches of one
        (7, 4, (4, 2)),
        (1, 8, (1, 1)),
    ],
)
def test_how_the_effective_batch_is_reached(effective_batch, largest, expected):
    assert share(effective_batch, largest) == expected


def test_the_effective_batch_is_never_missed():
    for effective_batch in range(1, 50):
        for largest in range(1, 60):
            batch_size, accumulate = share(effective_batch, largest)
            assert 1 <= batch_size <= largest
            assert effective_batch <= batch_size * accumulate < effective_batch + accumulate
