"""Whole tiny runs that have to end at a time."""

import csv
import json
import logging
import time
from itertools import pairwise

import pytest
import torch

from portrait_matting.callbacks.throughput import Throughput
from portrait_matting.config.compose import compose
from portrait_matting.errors import InputError
from portrait_matting.learning_rate.deadline import WorkingTime
from portrait_matting.train import train
from portrait_matting.training import time_limit
from portrait_matting.training.job import build_training_job
from portrait_matting.training.rehearsal import Rehearsal, rehearse
from portrait_matting.training.resume import nothing_to_train

TINY = [
    "hardware.input_size=32",
    "hardware.batch_size=2",
    "hardware.workers=0",
    "hardware.precision=32-true",
    "data.train=8",
    "data.val=2",
    "data.test=6",
    "data.height=40",
    "data.width=32",
    "trainer.enable_progress_bar=false",
    "learning_rate.max_lr=0.01",
]


def recipe(folder, *overrides):
    return compose([*TINY, *overrides], folder)


def rates(folder):
    with (folder / "metrics.csv").open() as file:
        return [float(row["lr"]) for row in csv.DictReader(file) if row["lr"]]


def test_a_rehearsal_measures_and_leaves_everything_as_it_was(tmp_path):
    job = build_training_job(recipe(tmp_path))
    before = {name: value.clone() for name, value in job.module.state_dict().items()}
    state = torch.random.get_rng_state()
    began = time.perf_counter()
    found = rehearse(job)
    took = time.perf_counter() - began
    assert 0 < found.validation < took
    assert 0 < found.test < 2 * took  # three batches, of which two were seen
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(value, before[name]) for name, value in job.module.state_dict().items())
    assert job.module.tested == []
    assert list(tmp_path.rglob("*.png")) == []


def test_a_rehearsal_of_a_run_without_validation_has_none(tmp_path):
    assert rehearse(build_training_job(recipe(tmp_path, "trainer.limit_val_batches=0"))).validation == 0


@pytest.mark.parametrize("given", ["00:01:30:00", "{hours: 1, minutes: 30}"])
def test_every_form_of_a_time_is_taken_from_the_command_line(given, tmp_path, monkeypatch):
    monkeypatch.setattr(time_limit, "rehearse", lambda job: Rehearsal(1.0, 2.0))
    job = build_training_job(recipe(tmp_path, f"trainer.max_time={given}", "trainer.max_epochs=-1"))
    deadline = time_limit.deadline(job, WorkingTime())
    assert (deadline.seconds, deadline.validation, deadline.test, deadline.renewed) == (5400, 1, 2, False)


def test_the_limit_of_a_slurm_job_is_the_time_of_this_process(tmp_path, monkeypatch):
    monkeypatch.setattr(time_limit, "rehearse", lambda job: Rehearsal(1.0, 2.0))
    job = build_training_job(recipe(tmp_path, "trainer.max_time=slurm"))
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    monkeypatch.setenv("SLURM_JOB_END_TIME", str(int(time.time()) + 3600))
    working = WorkingTime(began=time.perf_counter() - 60)  # in this process, the search among it
    deadline = time_limit.deadline(job, working)
    assert deadline.seconds == pytest.approx(3600 * 0.98 + 60, abs=3)
    working.before = 1000.0
    assert deadline.seconds == pytest.approx(3600 * 0.98 + 1060, abs=3)


def test_a_run_without_a_time_or_an_end_is_refused_and_with_a_time_not(tmp_path):
    with pytest.raises(InputError, match=r"without an end.*trainer\.max_time"):
        build_training_job(recipe(tmp_path, "trainer.max_epochs=-1"))
    for epochs in ("-1", "null"):
        build_training_job(recipe(tmp_path, f"trainer.max_epochs={epochs}", "trainer.max_time=00:00:05:00"))


def test_too_short_a_time_is_one_line_before_or_just_after_training_begins(tmp_path):
    cfg = recipe(tmp_path, "trainer.max_time=00:00:00:01", "trainer.max_epochs=-1")
    with pytest.raises(InputError, match=r"max_time=00:00:00:01 is too short for a cycle.*choose at least"):
        train(cfg)
    assert not (tmp_path / "metrics.json").exists()


