"""Lightning's trainer on a machine of paper: what a step and a validation take is added to a clock that is a number."""

import logging
from itertools import pairwise

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from portrait_matting.errors import InputError
from portrait_matting.learning_rate.cycle import LearningRateCycle
from portrait_matting.learning_rate.deadline import Deadline, WorkingTime
from portrait_matting.learning_rate.schedule import POLICIES, Schedule

BATCHES = 20


class Machine(LightningModule):
    """Notes the rate of every optimizer step and when it validates. A batch takes `batch` seconds, a validation 2."""

    def __init__(self, batch=1.0, slow=lambda now: 1.0):
        super().__init__()
        self.line = torch.nn.Linear(1, 1)
        self.batch, self.slow, self.now = batch, slow, 10.0
        self.rates, self.validated = [], []

    def training_step(self, batch, batch_idx):
        self.now += self.batch * self.slow(self.now)
        return self.line(batch[0]).square().mean()

    def validation_step(self, batch, batch_idx):
        self.now += 2.0 * self.slow(self.now)
        self.log("val/mad", self.now)
        if not self.trainer.sanity_checking:
            self.validated.append(self.trainer.global_step)

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.line.parameters(), lr=1e-5)
        optimizer.register_step_pre_hook(lambda optimizer, *_: self.rates.append(optimizer.param_groups[0]["lr"]))
        return optimizer


class Interruption(Exception):
    pass


class InterruptAt(Callback):
    def __init__(self, step, path):
        self.step, self.path = step, path

    def on_train_batch_end(self, trainer, *_):
        if trainer.global_step == self.step:
            trainer.save_checkpoint(self.path)
            raise Interruption


def rows(batches):
    return DataLoader(TensorDataset(torch.zeros(batches, 1)))


def go(machine, tmp_path, seconds, *callbacks, policy="one_cycle", resume=None, data=None, renewed=False, **arguments):
    """A fit within so many seconds; the test takes three. Returns the trainer and the cycle."""
    working = WorkingTime(machine.now - 10, clock=lambda: machine.now)
    deadline = Deadline(seconds, working, renewed, validation=2.0, test=3.0) if seconds else None
    cycle = LearningRateCycle(Schedule(policy, 1.0), deadline, working)
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "max_epochs": -1}
    trainer = Trainer(
        accelerator="cpu",
        default_root_dir=tmp_path,
        enable_model_summary=False,
        callbacks=[cycle, *callbacks],
        **(quiet | arguments),
    )
    trainer.fit(machine, rows(BATCHES) if data is None else data, rows(1), ckpt_path=resume)
    return trainer, cycle


@pytest.mark.parametrize(
    "seconds, arguments",
    [
        (200, {}),
        (200, {"max_epochs": 100}),
        (200, {"check_val_every_n_epoch": 3}),
        (200, {"val_check_interval": 0.25}),
        (200, {"check_val_every_n_epoch": None, "val_check_interval": 7}),
        (200, {"val_check_interval": "00:00:00:30"}),
        (30, {}),  # less than an epoch
        (30, {"check_val_every_n_epoch": 5}),
        (200, {"accumulate_grad_batches": 3}),
        (200, {"max_epochs": 30, "accumulate_grad_batches": 2, "limit_train_batches": 0.5}),
        (200, {"limit_val_batches": 0}),
        (100, {"num_sanity_val_steps": 0}),
        (200, {"limit_train_batches": 2}),  # as a run that overfits
        (200, {"max_steps": 5000}),
    ],
)
def test_a_run_comes_down_validates_once_more_and_ends_in_its_time(seconds, arguments, tmp_path):
    machine = Machine()
    trainer, cycle = go(machine, tmp_path, seconds, **arguments)
    assert cycle.done == 1
    assert machine.rates[-1] == pytest.approx(1e-3)
    assert max(machine.rates) > 0.85
    assert trainer.global_step == len(machine.rates)
    if arguments.get("limit_val_batches") != 0:
        assert machine.validated[-1] == trainer.global_step
        assert len(machine.validated) == len(set(machine.validated))
    slack = 4 * trainer.accumulate_grad_batches + 3  # of a step, and of a validation that would not fit
    assert 0.99 * seconds - slack - 0.02 * seconds < machine.now + 3 <= seconds


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_goes_along_its_whole_curve_without_a_leap_at_half_the_speed(policy, tmp_path):
    machine = Machine(batch=0.5, slow=lambda now: 1.0 if now < 150 else 2.0)
    _, cycle = go(machine, tmp_path, 300, policy=policy)
    schedule = Schedule(policy, 1.0)
    assert cycle.done == 1
    assert machine.rates[0] == schedule.learning_rate(0, 1000)
    assert machine.rates[-1] == pytest.approx(schedule.learning_rate(999, 1000))
    assert max(machine.rates) == pytest.approx(1.0, abs=0.05)
    jumps = [abs(b - a) for a, b in pairwise(machine.rates)]
    assert max(jumps) < schedule.steepness * 5 / len(jumps) + 1e-9
    assert 290 < machine.now + 2 * 3 <= 306


