from dataclasses import replace

import numpy as np

from portrait_matting.learning_rate.finding import Finding
from portrait_matting.loggers.csv import csv_logger
from portrait_matting.loggers.finder_curve import log_finding, series


def finding():
    lrs = np.array([1e-3, 1e-2, 1e-1])
    return Finding(0.01, lrs, np.array([3.0, 1.0, np.nan]), np.array([3.5, 0.5, 9.0]), "valley", False, "made up")


def test_the_curve_and_the_rate_that_was_chosen():
    found = series(finding())
    np.testing.assert_allclose(found["smoothed"][0], [-3, -2, -1])
    np.testing.assert_array_equal(found["mean of the sweeps"][1], [3.5, 0.5, 9])
    np.testing.assert_allclose(found["chosen"], [[-2, -2], [1, 3]])


def test_several_sweeps_are_curves_of_their_own():
    sweeps = np.array([[3.0, 1.0, 9.0], [4.0, 0.0, np.nan]])
    found = series(replace(finding(), sweeps=sweeps))
    assert list(found) == ["smoothed", "mean of the sweeps", "sweep 1", "sweep 2", "chosen"]
    np.testing.assert_array_equal(found["sweep 2"][1], sweeps[1])
    assert "sweep 1" not in series(replace(finding(), sweeps=sweeps[:1])), "one sweep is its own mean"


def test_metrics_csv_alone_does_not_even_read_the_picture(tmp_path):
    log_finding([csv_logger(str(tmp_path))], finding(), tmp_path / "missing.png")
