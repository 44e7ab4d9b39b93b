"""Decay that takes a given share of each weight away over a run."""

import lightning.pytorch as L
import pytest
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import nn
from torch.utils.data import DataLoader

from portrait_matting.errors import InputError
from portrait_matting.learning_rate.cycle import LearningRateCycle
from portrait_matting.learning_rate.decay import DecayOverRun, Shares, shrink
from portrait_matting.learning_rate.schedule import POLICIES, Schedule

SHARE = 0.3


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("max_lr", [1e-5, 0.005, 3.0])
@pytest.mark.parametrize("total", [1, 2, 10, 261, 5000])
def test_a_run_takes_the_share_that_is_set_whatever_its_rate_and_its_length(policy, max_lr, total):
    shares = Shares(Schedule(policy, max_lr), total)
    weight = torch.tensor([2.0], dtype=torch.float64)
    for step in range(total):
        shrink([{"params": [weight], "decay_per_run": SHARE}], shares.between(None, step))
    assert weight.item() == pytest.approx(2 * (1 - SHARE), rel=1e-9)


def test_a_step_has_the_share_of_its_rate():
    schedule = Schedule("one_cycle", 0.01)
    rates = [schedule.learning_rate(step, 50) for step in range(50)]
    shares = Shares(schedule, 50)
    assert [shares.between(None, step) for step in range(50)] == pytest.approx([rate / sum(rates) for rate in rates])


def test_steps_of_any_width_take_as_much_as_whole_ones():
    """As in a run that its time ends, whose steps stand between those of the schedule."""
    shares, weight = Shares(Schedule("one_cycle", 0.01), 100), torch.tensor([1.0], dtype=torch.float64)
    before = None
    for place in [0, 0.4, 0.8, 3.1, 50.5, 51.0, 98.9, 99]:
        shrink([{"params": [weight], "decay_per_run": SHARE}], shares.between(before, place))
        before = place
    assert weight.item() == pytest.approx(1 - SHARE, rel=1e-9)


class Still(L.LightningModule):
    """Its gradients are zero: what happens to its weights is decay alone."""

    def __init__(self, kind, stop_after=None, share=SHARE):
        super().__init__()
        self.kind, self.stop_after, self.share = kind, stop_after, share
        for name in ("kernel", "slow", "bias"):
            setattr(self, name, nn.Parameter(torch.tensor([2.0])))

    def training_step(self, batch, batch_idx):
        return sum((parameter * 0).sum() for parameter in self.parameters())

    def on_train_batch_end(self, outputs, batch, batch_idx):
        if self.trainer.global_step == self.stop_after:
            raise RuntimeError("stopped")

    def configure_optimizers(self):
        decayed = {"weight_decay": 0.0, "decay_per_run": self.share}
        groups = [
            {"params": [self.kernel], **decayed},
            {"params": [self.slow], **decayed, "lr_scale": 0.1},
            {"params": [self.bias], "weight_decay": 0.0},
        ]
        return self.kind(groups, lr=0.1)


def fit(folder, module, ckpt_path=None, cycle=LearningRateCycle, **arguments):
    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "logger": False, "accelerator": "cpu"}
    cycle = cycle(Schedule("one_cycle", 0.01, cycle_momentum=False))
    callbacks = [cycle, DecayOverRun(cycle), ModelCheckpoint(folder, "last", save_on_exception=True)]
    trainer = L.Trainer(default_root_dir=folder, callbacks=callbacks, **quiet | {"max_epochs": 3} | arguments)
    trainer.fit(module, DataLoader(torch.zeros(10, 1), batch_size=1), ckpt_path=ckpt_path, weights_only=True)
    return module


@pytest.mark.parametrize("kind", [torch.optim.AdamW, torch.optim.Adam, torch.optim.SGD, torch.optim.RAdam])
@pytest.mark.parametrize("accumulate", [1, 4])
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_a_trained_runs_weights_have_lost_it_and_its_biases_nothing(kind, accumulate, precision, tmp_path):
    module = fit(tmp_path, Still(kind), accumulate_grad_batches=accumulate, precision=precision)
    assert module.kernel.item() == pytest.approx(2 * (1 - SHARE), rel=1e-5)
    assert module.slow.item() == pytest.approx(2 * (1 - SHARE), rel=1e-5)
    assert module.bias.item() == 2.0


def test_so_have_those_of_a_run_that_was_stopped_and_goes_on(tmp_path):
    with pytest.raises(RuntimeError, match="stopped"):
        fit(tmp_path, Still(torch.optim.AdamW, stop_after=13))
    module = fit(tmp_path, Still(torch.optim.AdamW), ckpt_path=tmp_path / "last.ckpt")
    assert module.kernel.item() == pytest.approx(2 * (1 - SHARE), rel=1e-5)


def test_a_run_without_it_keeps_them(tmp_path):
    module = fit(tmp_path, Still(torch.optim.AdamW, share=0.0))
    assert module.kernel.item() == 2.0


class Placed(LearningRateCycle):
    """One that says where on a schedule of very many places its six steps are."""

    def on_train_start(self, trainer, pl_module):
        self.total_steps = 1_000_001

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        self.place = [0, 2e4, 2.3e5, 6.7e5, 8.5e5, 1e6][trainer.global_step]


def test_a_cycle_that_goes_by_the_time_says_where_it_is(tmp_path):
    module = fit(tmp_path, Still(torch.optim.AdamW), cycle=Placed, max_steps=6)
    assert module.kernel.item() == pytest.approx(2 * (1 - SHARE), rel=1e-5)


def test_a_schedule_that_counts_steps_does_not_go_with_a_time(tmp_path):
    class Counting(LearningRateCycle):
        def __init__(self, schedule):
            super().__init__(Schedule("exp_range", 0.01, gamma=0.99))
            self.deadline = "in an hour"

        def on_train_start(self, trainer, pl_module):
            self.total_steps = 1_000_001

    with pytest.raises(InputError, match="gamma counts the steps"):
        fit(tmp_path, Still(torch.optim.AdamW), cycle=Counting)
