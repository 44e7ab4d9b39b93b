from types import SimpleNamespace

import pytest
import torch

from portrait_matting.errors import InputError
from portrait_matting.hardware import Hardware
from portrait_matting.losses import BCE, DeepSupervision
from portrait_matting.memory.batch import Peaks
from portrait_matting.memory.configuration import TrainingConfiguration, advice, choose_configuration, override
from portrait_matting.memory.footprint import footprint
from portrait_matting.memory.plan import HALF_SPEED, plan_configurations
from portrait_matting.models.u2net import u2netp

WEIGHTS, PER_PIXEL = 1000, 2.0
HALF = {"32-true": 1.0, "16-mixed": 0.5}
KEPT = {"none": 1.0, "most": 0.5, "all": 0.25}
FLOPS = {"none": 300, "most": 375, "all": 400}


class Steps:
    """A footprint that can be worked by hand, and how often it was asked for."""

    def __init__(self):
        self.asked = []

    def __call__(
        self, net, loss, optimizer, batch_size, input_size, precision, recompute, device, channels_last, accumulate
    ) -> SimpleNamespace:
        assert accumulate == 2
        self.asked.append((input_size, precision, recompute, batch_size))
        kept = PER_PIXEL * HALF[precision] * KEPT[recompute]
        return SimpleNamespace(peak=WEIGHTS + round(batch_size * input_size**2 * kept))


def planned(budget, measure=None, **arguments):
    defaults = {"sizes": (40, 64, 128), "flops": lambda net, recompute: FLOPS[recompute]}
    return plan_configurations(None, None, None, budget, measure=measure or Steps(), **defaults | arguments)


def test_a_plan_worked_by_hand():
    rows = planned(WEIGHTS + 5 * 64 * 64 * 2, sizes=(64, 128), recomputes=("none", "all"))
    assert rows == [
        TrainingConfiguration(64, "32-true", "none", 5, 4, 3, WEIGHTS + 4 * 8192, 2.0),
        TrainingConfiguration(64, "32-true", "all", 20, 12, 1, WEIGHTS + 12 * 2048, pytest.approx(8 / 3)),
        TrainingConfiguration(64, "16-mixed", "none", 10, 6, 2, WEIGHTS + 6 * 4096, 1.0),
        TrainingConfiguration(64, "16-mixed", "all", 40, 12, 1, WEIGHTS + 12 * 1024, pytest.approx(4 / 3)),
        TrainingConfiguration(128, "32-true", "none", 1, 1, 12, WEIGHTS + 32768, 2.0),
        TrainingConfiguration(128, "32-true", "all", 5, 4, 3, WEIGHTS + 4 * 8192, pytest.approx(8 / 3)),
        TrainingConfiguration(128, "16-mixed", "none", 2, 2, 6, WEIGHTS + 2 * 16384, 1.0),
        TrainingConfiguration(128, "16-mixed", "all", 10, 6, 2, WEIGHTS + 6 * 4096, pytest.approx(4 / 3)),
    ]
    assert HALF_SPEED == 2


@pytest.mark.parametrize("exact_size", [None, 40, 96, 192])
def test_a_plan_asks_for_steps_of_one_size(exact_size):
    steps = Steps()
    rows = planned(160_000, steps, sizes=(40, 48, 64, 96, 128, 192), exact_size=exact_size)
    assert len(rows) == 36
    assert {size for size, *_ in steps.asked} == {exact_size or 40}
    assert len(steps.asked) == len(set(steps.asked)) <= 4 * 6
    for row in rows:
        kept = row.input_size**2 * PER_PIXEL * HALF[row.precision] * KEPT[row.recompute]
        assert row.largest == (160_000 - WEIGHTS) // kept
        assert row.predicted_bytes == WEIGHTS + (row.batch_size or 1) * kept


def test_where_nothing_fits_the_row_tells_what_one_image_needs():
    [small, large] = planned(WEIGHTS + 4000, sizes=(40, 64), precisions=["32-true"], recomputes=["none"])
    assert (small.largest, small.batch_size, small.accumulate) == (1, 1, 12)
    assert large == TrainingConfiguration(64, "32-true", "none", 0, 0, 0, WEIGHTS + 8192, 1.0)


def test_sizes_come_once_and_sorted():
    assert [row.input_size for row in planned(9999, sizes=[64, 40, 64], precisions=["32-true"])] == [40] * 3 + [64] * 3


