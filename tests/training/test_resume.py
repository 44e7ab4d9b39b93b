"""Whole tiny runs that are stopped, copied and gone on with."""

import csv
import json
import logging
import shutil

import pytest
import torch

from portrait_matting.config.compose import compose
from portrait_matting.errors import InputError
from portrait_matting.train import train
from portrait_matting.training.job import build_training_job

LESS = [
    "hardware.input_size=32",
    "hardware.batch_size=2",
    "hardware.workers=0",
    "hardware.precision=32-true",
    "data.train=8",
    "data.val=2",
    "data.test=2",
    "data.height=40",
    "data.width=32",
    "trainer.enable_progress_bar=false",
]
FIXED = "learning_rate.max_lr=0.01"


def go(folder, epochs, *overrides):
    return train(compose([*LESS, FIXED, f"trainer.max_epochs={epochs}", *overrides], folder))


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished") / "run"
    go(folder, 2)
    return folder


@pytest.fixture
def copied(run, tmp_path):
    return shutil.copytree(run, tmp_path / "copy")


@pytest.mark.parametrize("epochs", [2, pytest.param(1, marks=pytest.mark.slow)])
def test_a_finished_run_that_is_copied_trains_nothing_says_so_and_stays_as_it_is(epochs, copied, caplog):
    before = files(copied)
    with caplog.at_level(logging.INFO):
        metrics = go(copied, epochs, "resume=last")
    assert "nothing is trained: the run has its 2 epochs already" in caplog.text
    assert "trainer.max_epochs=N" in caplog.text
    assert files(copied) == before
    assert metrics == json.loads((copied / "metrics.json").read_text())


@pytest.mark.slow
def test_one_whose_test_is_missing_is_tested_and_not_trained(run, copied):
    (copied / "metrics.json").unlink()
    rows = (copied / "metrics.csv").read_text().splitlines()
    metrics = go(copied, 2, "resume=last")
    whole = json.loads((run / "metrics.json").read_text())
    assert {name: value for name, value in whole.items() if "/" in name}.items() <= metrics.items()
    with (copied / "metrics.csv").open() as file:
        assert len([row for row in csv.DictReader(file) if row["val/mad"]]) == 2
    assert len(rows) >= 2


@pytest.mark.slow
def test_more_epochs_say_what_the_rate_does_before_they_begin(copied, caplog):
    with caplog.at_level(logging.INFO):
        go(copied, 4, "resume=last")
    assert "goes on after step 8 of 16 at a learning rate of 0.00" in caplog.text
    assert "one_cycle, stretched over the run as it is now, after 1e-05 of its curve so far" in caplog.text
    with (copied / "metrics.csv").open() as file:
        assert [row["epoch"] for row in csv.DictReader(file) if row["val/mad"]] == ["0", "1", "2", "3"]


@pytest.mark.slow
def test_in_another_folder_the_best_of_the_run_goes_along(run, tmp_path):
    path = run / "checkpoints/best.ckpt"
    stored = torch.load(path, weights_only=True)
    for state in stored["callbacks"].values():
        if state.get("best_model_score") is not None:
            state["best_model_score"] = torch.tensor(0.001, dtype=torch.float64)  # nothing will be better
    copy = shutil.copytree(run, tmp_path / "run")
    torch.save(stored, copy / "checkpoints/best.ckpt")
    (tmp_path / "link").symlink_to(copy / "checkpoints/last.ckpt")
    metrics = go(tmp_path / "on", 3, f"resume='{tmp_path}/link'")
    assert metrics["val/mad"] == 0.001
    assert (tmp_path / "on/checkpoints/best.ckpt").read_bytes() == (copy / "checkpoints/best.ckpt").read_bytes()


@pytest.mark.slow
def test_what_the_recipe_says_of_the_optimizer_holds_from_then_on_and_is_told(copied, caplog):
    go(copied, 3, "resume=last", "optimizer.weight_decay=0.5", "optimizer.lr_scale={stage1:0.1}")
    assert "the run was begun with another optimizer: optimizer.weight_decay=0.01, where 0.5 is asked" in caplog.text
    last = torch.load(copied / "checkpoints/last.ckpt", weights_only=True)
    groups = last["optimizer_states"][0]["param_groups"]
    assert {(group.get("lr_scale"), group["weight_decay"]) for group in groups} == {
        *((0.1, 0.5), (0.1, 0.0)),
        *((None, 0.5), (None, 0.0)),
    }
    steps = {int(state["step"]) for state in last["optimizer_states"][0]["state"].values()}
    assert steps == {12}, "each parameter's state has gone on"


