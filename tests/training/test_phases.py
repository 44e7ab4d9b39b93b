"""The search for the learning rate as part of a run: what it may cost, what it leaves, and what it says."""

import logging
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from portrait_matting.config.compose import compose
from portrait_matting.errors import InputError
from portrait_matting.learning_rate.deadline import WorkingTime
from portrait_matting.learning_rate.finding import Finding
from portrait_matting.train import train
from portrait_matting.training import phases, time_limit
from portrait_matting.training.job import build_training_job
from portrait_matting.training.phases import choose_max_lr, fit

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
    "trainer.max_epochs=2",
    "trainer.enable_progress_bar=false",
]
FIXED = "learning_rate.max_lr=0.01"
EARLIER = {  # the finder group of runs before the search recorded its losses itself
    "_target_": "portrait_matting.learning_rate.finder.find_learning_rate",
    "_partial_": True,
    "rule": "valley",
    "min_lr": 1e-3,
    "max_lr": 0.03,
    "steps": 40,
    "fallback": 0.001,
    "early_stop_threshold": 4.0,
}


def recipe(*overrides):
    """TINY with some keys otherwise."""
    given = {one.split("=")[0] for one in overrides}
    return [*(one for one in TINY if one.split("=")[0] not in given), *overrides]


def asked_for(tmp_path, monkeypatch, *overrides, devices=1, accelerator="cpu"):
    """What the finder is asked for by a recipe."""
    asked = {}
    lrs = np.array([1e-3, 1e-2])

    def note(module, data, arguments, **wanted):
        asked.update(wanted)
        return Finding(0.01, lrs, lrs, lrs, "bottom", False, "made up", seconds=1.26)

    job = build_training_job(compose(recipe(*overrides), tmp_path))
    if devices > 1 or accelerator != "cpu":
        hardware = SimpleNamespace(devices=devices, accelerator=accelerator, accumulate=job.hardware.accumulate)
        job = replace(job, hardware=hardware)
    monkeypatch.setattr(phases, "instantiate", lambda group: note)
    assert choose_max_lr(job, tmp_path) == (0.01, {"finder_seconds": 1.3})
    return asked["training_steps"], asked["training_seconds"]


@pytest.mark.parametrize(
    "overrides, steps",
    [
        ([], 8),
        (["hardware.accumulate=3"], 4),
        (["trainer.max_steps=5"], 5),
        (["trainer.max_epochs=-1", "trainer.max_steps=500"], 500),
        (["trainer.limit_train_batches=0.5"], 4),
        (["trainer.overfit_batches=1"], 2),
        (["trainer.max_epochs=1000"], 4000),
    ],
)
def test_the_search_is_measured_by_the_steps_of_the_run(overrides, steps, tmp_path, monkeypatch):
    assert asked_for(tmp_path, monkeypatch, *overrides) == (steps, None)


def test_on_two_cards_a_step_of_the_search_takes_twice_as_long(tmp_path, monkeypatch):
    assert asked_for(tmp_path, monkeypatch, devices=2)[0] == 4, "2 batches an epoch, on a CPU that they share"
    assert asked_for(tmp_path, monkeypatch, devices=2, accelerator="cuda")[0] == 2


@pytest.mark.parametrize(
    "max_time, seconds",
    [("'00:01:30:00'", 5400), ("'01:00:00:01'", 86401), ("{hours: 2, minutes: 1}", 7260), ("null", None)],
)
def test_a_limit_of_time_is_told_to_the_search(max_time, seconds, tmp_path, monkeypatch):
    assert asked_for(tmp_path, monkeypatch, f"trainer.max_time={max_time}")[1] == seconds


@pytest.mark.slow
@pytest.mark.parametrize("limit", [[], ["trainer.max_time='00:00:30:00'"]])  # in which its steps end it
def test_a_run_after_a_search_is_the_run_with_the_same_rate(limit, tmp_path):
    searched = build_training_job(compose([*TINY, *limit, "augment=strong"], tmp_path / "searched"))
    searched.cfg.learning_rate.max_lr, cost = choose_max_lr(searched, tmp_path / "searched")
    assert cost["finder_seconds"] > 0
    assert (tmp_path / "searched/lr_finder.png").is_file()
    rate = searched.cfg.learning_rate.max_lr
    given = build_training_job(
        compose([*TINY, *limit, "augment=strong", f"learning_rate.max_lr={rate}"], tmp_path / "given")
    )
    assert choose_max_lr(given, tmp_path) == (rate, {})
    for job in (searched, given):
        fit(job, until=time_limit.deadline(job, WorkingTime()))
    states = [job.module.state_dict() for job in (searched, given)]
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][name], value) for name, value in states[1].items())


def test_a_search_without_memory_says_what_fits(tmp_path, monkeypatch):
    job = build_training_job(compose(TINY, tmp_path))

    def full(module, batch, batch_idx):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(type(job.module), "training_step", full)
    monkeypatch.setattr(phases, "out_of_memory", lambda cfg, hardware: InputError(f"fits: {hardware.batch_size - 1}"))
    with pytest.raises(InputError, match="fits: 1"):
        choose_max_lr(job, tmp_path)


@pytest.mark.slow
def test_a_run_with_the_earlier_finder_goes_on_at_the_rate_that_it_found(tmp_path):
    train(compose([*TINY, FIXED], tmp_path))
    last = tmp_path / "checkpoints/last.ckpt"
    checkpoint = torch.load(last, weights_only=True)
    checkpoint["config"]["learning_rate"] |= {"finder": EARLIER, "max_lr": 0.0123}
    torch.save(checkpoint, last)
    config = OmegaConf.load(tmp_path / "config.yaml")
    config.learning_rate.finder = EARLIER
    OmegaConf.save(config, tmp_path / "config.yaml")
    found = train(compose(recipe("trainer.max_epochs=3", "resume=last"), tmp_path))
    assert found["max_lr"] == 0.0123
    assert "finder_seconds" not in found
    assert not (tmp_path / "lr_finder.csv").exists()


@pytest.mark.slow
def test_what_a_search_found_and_cost_is_said_in_the_log(tmp_path, caplog):
    job = build_training_job(compose(TINY, tmp_path))
    with caplog.at_level(logging.INFO, logger="portrait_matting"):
        choose_max_lr(job, tmp_path)
    assert "looking for the learning rate between 1e-05 and 1" in caplog.text
    assert "optimizer steps in 1 sweep(s)" in caplog.text
    assert "more than 5%: a sweep of 20 steps is the least" in caplog.text