@pytest.mark.parametrize("budget, expected", [(0, 0), (WEIGHTS + 2047, 0), (WEIGHTS + 2048, 1), (WEIGHTS + 99_999, 48)])
def test_the_largest_batch_of_one_size(budget, expected):
    steps = Steps()
    fixed = 32, "32-true", "none", "cuda", True, 2
    assert Peaks(lambda batch: steps(None, None, None, batch, *fixed).peak).largest(budget) == expected
    assert len(steps.asked) <= 3


def row(batch_size, accumulate=1, time=1.0, **others):
    given = {"input_size": 64, "precision": "16-mixed", "recompute": "none", "largest": batch_size} | others
    return TrainingConfiguration(
        batch_size=batch_size, accumulate=accumulate, predicted_bytes=1, relative_time=time, **given
    )


@pytest.mark.parametrize(
    "rows, index",
    [
        ([row(4, 3, 2.0), row(4, 3, 1.0)], 1),  # the least time
        ([row(4, 3), row(6, 2)], 1),  # at equal times the larger batch
        ([row(2, 6, 1.0), row(4, 3, 1.3), row(12, 1, 1.4)], 1),  # a real batch before the least time
        ([row(1, 12, 1.0), row(3, 4, 1.4), row(3, 4, 1.3)], 2),  # none has one: the largest
        ([row(0, 0, 1.0), row(1, 12, 2.0)], 1),  # what does not fit is not chosen
        ([row(2, 1, 1.0), row(2, 1, 2.0)], 0),  # an effective batch of two
        ([row(12, input_size=32), row(4, 3, 2.0)], 1),
    ],
)
def test_the_row_that_is_chosen(rows, index):
    assert choose_configuration(rows, 64) == rows[index]


def test_how_many_images_are_a_real_batch_can_be_set():
    rows = [row(2, 6, 1.0), row(4, 3, 1.3)]
    assert choose_configuration(rows, 64, least_batch=1) == rows[0]


def test_what_cannot_be_chosen():
    with pytest.raises(InputError, match=r"input_size=100 is not planned: give one of 32, 64"):
        choose_configuration([row(4), row(4, input_size=32)], 100)
    with pytest.raises(InputError, match=r"input_size=64 does not fit: a single image needs 0\.00 GB"):
        choose_configuration([row(0, 0), row(12, input_size=32)], 64)


def test_the_override_of_a_row():
    words = "hardware.input_size=64 hardware.batch_size=4 hardware.accumulate=3 hardware.precision=16-mixed"
    assert override(row(4, 3, recompute="most")) == f"{words} hardware.recompute=most"


def hardware(batch_size, accumulate=1):
    return Hardware("cpu", 1, "16-mixed", batch_size, accumulate, 64, workers=0, channels_last=True)


@pytest.mark.parametrize(
    "tried, rows, says",
    [
        (hardware(12), [row(4, 3, largest=5)], ["batch_size=12", "5 images fit", "1.0 GB", override(row(4, 3))]),
        (hardware(12), [row(0, 0)], ["does not fit", "smaller size"]),
        (
            hardware(4, 3),
            [row(6, 2)],
            ["planner says fits", "nvidia-smi", "hardware.batch_size=2 hardware.accumulate=6"],
        ),
        (hardware(1, 12), [row(1, 12)], ["planner says fits", "nvidia-smi"]),
    ],
)
def test_the_advice_after_running_out_of_memory(tried, rows, says):
    line = advice(tried, rows, 2**30)
    assert "\n" not in line
    for words in [*says, "ran out of memory", "hardware.input_size=64", "hardware.recompute=none"]:
        assert words in line


@pytest.mark.slow
def test_a_plan_of_one_size_holds_for_the_others():
    """The rows that follow from pixels against steps of their own size; 90 and 200 are no multiples of 32."""
    given = (u2netp, DeepSupervision(BCE()), torch.optim.AdamW)
    budget = 400 * 2**20
    exact, *others = plan_configurations(*given, budget, (64, 90, 200), ["16-mixed"], ["all"], exact_size=64)
    assert footprint(*given, exact.largest, 64, "16-mixed", "all", accumulate=2).peak <= budget
    assert footprint(*given, exact.largest + 1, 64, "16-mixed", "all", accumulate=2).peak > budget
    for row in others:
        alone = footprint(*given, row.batch_size, row.input_size, "16-mixed", "all", accumulate=2)
        assert row.predicted_bytes == pytest.approx(alone.peak, rel=0.01), row
