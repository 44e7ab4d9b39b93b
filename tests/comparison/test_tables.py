import csv
import io
import math
from pathlib import Path

import numpy as np
import pytest

from portrait_matting.comparison.result import Arm, Difference, Ranking, Row, Run
from portrait_matting.comparison.tables import (
    COST,
    answer,
    compare_csv,
    correction,
    cost,
    number,
    spread,
    step,
    summary,
    verdict,
)


def arm(name: str, seeds: int = 3, images: int = 16, **figures) -> Arm:
    runs = [
        Run(Path(name) / str(seed), {"seed": seed}, figures, [str(index) for index in range(images)], {})
        for seed in range(seeds)
    ]
    return Arm(name, {"loss.width": name}, runs)


def row(name: str, mean: float, difference: float | None = None, differs: bool = False, seeds: int = 3, p=None) -> Row:
    found = None
    if difference is not None:
        p = p if p is not None else 0.01 if differs else 0.4
        found = Difference(difference, difference - 0.01, difference + 0.01, p, differs, seeds, 16)
    values = [mean + 0.001 * (at - (seeds - 1) / 2) for at in range(seeds)]
    return Row(arm(name, seeds), mean, 0.001 if seeds > 1 else math.nan, values, found)


def ranking(*rows: Row, metric: str = "mad", named: bool = False) -> Ranking:
    return Ranking(metric, list(rows), next(one.arm for one in rows if one.against is None), named)


def test_the_answer_is_who_is_best_by_how_much_and_that_it_is_more_than_noise():
    assert answer(ranking(row("b", 0.04), row("a", 0.06, 0.02, True))) == [
        "b has the lowest MAD: 0.0400 ± 0.0010, over 3 seeds and 16 test portraits.",
        "It is better than a by 0.0200 (p = 0.01): more than noise.",
    ]


def test_the_answer_says_when_a_difference_is_within_noise():
    lines = answer(ranking(row("b", 0.95), row("a", 0.94, -0.01), metric="iou"))
    assert lines[0].startswith("b has the highest IoU: 0.9500")
    assert lines[1:] == [
        "a is behind by 0.0100 (p = 0.4), which is within noise: these runs do not say whether it is any worse."
    ]


def test_of_many_arms_those_that_lie_behind_are_parted_from_those_that_may_not():
    near = [row(name, 0.05, 0.001 * (at + 1)) for at, name in enumerate("bc")]
    behind = [row(name, 0.09, 0.05 + 0.01 * at, True) for at, name in enumerate("defgh")]
    lines = answer(ranking(row("a", 0.04), *near, *behind))
    assert "It is better than d and 4 others by 0.0500 to 0.0900: more than noise." in lines
    assert any(line.startswith("b and c are behind by 0.0010 to 0.0020, which is within noise") for line in lines)


def test_one_seed_is_called_one_seed():
    lines = answer(ranking(row("b", 0.04, seeds=1), row("a", 0.06, 0.02, True, seeds=1)))
    assert "0.0400, over 1 seed and" in lines[0]
    assert "seed=0,1,2" in lines[-1]
    assert not any("seed=0,1,2" in line for line in answer(ranking(row("b", 0.04), row("a", 0.06, 0.02, True))))


def test_what_was_not_tested_is_not_called_noise():
    lines = answer(ranking(row("b", 0.9), row("a", 0.8, -0.1, p=math.nan), metric="max_f"))
    assert lines[1:] == ["Whether that is more than noise was not tested for a."]
    assert verdict(row("a", 0.8, -0.1, p=math.nan), "max_f") == "not tested"


def test_it_is_said_how_many_tests_p_allows_for():
    rows = [row("a", 0.04), *(row(name, 0.05, 0.01) for name in "bcd")]
    assert correction(ranking(*rows)).startswith("Against a, which these scores chose, p allows for all 6 pairs")
    assert correction(ranking(*rows, named=True)).startswith("Against a, which was named whatever the scores, p allows")
    assert "3 tests" in correction(ranking(*rows, named=True))
    assert {correction(ranking(*rows[:2], named=named)) for named in (False, True)} == {
        "p is of one test: there are no others for Holm's correction to allow for."
    }


