import types

import numpy as np
import pytest
import torch

from portrait_matting.callbacks import score_curves
from portrait_matting.callbacks.score_curves import ScoreCurves, plot
from portrait_matting.metrics import CalibrationError, MaxF
from portrait_matting.reporting.score_curves import draw_calibration, draw_precision_recall


@pytest.fixture
def tested():
    """A module after a test of one portrait: half of it foreground, and everywhere 0.25 predicted."""
    alpha = torch.zeros(1, 1, 8, 8)
    alpha[..., :4] = 1
    metrics = {"test/max_f": MaxF(), "test/calibration_error": CalibrationError()}
    for metric in metrics.values():
        metric.update(torch.full_like(alpha, 0.25), alpha)
    return types.SimpleNamespace(test_metrics=metrics)


def test_the_curves_of_a_test_by_hand(tested, monkeypatch):
    sent = {}
    monkeypatch.setattr(score_curves, "shown_by", lambda trainer: trainer.loggers)
    monkeypatch.setattr(
        score_curves, "log_curves", lambda loggers, name, found, axis, title, picture, step: sent.update({name: found})
    )
    trainer = types.SimpleNamespace(loggers=["one"], global_step=3)
    ScoreCurves().on_test_end(trainer, tested)
    recall, precision = sent["curves/precision_recall"]["test"]
    assert set(zip(recall, precision, strict=True)) == {(0.0, 0.0), (1.0, 0.5)}  # nothing, or all of it
    predicted, true = sent["curves/calibration"]["test"]
    filled = np.isfinite(predicted)
    np.testing.assert_allclose([predicted[filled], true[filled]], [[0.25], [0.5]])


def test_without_a_dashboard_nothing_is_drawn(monkeypatch):
    monkeypatch.setattr(score_curves, "plot", lambda *_: pytest.fail("drawn for nobody"))
    ScoreCurves().on_test_end(types.SimpleNamespace(loggers=[], is_global_zero=True), None)


@pytest.mark.parametrize("draw", [draw_precision_recall, draw_calibration])
def test_a_plot_shows_its_curve(draw):
    means = np.linspace(0.05, 0.95, 9)
    measured = np.stack([np.full(9, 0.1), 0.1 * means, 0.1 * means])
    picture, empty = (plot(draw, one, "title") for one in (measured, measured * np.nan))
    assert picture.shape == (500, 600, 3)
    assert (picture != empty).any(axis=2).sum() > 100


def test_the_plot_is_drawn_by_what_draws_it_in_a_report(tested, monkeypatch):
    drawn = []
    monkeypatch.setattr(score_curves, "shown_by", lambda trainer: ["one"])
    monkeypatch.setattr(score_curves, "log_curves", lambda *_: None)
    monkeypatch.setattr(score_curves, "plot", lambda draw, measured, title: drawn.append((draw, measured.shape)))
    ScoreCurves().on_test_end(types.SimpleNamespace(global_step=3), tested)
    assert drawn == [(draw_precision_recall, (3, 256)), (draw_calibration, (3, 9))]
