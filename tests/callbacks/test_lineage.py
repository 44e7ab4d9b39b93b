import types
from pathlib import Path

import pytest
import torch

from portrait_matting.callbacks import lineage
from portrait_matting.callbacks.lineage import Lineage, written_in
from portrait_matting.loggers.provenance import checkpoint_name
from portrait_matting.loggers.wandb import wandb_logger


def save(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    callbacks = {
        "best": {"monitor": "val/mad", "best_model_score": torch.tensor(0.25)},
        "last": {"monitor": None, "best_model_score": None},
        "other": {"count": 1},
    }
    torch.save({"epoch": 3, "global_step": 40, "callbacks": callbacks, "state_dict": {}}, path)
    return path


def test_a_checkpoint_tells_when_and_why_it_was_written(tmp_path):
    assert written_in(save(tmp_path / "best.ckpt")) == {"epoch": 3, "step": 40, "val/mad": 0.25}


class FakeRun:
    id, name = "abcd", "seed=1"

    def __init__(self):
        self.config, self.logged, self.used = {}, [], []

    def log_artifact(self, artifact, aliases):
        self.logged.append((artifact, aliases))

    def use_artifact(self, artifact):
        self.used.append(artifact)


class Config(dict):
    def update(self, values, allow_val_change=False):
        super().update(values)


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setattr(lineage, "fingerprint", lambda data: {"train": "00ff"})
    logger = wandb_logger(str(tmp_path), project="p", name=None, group=None)
    logger._experiment = FakeRun()
    logger._experiment.config = Config()
    trainer = types.SimpleNamespace(
        loggers=[logger], is_global_zero=True, datamodule=None, callback_metrics={"test/mad": torch.tensor(0.5)}
    )
    weights = save(tmp_path / "elsewhere" / "best.ckpt")
    config = {"run_dir": str(tmp_path / "run"), "resume": None, "model": {"weights": str(weights)}}
    return trainer, types.SimpleNamespace(config=config), logger, weights


def test_the_best_checkpoint_is_filed_with_all_that_it_comes_from(run, tmp_path):
    trainer, module, logger, weights = run
    best = save(tmp_path / "run" / "checkpoints" / "best.ckpt")
    Lineage(str(tmp_path / "run")).on_test_end(trainer, module)
    [(artifact, aliases)] = logger.experiment.logged
    assert (artifact.name, artifact.type, aliases) == (checkpoint_name(best), "model", ["best"])
    facts = artifact.metadata
    assert {name: facts[name] for name in ("run", "run_name", "epoch", "val/mad", "test/mad")} == {
        "run": "abcd",
        "run_name": "seed=1",
        "epoch": 3,
        "val/mad": 0.25,
        "test/mad": 0.5,
    }
    assert facts["data"] == {"train": "00ff"}
    assert facts["started_from"]["artifact"] == checkpoint_name(weights)
    [entry] = artifact.manifest.entries.values()
    assert entry.local_path == str(best), "it is not copied"


def test_a_run_that_left_no_checkpoint_files_none(run, tmp_path):
    trainer, module, logger, _ = run
    Lineage(str(tmp_path / "run")).on_test_end(trainer, module)
    assert not logger.experiment.logged


@pytest.mark.parametrize("offline", [True, False])
def test_the_first_weights_are_an_artifact_that_was_used_where_wandb_can_note_it(offline, run, tmp_path):
    trainer, module, logger, weights = run
    logger._offline = offline
    Lineage(str(tmp_path / "run")).on_fit_start(trainer, module)
    assert logger.experiment.config["provenance"]["started_from"]["artifact"] == checkpoint_name(weights)
    assert [artifact.name for artifact in logger.experiment.used] == ([] if offline else [checkpoint_name(weights)])


def test_other_processes_do_nothing(run, tmp_path):
    trainer, module, logger, _ = run
    trainer.is_global_zero = False
    save(tmp_path / "run" / "checkpoints" / "best.ckpt")
    callback = Lineage(str(tmp_path / "run"))
    callback.on_fit_start(trainer, module)
    callback.on_test_end(trainer, module)
    assert not logger.experiment.config
    assert not logger.experiment.logged