def test_one_arm_has_nothing_to_be_compared_with():
    assert answer(ranking(row("b", 0.04)))[1] == "It is alone: there is nothing to compare it with."


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
def test_the_verdict_knows_which_way_is_better(metric, difference, differs, expected):
    assert verdict(row("a", 0.5, difference, differs), metric) == expected


def test_numbers_are_written_so_that_they_tell():
    assert step(Difference(-0.000123, -0.0005, 0.0002, 0.4, False, 3, 16), "mad") == (
        "-0.00012",
        "-0.00050",
        "+0.00020",
    )
    assert step(Difference(0.5, math.nan, math.nan, math.nan, False, 3, 16), "sad") == ("+0.500", "–", "–")
    assert step(Difference(0.0, 0.0, 0.0, 1.0, False, 3, 16), "mad")[0] == "+0.0000"
    assert spread(row("a", 0.04, seeds=1), "mad") == "0.0400"
    assert spread(Row(arm("a"), math.nan, math.nan, [math.nan], None), "mad") == "–"
    assert [number(value) for value in (1234.5, 12.345, 0.6148, math.nan)] == ["1,234", "12.3", "0.615", "–"]


def test_the_cost_is_a_mean_over_the_runs_that_measured_it():
    figures = [{"fit_seconds": 10.0}, {"fit_seconds": 20.0, "peak_memory_gib": 2.0}]
    found = cost(Arm("a", {}, [Run(Path("a"), {}, one, [], {}) for one in figures]))
    assert (found["fit_seconds"], found["peak_memory_gib"]) == (15.0, 2.0)
    assert math.isnan(found["cpu_seconds"])


def test_what_is_printed_has_the_ranked_table_a_sentence_for_each_arm_and_what_was_left_out(rankings):
    text = summary(rankings, "mad", rankings["mad"], ["wide 7 failed: no room"])
    lines = text.splitlines()
    head = next(line for line in lines if "seeds" in line and "IoU" in line)
    first, second = lines[lines.index(head) + 1 :][:2]
    for label in ("MAD", "MAD in the band", *COST.values(), "MAD against width=0.5"):
        assert label in head
    assert first.split()[:2] == ["1", "width=0.5"]
    assert first.endswith("reference")
    assert {"50", "1,234", "1.5"} <= set(first.split())  # seconds, of the processor, GiB
    assert second.split()[:2] == ["2", "width=2"]
    assert second.endswith(f"{rankings['mad'].rows[1].against.value:+.4f}  worse")
    assert len([line for line in lines if line.startswith("width=2 has a worse MAD than width=0.5")]) == 1
    assert lines[-2:] == ["left out:", "  wide 7 failed: no room"]


def test_the_csv_has_a_row_for_each_figure_of_each_arm(rankings):
    rows = list(csv.DictReader(io.StringIO(compare_csv(rankings))))
    assert [(one["arm"], one["figure"]) for one in rows] == [
        (name, figure) for figure in ("mad", "band_mad", "iou", "max_f") for name in ("width=0.5", "width=2")
    ]
    first, second = rows[:2]
    assert (first["loss.width"], second["loss.width"]) == ("0.5", "2.0")
    assert (first["rank"], second["rank"]) == ("1", "2")
    mean = np.mean([run.scores["mad"].mean() for run in rankings["mad"].rows[0].arm.runs])
    assert float(first["mean"]) == pytest.approx(mean, rel=1e-5)
    assert (first["seeds"], first["images"], first["peak_memory_gib"]) == ("2", "12", "1.5")
    assert (first["reference"], first["difference"], first["differs"]) == ("width=0.5", "", "")
    assert float(second["difference"]) == pytest.approx(0.2, abs=1e-3)
    assert float(second["low"]) < float(second["difference"]) < float(second["high"])
    assert (second["differs"], second["paired_seeds"], second["paired_images"]) == ("true", "2", "12")
    untested = rows[-1]
    assert untested["difference"]
    assert (untested["p"], untested["differs"]) == ("", "")
