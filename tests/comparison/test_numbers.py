import math
from pathlib import Path

import pytest

from portrait_matting.comparison.numbers import cost, number, spread, step, verdict
from portrait_matting.comparison.result import Arm, Difference, RankedArm, Run


@pytest.mark.parametrize(
    ("metric", "difference", "differs", "expected"),
    [
        ("mad", 0.1, True, "worse"),
        ("mad", -0.1, True, "better"),
        ("iou", 0.1, True, "better"),
        ("iou", -0.1, True, "worse"),
        ("mad", -0.1, False, "within noise"),
        ("mad", None, False, "reference"),
    ],
)
def test_the_verdict_knows_which_way_is_better(row, metric, difference, differs, expected):
    assert verdict(row("a", 0.5, difference, differs), metric) == expected


def test_numbers_are_written_so_that_they_tell(arm, row):
    assert step(Difference(-0.000123, -0.0005, 0.0002, 0.4, False, 3, 16), "mad") == (
        "-0.00012",
        "-0.00050",
        "+0.00020",
    )
    assert step(Difference(0.5, math.nan, math.nan, math.nan, False, 3, 16), "sad") == ("+0.500", "–", "–")
    assert step(Difference(0.0, 0.0, 0.0, 1.0, False, 3, 16), "mad")[0] == "+0.0000"
    assert spread(row("a", 0.04, seeds=1), "mad") == "0.0400"
    assert spread(RankedArm(arm("a"), math.nan, math.nan, [math.nan], None), "mad") == "–"
    assert [number(value) for value in (1234.5, 12.345, 0.6148, math.nan)] == ["1,234", "12.3", "0.615", "–"]


def test_the_cost_is_a_mean_over_the_runs_that_measured_it():
    metrics = [{"fit_seconds": 10.0}, {"fit_seconds": 20.0, "peak_memory_gib": 2.0}]
    found = cost(Arm("a", {}, [Run(Path("a"), {}, one, [], {}) for one in metrics]))
    assert (found["fit_seconds"], found["peak_memory_gib"]) == (15.0, 2.0)
    assert math.isnan(found["cpu_seconds"])
