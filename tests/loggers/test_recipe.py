import types

import pytest

from portrait_matting.loggers.csv import csv_logger
from portrait_matting.loggers.recipe import log_recipe, log_summary
from portrait_matting.loggers.tensorboard import tensorboard_logger
from portrait_matting.loggers.wandb import wandb_logger

CONFIG = {"seed": 3, "run_dir": "runs/a", "model": {"_target_": "m", "weights": None}, "betas": [0.9, 0.999]}


def test_tensorboard_has_the_recipe_as_text_and_to_rank_runs_by(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    logger = tensorboard_logger(str(tmp_path))
    log_recipe([csv_logger(str(tmp_path)), logger], CONFIG)
    logger.finalize("success")
    events = EventAccumulator(str(tmp_path)).Reload()
    [text] = [event.tensor_proto.string_val[0].decode() for event in events.Tensors("recipe/text_summary")]
    assert "    run_dir: runs/a\n" in text
    begun = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    shown = HParamsPluginData.FromString(begun).session_start_info.hparams
    assert set(shown) == {"seed", "model._target_", "model.weights", "betas"}, "and not where it writes"
    assert shown["seed"].number_value == 3
    assert shown["betas"].string_value == "[0.9, 0.999]"
    assert "custom_scalars__config__" in events.Tags()["tensors"]


def test_wandb_has_the_whole_recipe_its_axes_and_what_the_run_cost(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path))
    logger = wandb_logger(str(tmp_path), project="p", name=None, group=None)
    config, summary, defined = {}, {}, []
    logger._experiment = types.SimpleNamespace(
        config=types.SimpleNamespace(update=lambda values, allow_val_change: config.update(values)),
        summary=summary,
        define_metric=lambda name, **_: defined.append(name),
    )
    log_recipe([logger], CONFIG)
    assert config == CONFIG
    assert "val/mad" in defined
    log_summary([csv_logger(str(tmp_path)), logger], {"fit_seconds": 7.5})
    assert summary == {"cost/fit_seconds": 7.5}
