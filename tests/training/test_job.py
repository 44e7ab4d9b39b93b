"""A run's parts as they meet: search, fit and test of tiny runs."""

import csv
import json
import logging
from collections import Counter

import numpy as np
import pytest
import torch
from PIL import Image

from portrait_matting import checkpoint
from portrait_matting.comparison.run import curve, read_run
from portrait_matting.config.compose import compose
from portrait_matting.errors import InputError
from portrait_matting.learning_rate import finder
from portrait_matting.learning_rate.range_test import RangeTest
from portrait_matting.synthetic import draw_portrait
from portrait_matting.train import train
from portrait_matting.training.job import build_training_job
from portrait_matting.training.phases import _trainer, choose_max_lr, fit

TINY = [
    "hardware.input_size=32",
    "hardware.batch_size=2",
    "hardware.workers=0",
    "hardware.precision=32-true",
    "data.train=8",
    "data.val=2",
    "data.test=2",
    "data.height=40",
    "data.width=32",
    "trainer.max_epochs=1",
    "trainer.enable_progress_bar=false",
]
FIXED = "learning_rate.max_lr=0.01"


def test_a_run_without_validation_is_scored_by_its_last_weights(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        figures = train(compose([*TINY, FIXED, "trainer.check_val_every_n_epoch=2"], tmp_path))
    assert "nothing was validated" in caplog.text
    assert "val/mad" not in figures
    assert 0 < figures["test/mad"] < 1
    assert json.loads((tmp_path / "metrics.json").read_text()) == figures
    assert not (tmp_path / "checkpoints/best.ckpt").exists()
    run = read_run(tmp_path)
    assert run.metrics == figures
    assert curve(run, "val/mad")[0].size == 0


@pytest.mark.slow
@pytest.mark.parametrize("limit", ["limit_val_batches=0", "check_val_every_n_epoch=null"])
def test_other_ways_to_have_no_validation(limit, tmp_path, monkeypatch):
    tested = {f"test/{name}": 0.5 for name in ("mad", "iou")}
    monkeypatch.setattr("portrait_matting.training.phases.METRICS", ("mad", "iou"))
    monkeypatch.setattr("lightning.pytorch.Trainer.test", lambda *_, **__: [tested])
    never = ["trainer.val_check_interval=1000"] if "null" in limit else []
    job = build_training_job(compose([*TINY, FIXED, f"trainer.{limit}", *never], tmp_path))
    from portrait_matting.training.phases import test

    found = test(job, fit(job))
    assert tested.items() <= found.items()


def test_nothing_is_tested_is_refused_before_any_work(tmp_path):
    with pytest.raises(InputError, match=r"trainer\.limit_test_batches=0"):
        train(compose([*TINY, "trainer.limit_test_batches=0"], tmp_path))
    assert not (tmp_path / "lr_finder.csv").exists()


def asked_of_the_search(tmp_path, monkeypatch, *overrides):
    """What Lightning's Trainer gets for the search of a recipe."""
    found = {}

    def note(**arguments):
        found.update(arguments)
        raise StopIteration

    job = build_training_job(compose([*TINY, *overrides], tmp_path))
    monkeypatch.setattr(finder, "Trainer", note)
    with pytest.raises(StopIteration):
        choose_max_lr(job, tmp_path)
    return found


def test_the_search_trains_as_the_run_does(tmp_path, monkeypatch):
    own = ["gradient_clip_val=0.5", "gradient_clip_algorithm=value", "limit_train_batches=0.5"]
    found = asked_of_the_search(tmp_path, monkeypatch, *(f"trainer.{one}" for one in own), "hardware.accumulate=4")
    assert (found["gradient_clip_val"], found["gradient_clip_algorithm"]) == (0.5, "value")
    assert found["limit_train_batches"] == 2
    assert found["accumulate_grad_batches"] == 2, "no step of the run has more batches than an epoch"
    assert found["benchmark"] is True
    assert [type(callback) for callback in found["callbacks"]] == [RangeTest], "none of the run's looks on or acts"
    assert found["max_time"] is None, "the search has a price of its own"
    assert found["enable_progress_bar"] is False, "Lightning's bar is rich's where that is installed"


def test_the_search_of_a_run_that_overfits_sees_its_batches(tmp_path, monkeypatch):
    found = asked_of_the_search(tmp_path, monkeypatch, "trainer.overfit_batches=3", "hardware.accumulate=2")
    assert (found["limit_train_batches"], found["accumulate_grad_batches"]) == (3, 2)


def test_a_run_that_overfits_sees_the_same_portraits_in_every_epoch(tmp_path):
    job = build_training_job(compose([*TINY, FIXED, "trainer.overfit_batches=2", "trainer.max_epochs=2"], tmp_path))
    seen = []
    job.module.on_train_batch_end = lambda outputs, batch, batch_idx: seen.append(batch_idx)
    trainer = fit(job)
    assert seen == [0, 1, 0, 1]
    indices = [[index for _, index in trainer.train_dataloader.sampler] for _ in range(2)]
    assert indices[0] == indices[1] == list(range(8))
    assert trainer.num_val_batches == [1]


def points(run_dir, column="lr"):
    with (run_dir / "metrics.csv").open() as file:
        return sum(bool(row.get(column)) for row in csv.DictReader(file))


class Copies:
    """Counts by step the tensors that are turned into numbers: on a card each of them waits for it."""

    def __init__(self, monkeypatch):
        self.step, self.counted = None, Counter()
        for name in ("item", "tolist", "numpy", "__float__", "__bool__", "__int__"):
            monkeypatch.setattr(torch.Tensor, name, self._counting(getattr(torch.Tensor, name)))

    def _counting(self, real):
        def counting(tensor, *arguments, **named):
            # What is on the CPU in any case is left out: the rate and the momentum, of float64, and pictures.
            if self.step is not None and tensor.dtype == torch.float32 and tensor.ndim <= 1:
                self.counted[self.step] += 1
            return real(tensor, *arguments, **named)

        return counting


@pytest.mark.slow
def test_only_steps_that_are_logged_wait_for_the_card(tmp_path, monkeypatch):
    short = ["data.train=24", "trainer.log_every_n_steps=4", "trainer.limit_val_batches=0", "logger=tensorboard"]
    job = build_training_job(compose([*TINY, FIXED, *short], tmp_path))
    copies = Copies(monkeypatch)
    real = type(job.module).training_step

    def begin(module, batch, batch_idx):
        copies.step = batch_idx
        return real(module, batch, batch_idx)

    monkeypatch.setattr(type(job.module), "training_step", begin)
    monkeypatch.setattr(type(job.module), "on_train_epoch_end", lambda _: setattr(copies, "step", None))
    fit(job)
    assert set(copies.counted) == {3, 7, 11}
    losses = 1 + 7  # the loss and its parts
    assert copies.counted[3] == copies.counted[7] == losses + 1, "and all gradient norms together"


@pytest.mark.parametrize(
    "overrides, every",
    [([], 1), (["trainer.max_epochs=150"], 6), (["trainer.max_epochs=9999"], 50), (["trainer.log_every_n_steps=7"], 7)],
)
def test_a_run_is_logged_a_hundred_times_or_every_fiftieth_step(overrides, every, tmp_path):
    given = {one.split("=")[0] for one in overrides}
    recipe = [*(one for one in TINY if one.split("=")[0] not in given), FIXED, *overrides]
    assert _trainer(build_training_job(compose(recipe, tmp_path))).log_every_n_steps == every


@pytest.mark.parametrize("none", ["logger=none", "~logger"])
def test_a_run_may_have_no_logger(none, tmp_path):
    assert build_training_job(compose([*TINY, FIXED, none], tmp_path)).loggers == []


@pytest.mark.parametrize("wrong", ["train", "val", "test"])
def test_class_masks_in_any_split_are_refused_before_any_work(wrong, tmp_path):
    for split in ("train", "val", "test"):
        for half in ("images", "alphas"):
            (tmp_path / half / split).mkdir(parents=True)
        for index in range(3):
            image, alpha = draw_portrait(split, 0, index, 40, 32)
            Image.fromarray(image).save(tmp_path / "images" / split / f"{index}.png")
            grey = np.rint(alpha * (1 if split == wrong else 255)).astype(np.uint8)
            Image.fromarray(grey).save(tmp_path / "alphas" / split / f"{index}.png")
    recipe = [*(key for key in TINY if not key.startswith("data.")), "data=folder", f"data.root='{tmp_path}'"]
    with pytest.raises(
        InputError, match=rf"{wrong} split: of 3 pairs looked at \(3 in all\) none holds a value above 1"
    ):
        build_training_job(compose(recipe, tmp_path))
    build_training_job(compose([*recipe, "data.check_truth=false"], tmp_path))


def test_a_run_begins_with_a_network_of_the_package_by_its_name(tmp_path):
    cfg = compose([*TINY, "model.weights=portraits"], tmp_path)
    job = build_training_job(cfg)
    restored = checkpoint.load("portraits")
    assert torch.equal(job.module.net.outconv.weight, restored.net.outconv.weight)
    assert cfg.model.normalisation == restored.config["model"]["normalisation"]
    with pytest.raises(InputError, match=r"portraits is of another network.*choose the model .*, model=u2netp$"):
        build_training_job(compose([*TINY, "model=u2net", "model.weights=portraits"], tmp_path))
    with pytest.raises(InputError, match="did you mean portraits"):
        build_training_job(compose([*TINY, "model.weights=portrait"], tmp_path))


def test_a_network_of_the_package_holds_no_training_state(tmp_path):
    with pytest.raises(InputError, match=r"holds weights alone, .*model\.weights=.*portraits"):
        build_training_job(compose([*TINY, "resume=portraits"], tmp_path))