@pytest.mark.parametrize("policy", POLICIES)
def test_a_run_that_ends_by_its_steps_has_the_rates_of_one_without_a_time_to_the_last_bit(policy, tmp_path):
    with_time, without = Machine(), Machine()
    go(with_time, tmp_path, 10_000, policy=policy, max_epochs=3)
    go(without, tmp_path, None, policy=policy, max_epochs=3)
    assert with_time.rates == without.rates
    assert len(with_time.rates) == 60
    assert with_time.validated == without.validated


def test_gamma_counts_the_steps_of_the_optimizer(tmp_path):
    machine = Machine()
    cycle = LearningRateCycle(
        Schedule("exp_range", 1.0, gamma=0.99), Deadline(200, WorkingTime(0, clock=lambda: machine.now))
    )
    Trainer(
        accelerator="cpu", default_root_dir=tmp_path, callbacks=[cycle], max_epochs=-1, logger=False,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
    ).fit(machine, rows(BATCHES))  # fmt: skip
    peaks = [b for a, b, c in zip(machine.rates, machine.rates[1:], machine.rates[2:], strict=False) if a < b > c]
    assert len(peaks) == 4
    apart = len(machine.rates) * 0.9 / 4  # steps from peak to peak
    assert (peaks[3] - 0.1) / (peaks[0] - 0.1) == pytest.approx(0.99 ** (3 * apart), rel=0.1)


@pytest.mark.parametrize("step", [5, 41, 90])
@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_stopped_run_goes_on_where_it_was_and_keeps_its_time(step, accumulate, tmp_path):
    whole = Machine()
    go(whole, tmp_path, 300, accumulate_grad_batches=accumulate)
    path, first, second = tmp_path / "stopped.ckpt", Machine(), Machine()
    with pytest.raises(Interruption):
        go(first, tmp_path, 300, InterruptAt(step, path), accumulate_grad_batches=accumulate)
    assert torch.load(path, weights_only=True)["callbacks"]["LearningRateCycle"]["spent"] == first.now
    _, cycle = go(second, tmp_path, 300, resume=path, accumulate_grad_batches=accumulate)
    together = first.rates + second.rates
    assert cycle.done == 1
    assert 288 < cycle.working.spent + 3 <= 300  # the second start took its ten seconds too
    assert max(abs(b - a) for a, b in pairwise(together)) < 2.5 * max(abs(b - a) for a, b in pairwise(whole.rates))
    assert together[-1] == pytest.approx(1e-3)


def test_a_longer_time_stretches_the_curve_over_it(tmp_path, caplog):
    path, first, second = tmp_path / "stopped.ckpt", Machine(), Machine()
    trainer, _ = go(first, tmp_path, 200)
    trainer.save_checkpoint(path)
    with caplog.at_level(logging.INFO):
        _, cycle = go(second, tmp_path, 400, resume=path)
    assert "stretched over the run as it is now" in caplog.text
    assert second.rates[0] == pytest.approx(1.0, abs=0.1)  # half of the cycle, where the peak is
    assert cycle.working.spent == pytest.approx(393, abs=5)


def test_a_new_job_of_slurm_goes_on_with_the_curve_over_the_time_that_it_has(tmp_path):
    path, first, second = tmp_path / "stopped.ckpt", Machine(), Machine()
    with pytest.raises(Interruption):
        go(first, tmp_path, 200, InterruptAt(100, path), renewed=True)
    _, cycle = go(second, tmp_path, 200, resume=path, renewed=True)
    assert second.rates[0] == pytest.approx(first.rates[-1], abs=0.05)
    assert cycle.working.spent == pytest.approx(first.now + 195, abs=5)
    assert second.rates[-1] == pytest.approx(1e-3)


