import time

import lightning.pytorch as L
import pytest
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.demos.boring_classes import BoringModel

from portrait_matting.callbacks.last_checkpoint import LastCheckpoint
from portrait_matting.errors import InputError


class Clock:
    """Every batch takes so many seconds."""

    def __init__(self, seconds, monkeypatch):
        self.now, self.seconds = 1000.0, seconds
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


class Model(BoringModel):
    def __init__(self, clock, fail_at=None):
        super().__init__()
        self.clock, self.fail_at, self.written = clock, fail_at, []

    def training_step(self, batch, batch_idx):
        self.clock.now += self.clock.seconds
        if self.trainer.global_step == self.fail_at:
            raise KeyboardInterrupt
        return super().training_step(batch, batch_idx)

    def on_save_checkpoint(self, checkpoint):
        self.written.append(checkpoint["global_step"])


def fitted(folder, model, every_minutes=5.0, ckpt_path=None, **arguments):
    last = LastCheckpoint(folder, every_minutes)
    given = {"max_epochs": 6, "limit_train_batches": 30, "limit_val_batches": 1} | arguments
    trainer = L.Trainer(
        accelerator="cpu", callbacks=[last], logger=False, enable_progress_bar=False, enable_model_summary=False,
        num_sanity_val_steps=0, **given,
    )  # fmt: skip
    trainer.fit(model, ckpt_path=ckpt_path, weights_only=True)
    return trainer


@pytest.mark.parametrize(
    "seconds, every_minutes, written",
    [
        (0.1, 5, [180]),  # epochs of 3 s: at the end alone
        (5, 5, [60, 120, 180]),  # of 150 s: every second one
        (20, 5, [20, 40, 60, 80, 100, 120, 140, 160, 180]),  # of 10 min: also in the middle
        (0.1, 0, [30, 60, 90, 120, 150, 180]),
    ],
)
def test_it_is_written_every_few_minutes_and_at_the_end(seconds, every_minutes, written, tmp_path, monkeypatch):
    model = Model(Clock(seconds, monkeypatch))
    fitted(tmp_path, model, every_minutes)
    assert model.written == written
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["global_step"] == 180


@pytest.mark.parametrize("limit", [{"max_steps": 47}, {"max_epochs": 2}, {"max_epochs": -1, "max_steps": 90}])
def test_the_end_is_written_wherever_it_comes(limit, tmp_path, monkeypatch):
    model = Model(Clock(0.1, monkeypatch))
    end = fitted(tmp_path, model, **limit).global_step
    assert model.written == [end]


def test_ctrl_c_loses_nothing(tmp_path, monkeypatch):
    model = Model(Clock(0.1, monkeypatch), fail_at=47)
    with pytest.raises(SystemExit):
        fitted(tmp_path, model)
    assert model.written == [47]


def test_no_step_is_cut_in_two(tmp_path, monkeypatch):
    model = Model(Clock(31, monkeypatch))
    fitted(tmp_path, model, max_epochs=1, limit_train_batches=63, accumulate_grad_batches=4)
    assert model.written == [10, 16]  # of 16 steps, the last of 3 batches


def test_a_run_that_was_killed_goes_on_from_it(tmp_path, monkeypatch):
    clock = Clock(20, monkeypatch)
    killed = Model(clock, fail_at=55)  # the last one was written at 40, in the second epoch
    monkeypatch.setattr(LastCheckpoint, "on_exception", lambda *_: None)
    with pytest.raises(SystemExit):
        fitted(tmp_path, killed)
    assert killed.written[-1] == 40
    resumed = Model(clock)
    trainer = fitted(tmp_path, resumed, ckpt_path=tmp_path / "last.ckpt")
    assert (trainer.global_step, trainer.current_epoch) == (180, 6)


def test_checkpoints_of_earlier_runs_know_it_by_its_old_name(tmp_path):
    assert LastCheckpoint(tmp_path).state_key == ModelCheckpoint(tmp_path, save_on_train_epoch_end=True).state_key


def test_a_negative_time_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"callbacks\.last\.every_minutes=-1"):
        LastCheckpoint(tmp_path, -1)
