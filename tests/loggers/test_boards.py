import types

import cv2
import numpy as np
import pytest
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger, WandbLogger
from matplotlib.figure import Figure

from portrait_matting.loggers.boards import boards, drawn, log_curves, log_metrics, log_picture, shown_by

PICTURE = np.full((4, 6, 3), (200, 30, 90), np.uint8)


@pytest.fixture
def loggers(tmp_path):
    """All three, and what the two dashboards are sent."""
    sent = []
    tensorboard = TensorBoardLogger(tmp_path)
    writer = types.SimpleNamespace(add_summary=lambda *a: sent.append(("tensorboard", a, {})))
    tensorboard._experiment = types.SimpleNamespace(file_writer=writer)
    wandb = WandbLogger(save_dir=tmp_path, offline=True)
    wandb.log_image = lambda *a, **k: sent.append(("wandb", a, k))
    wandb.log_metrics = lambda *a: sent.append(("wandb", a, {}))
    tensorboard.log_metrics = lambda *a: sent.append(("tensorboard", a, {}))
    return [CSVLogger(tmp_path), tensorboard, wandb], sent


def test_metrics_csv_is_no_dashboard(loggers):
    every, _ = loggers
    assert boards(every) == every[1:]
    assert boards(every[:1]) == []


def test_only_the_first_process_shows_anything(loggers):
    every, _ = loggers
    assert shown_by(types.SimpleNamespace(loggers=every, is_global_zero=True)) == every[1:]
    assert shown_by(types.SimpleNamespace(loggers=every, is_global_zero=False)) == []


def test_metrics_go_to_the_dashboards_alone(loggers):
    every, sent = loggers
    every[0].log_metrics = lambda *_: pytest.fail("metrics.csv is not to change with the dashboards")
    log_metrics(every, {"gradients/total": 0.5}, 7)
    assert sent == [(name, ({"gradients/total": 0.5}, 7), {}) for name in ("tensorboard", "wandb")]


def decoded(arguments) -> tuple[str, np.ndarray, int]:
    """Name, picture and step of what TensorBoard was sent."""
    summary, step = arguments
    [value] = summary.value
    encoded = np.frombuffer(value.image.encoded_image_string, np.uint8)
    return value.tag, cv2.cvtColor(cv2.imdecode(encoded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), step


def test_each_dashboard_gets_the_picture_in_its_own_way(loggers):
    every, sent = loggers
    log_picture(every, "val/samples", PICTURE, 7)
    (_, to_tensorboard, _), (_, to_wandb, how) = sent
    name, picture, step = decoded(to_tensorboard)
    assert (name, step) == ("val/samples", 7)
    np.testing.assert_allclose(picture.astype(int), PICTURE, atol=4)
    assert to_wandb[0] == "val/samples"
    assert to_wandb[1][0] is PICTURE
    assert how == {"step": 7, "file_type": ["jpg"]}


def test_curves_are_data_in_wandb_and_a_picture_in_tensorboard(loggers):
    every, sent = loggers
    x = np.array([0.0, 0.5, 1.0])
    series = {"a": (x, np.array([1.0, np.nan, 3.0])), "b": (x[:2], np.array([4.0, 5.0]))}
    log_curves(every, "curves/x", series, "recall", "a title", PICTURE, 9)
    by = {name: arguments for name, arguments, _ in sent}
    assert len(sent) == 2
    assert decoded(by["tensorboard"])[::2] == ("curves/x", 9)
    (charts, step) = by["wandb"]
    assert step == 9
    table = charts["curves/x"].table
    assert table.columns == ["step", "lineKey", "lineVal"]
    assert table.data == [[0.0, "a", 1.0], [1.0, "a", 3.0], [0.0, "b", 4.0], [0.5, "b", 5.0]]


def test_a_figure_becomes_a_picture():
    figure = Figure(figsize=(3, 2), dpi=50, facecolor="#c8371b")
    picture = drawn(figure)
    assert picture.shape == (100, 150, 3)
    assert picture.dtype == np.uint8
    assert picture[0, 0].tolist() == [0xC8, 0x37, 0x1B]
