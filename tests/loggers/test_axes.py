import re

from portrait_matting.loggers.axes import BY_SOURCE, LAYOUT, define_axes
from portrait_matting.metrics import training_metrics
from portrait_matting.metrics.catalogue import METRICS


class FakeRun:
    def __init__(self):
        self.metrics = {}

    def define_metric(self, name, **how):
        self.metrics[name] = how


def test_validation_goes_by_the_epoch_and_is_summed_up_by_its_best():
    run = FakeRun()
    define_axes(run)
    assert run.metrics["val/mad"] == {"step_metric": "epoch", "summary": "min"}
    assert run.metrics["val/iou"] == {"step_metric": "epoch", "summary": "max"}
    assert {f"val/{name}" for name in METRICS} <= run.metrics.keys()
    assert run.metrics["train/loss_epoch"] == {"step_metric": "trainer/global_step", "summary": "min"}
    assert not [name for name in run.metrics if "*" in name or name.startswith("test/")]


def test_every_chart_of_the_layout_has_metrics():
    names = [f"val/{name}" for metric in training_metrics().values() for name in metric.names]
    names += ["train/loss", "outputs/fused", "gradients/total", "schedule/lr", "schedule/momentum"]
    for section in LAYOUT.values():
        for kind, patterns in section.values():
            assert kind == "Multiline"
            assert all(any(re.match(pattern, name) for name in names) for pattern in patterns), patterns


def test_the_sources_of_a_mix_have_metrics_of_their_own():
    run = FakeRun()
    define_axes(run, ["drawn", "real"])
    assert run.metrics["val/real/iou"] == {"step_metric": "epoch", "summary": "max"}
    [[_, [pattern]]] = [
        chart for title, chart in BY_SOURCE["validation by source"].items() if title.startswith("MAD by")
    ]
    shown = [name for name in ("val/mad", "val/real/mad", "val/real/band_mad", "test/mad") if re.match(pattern, name)]
    assert shown == ["val/mad", "val/real/mad"]