def saved(tmp_path, **state):
    path = tmp_path / "last.ckpt"
    loops = {"fit_loop": {"epoch_progress": {"current": {"processed": 3}}}}
    torch.save({"loops": loops, "global_step": 30, "callbacks": {"LearningRateCycle": state} if state else {}}, path)
    return path


@pytest.mark.parametrize(
    "state, max_time, over",
    [
        ({"spent": 3500, "done": 1.0, "seconds": 3600.0, "timed_out": True}, "00:01:00:00", True),
        ({"spent": 3500, "done": 1.0, "seconds": 3600.0, "timed_out": True}, {"minutes": 30}, True),
        ({"spent": 3500, "done": 1.0, "seconds": 3600.0, "timed_out": True}, "00:02:00:00", False),
        ({"spent": 3500, "done": 1.0, "seconds": 3600.0, "timed_out": True}, "slurm", True),
        ({"spent": 3500, "done": 1.0, "seconds": 3600.0, "timed_out": True}, None, False),
        ({"spent": 1800, "done": 0.5, "seconds": 3600.0}, "00:01:00:00", False),
        ({"spent": 1800, "done": 0.5, "seconds": 3600.0}, "00:00:20:00", True),
        ({"spent": 1800, "done": 0.5, "seconds": 3600.0}, "slurm", False),
        ({"spent": 1200, "done": 1.0, "seconds": 3600.0, "timed_out": False}, "00:01:00:00", False),  # by its epochs
        ({"spent": 1800, "done": 1.0}, "00:01:00:00", False),  # it had no time
        ({}, "00:01:00:00", False),  # of before there were times
    ],
)
def test_a_run_whose_time_is_over_trains_nothing_more(state, max_time, over, tmp_path, caplog):
    cfg = compose(TINY, tmp_path).trainer
    cfg.max_epochs, cfg.max_time = -1, max_time
    with caplog.at_level(logging.INFO):
        assert nothing_to_train(saved(tmp_path, **state), cfg) is over
    assert ("nothing is trained" in caplog.text) is over


@pytest.mark.slow
def test_a_resumed_run_counts_its_seconds_and_its_share_of_the_cycle_together(tmp_path):
    first = train(recipe(tmp_path, "trainer.max_epochs=1"))
    assert first["cycle_done"] == 1
    second = train(recipe(tmp_path, "trainer.max_epochs=2", "resume=last"))
    assert second["train_seconds"] > first["train_seconds"] + 0.2
    assert second["cycle_done"] == json.loads((tmp_path / "metrics.json").read_text())["cycle_done"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("resumed", [False, True])
def test_a_run_ends_in_its_time_with_its_cycle_whole_and_a_best_network(resumed, tmp_path, monkeypatch):
    shape = ["trainer.max_time=00:00:00:30", "trainer.max_epochs=-1", "data.train=4000", "trainer.log_every_n_steps=1"]
    if resumed:
        at = time.perf_counter() + 14

        def stop(*_):
            if time.perf_counter() > at:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(Throughput, "on_train_batch_end", stop)
            with pytest.raises(SystemExit):  # as Lightning ends on Ctrl-C
                train(recipe(tmp_path, *shape))
        shape += ["resume=last"]
    metrics = train(recipe(tmp_path, *shape))
    assert metrics["cycle_done"] == 1
    assert 24 < metrics["train_seconds"] < 36  # and not 30.6: the machine that tests run on has other work too
    assert "val/mad" in metrics
    way = rates(tmp_path)
    assert way[-1] == pytest.approx(1e-5)
    assert max(way) > 0.009
    assert max(abs(b - a) for a, b in pairwise(way)) < 0.002
    assert (tmp_path / "checkpoints" / "best.ckpt").is_file()
    again = train(recipe(tmp_path, *shape[:4], "resume=last"))  # nothing is left to train
    assert again["train_seconds"] == metrics["train_seconds"]
