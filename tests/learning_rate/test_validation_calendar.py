import math

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch.utils.data import DataLoader, TensorDataset

from portrait_matting.learning_rate.timed_curve import _calendar
from portrait_matting.learning_rate.validation_calendar import ValidationCalendar


class Line(LightningModule):
    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(1, 1)

    def training_step(self, batch, batch_idx):
        return self.line(batch[0]).square().mean()

    def validation_step(self, batch, batch_idx):
        pass

    def configure_optimizers(self):
        return torch.optim.SGD(self.line.parameters(), lr=0.1)


class Watch(Callback):
    """Notes the optimizer step of every validation, and the calendar."""

    def __init__(self):
        self.steps, self.calendar = [], None

    def on_train_start(self, trainer, pl_module):
        self.calendar = _calendar(trainer)

    def on_validation_start(self, trainer, pl_module):
        if not trainer.sanity_checking:
            self.steps.append(trainer.global_step)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"check_val_every_n_epoch": 2},
        {"val_check_interval": 0.3},
        {"val_check_interval": 4, "accumulate_grad_batches": 2},
        {"accumulate_grad_batches": 3},
        {"check_val_every_n_epoch": None, "val_check_interval": 7},
        {"check_val_every_n_epoch": 2, "val_check_interval": 4, "accumulate_grad_batches": 2},
        {"limit_train_batches": 3},
        {"limit_val_batches": 0},
    ],
)
def test_the_calendar_counts_the_validations_that_lightning_makes(arguments, tmp_path):
    watch, rows = Watch(), DataLoader(TensorDataset(torch.zeros(11, 1)))
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    trainer = Trainer(
        accelerator="cpu",
        max_epochs=5,
        default_root_dir=tmp_path,
        callbacks=[watch],
        enable_model_summary=False,
        **quiet | arguments,
    )
    trainer.fit(Line(), rows, rows)
    for steps in range(trainer.global_step + 1):
        assert watch.calendar.until(steps) == sum(step <= steps for step in watch.steps), steps
    if arguments.get("limit_val_batches") == 0:
        assert math.isinf(watch.calendar.every)


@pytest.mark.parametrize("seconds", [0.0, 3.9, 10.0, 10.9, 14.9, 15.0, 100.0])
def test_so_many_steps_fit_into_a_time_as_are_made_one_after_another(seconds):
    calendar = ValidationCalendar(in_epoch=10, every=10)
    for done in range(25):
        time, fit = 0.0, 0
        while True:  # the next step, and before it the validation of the one that it follows
            time += 1.0 + (4.0 if fit and calendar.until(done + fit) > calendar.until(done + fit - 1) else 0.0)
            if time > seconds:
                break
            fit += 1
        assert calendar.steps_within(seconds, 1.0, 4.0, done) == fit


@pytest.mark.parametrize("seconds, step", [(math.inf, 1.0), (1e300, 1e-9)])
def test_more_steps_than_any_run_has_fit_into_a_time_without_end(seconds, step):
    assert ValidationCalendar(in_epoch=10, every=10).steps_within(seconds, step, 4.0, 3) == 2**31