@pytest.mark.parametrize("max_epochs", [-1, 100])
def test_a_run_of_before_there_were_times_goes_on_within_one(max_epochs, tmp_path):
    path, first, second = tmp_path / "stopped.ckpt", Machine(), Machine()
    with pytest.raises(Interruption):
        go(first, tmp_path, None, InterruptAt(30, path), max_epochs=100)
    saved = torch.load(path, weights_only=True)
    saved["callbacks"].pop("LearningRateCycle")
    torch.save(saved, path)
    _, cycle = go(second, tmp_path, 200, resume=path, max_epochs=max_epochs)
    assert cycle.done == 1
    assert 190 < second.now + 3 <= 200


def test_a_timed_run_goes_on_without_a_time(tmp_path):
    path, first, second = tmp_path / "stopped.ckpt", Machine(), Machine()
    with pytest.raises(Interruption):
        go(first, tmp_path, 200, InterruptAt(30, path))
    go(second, tmp_path, None, resume=path, max_epochs=4)
    assert second.rates == [Schedule(max_lr=1.0).learning_rate(step, 80) for step in range(30, 80)]


def test_epochs_that_are_asked_for_at_least_are_made_and_the_curve_fills_them(tmp_path):
    machine = Machine()
    go(machine, tmp_path, 60, min_epochs=5)
    assert len(machine.rates) == 5 * BATCHES
    assert machine.rates[-1] == pytest.approx(1e-3)


def test_data_of_unknown_length_is_trained_on_for_a_time(tmp_path):
    class Endless(IterableDataset):
        def __iter__(self):
            while True:
                yield (torch.zeros(1),)

    machine = Machine()
    _, cycle = go(machine, tmp_path, 100, data=DataLoader(Endless()))
    assert cycle.done == 1
    assert 90 < machine.now + 3 <= 100


@pytest.mark.parametrize("seconds, batch, holds", [(12, 1.0, "no optimizer steps"), (60, 20.0, "optimizer steps")])
def test_a_time_in_which_nothing_fits_is_one_line_that_says_what_would(seconds, batch, holds, tmp_path):
    with pytest.raises(InputError, match=r"trainer\.max_time=00:00:\d\d:\d\d is too short for a cycle") as error:
        go(Machine(batch=batch), tmp_path, seconds)
    assert holds in str(error.value)
    enough = str(error.value).rpartition("trainer.max_time=")[2]
    minutes, rest = (int(part) for part in enough.split(":")[2:])
    machine = Machine(batch=batch)
    if batch > 1:
        _, cycle = go(machine, tmp_path, 60 * minutes + rest)
        assert cycle.done == 1
        assert 20 <= len(machine.rates) <= 23


def test_steps_that_end_a_short_run_are_no_reason_to_refuse_its_time(tmp_path):
    machine = Machine(batch=20)
    go(machine, tmp_path, 3000, max_steps=2)
    assert len(machine.rates) == 2


def test_a_run_that_ends_early_says_how_far_its_cycle_is(tmp_path, caplog):
    for seconds, arguments in ((200, {}), (None, {"max_epochs": 10})):
        caplog.clear()
        _, cycle = go(Machine(), tmp_path, seconds, EarlyStopping("val/mad", patience=1), **arguments)
        assert 0 < cycle.done < 1
        [line] = [record.message for record in caplog.records if record.levelname == "WARNING"]
        assert line.startswith(f"the run ended after {100 * cycle.done:.0f} % of its cycle")
    caplog.clear()
    go(Machine(), tmp_path, None, max_epochs=2)
    go(Machine(), tmp_path, 100)
    go(Machine(), tmp_path, None, EarlyStopping("val/mad", patience=1), policy="constant", max_epochs=10)
    assert "of its cycle" not in caplog.text


def test_steps_that_end_a_run_long_before_its_time_are_said(tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        go(Machine(), tmp_path, 1000, max_epochs=3)
        assert "its 60 steps end the run, before its time: trainer.max_epochs=-1" in caplog.text
        caplog.clear()
        go(Machine(), tmp_path, 200, max_epochs=100)
    assert "end the run, before" not in caplog.text
