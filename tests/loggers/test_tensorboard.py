import pytest

from portrait_matting.errors import InputError
from portrait_matting.loggers.tensorboard import tensorboard_logger


def test_tensorboard_writes_into_the_runs_folder(tmp_path):
    pytest.importorskip("tensorboard")
    logger = tensorboard_logger(str(tmp_path))
    logger.log_metrics({"train/loss": 0.5}, 0)
    logger.finalize("success")
    assert [path.name.split(".")[1] for path in tmp_path.glob("*")] == ["out"], "event files alone"


def test_tensorboard_shows_tidy_names_and_no_epoch(tmp_path):
    pytest.importorskip("tensorboard")
    logger = tensorboard_logger(str(tmp_path))
    shown = []
    logger.experiment.add_scalar = lambda *arguments: shown.append(arguments)
    logger.log_metrics({"lr": 0.5, "train/loss_side2": 0.25, "epoch": 1}, 3)
    assert shown == [("schedule/lr", 0.5, 3), ("outputs/side2", 0.25, 3)]


def test_tensorboard_that_is_not_installed(tmp_path, monkeypatch):
    def missing(*arguments, **keywords):
        raise ModuleNotFoundError("tensorboard")

    monkeypatch.setattr("portrait_matting.loggers.tensorboard._TensorBoard", missing)
    with pytest.raises(InputError, match=r"logger=tensorboard .*pip install"):
        tensorboard_logger(str(tmp_path))