def test_nothing_is_chosen_anew_where_nothing_is_trained(copied):
    (copied / "metrics.json").unlink()
    best = (copied / "checkpoints/best.ckpt").read_bytes()
    with pytest.raises(InputError, match=r"was chosen by val/mad: leave out callbacks\.best\.monitor"):
        go(copied, 2, "resume=last", "callbacks.best.monitor=val/iou")
    assert (copied / "checkpoints/best.ckpt").read_bytes() == best


@pytest.mark.slow
def test_a_best_by_another_metric_is_kept_by_another_name(copied, caplog):
    before = (copied / "checkpoints/best.ckpt").read_bytes()
    metrics = go(copied, 3, "resume=last", "callbacks.best.monitor=val/iou")
    assert (copied / "checkpoints/best-by-val-mad.ckpt").read_bytes() == before
    assert "the best by val/mad is kept as" in caplog.text
    assert "val/iou" in metrics


@pytest.mark.slow
def test_a_best_that_is_gone_or_is_not_the_runs_own_is_told(copied, caplog):
    best = copied / "checkpoints/best.ckpt"
    stored = torch.load(best, weights_only=True)
    for state in stored["callbacks"].values():
        if state.get("best_model_score") is not None:
            state["best_model_score"] = state["best_model_score"] - 0.1
    torch.save(stored, best)
    go(copied, 3, "resume=last")
    assert "it stays until a better one is found" in caplog.text
    best.unlink()
    go(copied, 4, "resume=last")
    assert "there is no best.ckpt beside" in caplog.text
    assert best.is_file()


def test_a_best_of_another_network_is_refused_before_training(copied):
    best = copied / "checkpoints/best.ckpt"
    stored = torch.load(best, weights_only=True)
    stored["state_dict"].popitem()
    torch.save(stored, best)
    with pytest.raises(InputError, match=r"best\.ckpt holds another network"):
        go(copied, 3, "resume=last")


@pytest.mark.slow
def test_what_a_training_came_to_is_kept_where_its_test_fails(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("no test today")

    with monkeypatch.context() as patch:
        patch.setattr("lightning.pytorch.Trainer.test", fail)
        with pytest.raises(RuntimeError, match="no test today"):
            go(tmp_path, 1)
    kept = json.loads((tmp_path / "metrics.json").read_text())
    assert {"val/mad", "max_lr", "fit_seconds", "parameters"} <= kept.keys()
    assert "test/mad" not in kept
    whole = go(tmp_path, 1, "resume=last")
    assert whole["val/mad"] == pytest.approx(kept["val/mad"], abs=1e-6)
    assert "test/mad" in whole


CLIP = ["trainer.gradient_clip_val=0.5", "hardware.precision=bf16-mixed"]


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd"])
@pytest.mark.parametrize("algorithm", ["norm", "value"])
def test_gradients_are_clipped_in_mixed_precision(algorithm, optimizer, tmp_path, caplog):
    given = [f"trainer.gradient_clip_algorithm={algorithm}", f"optimizer={optimizer}", *CLIP]
    given += [line for line in LESS if "precision" not in line]
    with caplog.at_level(logging.INFO):
        job = build_training_job(compose([*given, FIXED, "trainer.max_epochs=1"], tmp_path))
    assert caplog.text.count("the optimizer is not fused") == 1
    assert not job.module.configure_optimizers().param_groups[0]["fused"]
    assert job.cfg.hardware.fused, "a sweep that is started again finds the recipe that was asked for"


@pytest.mark.slow
def test_a_fused_run_goes_on_with_clipped_gradients(tmp_path):
    mixed = [line for line in LESS if "precision" not in line]
    train(compose([*mixed, FIXED, "trainer.max_epochs=1", CLIP[1]], tmp_path))
    train(compose([*mixed, FIXED, "trainer.max_epochs=2", *CLIP, "resume=last"], tmp_path))
    state = torch.load(tmp_path / "checkpoints/last.ckpt", weights_only=True)["optimizer_states"][0]
    assert not state["param_groups"][0]["fused"]
