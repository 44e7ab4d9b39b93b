"""The optimizer step's gradient, of a network whose gradient is the mean of what it was given."""

import lightning.pytorch as L
import pytest
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import nn
from torch.utils.data import DataLoader

from portrait_matting.training.module import MattingModule

BATCHES = 12


class Stopped(Exception):
    pass


class Mean(MattingModule):
    """Its loss is weight · mean(batch): the gradient of a batch is its mean, whatever the weight."""

    def __init__(self, stop_after=None):
        super().__init__(nn.Linear(1, 1, bias=False), nn.Identity(), torch.optim.SGD, 0.1, {})
        self.seen, self.steps, self.logged, self.stop_after = [], [], [], stop_after

    def training_step(self, batch, batch_idx):
        self.seen.append(batch.mean().item())
        loss = self.net(batch).mean()
        self.log("train/loss", loss)
        self.logged.append((loss.item(), self.net.weight.item() * self.seen[-1]))
        return loss

    def on_before_optimizer_step(self, optimizer):
        self.steps.append((self.net.weight.grad.item(), self.seen))
        self.seen = []

    def on_train_batch_end(self, outputs, batch, batch_idx):
        if batch_idx == self.stop_after:
            raise Stopped

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)

    def validation_step(self, batch, batch_idx):
        pass

    def on_validation_epoch_end(self):
        pass


def trainer(folder, **arguments):
    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "logger": False, "accelerator": "cpu"}
    return L.Trainer(default_root_dir=folder, **quiet | {"max_epochs": 2, "accumulate_grad_batches": 5} | arguments)


def loader():
    return DataLoader(torch.arange(1.0, BATCHES + 1)[:, None], batch_size=1)


def fitted(folder, module=None, ckpt_path=None, **arguments):
    module = module or Mean()
    trainer(folder, **arguments).fit(module, loader(), loader(), ckpt_path=ckpt_path, weights_only=True)
    return module


@pytest.mark.parametrize(
    "arguments, lengths",
    [
        ({}, [5, 5, 2]),
        ({"limit_train_batches": 7}, [5, 2]),
        ({"limit_train_batches": 0.25}, [3]),
        ({"accumulate_grad_batches": 6}, [6, 6]),
        ({"accumulate_grad_batches": 1}, [1] * 12),
        ({"val_check_interval": 4}, [5, 5, 2]),  # validates in the middle of a step's batches
    ],
)
def test_a_step_has_the_mean_gradient_of_its_batches_also_the_last_of_an_epoch(arguments, lengths, tmp_path):
    module = fitted(tmp_path, **arguments)
    assert [len(seen) for _, seen in module.steps] == 2 * lengths
    for gradient, seen in module.steps:
        assert gradient == pytest.approx(sum(seen) / len(seen))
    assert all(logged == pytest.approx(loss) for logged, loss in module.logged), "the loss itself is not scaled"


@pytest.mark.parametrize("stop_after", [4, 6, 9, 10])  # 5 batches a step: 4 and 9 end one
def test_so_has_the_first_step_of_a_run_that_goes_on_in_the_middle_of_an_epoch(stop_after, tmp_path):
    saving = {"callbacks": [ModelCheckpoint(tmp_path, "stopped", save_on_exception=True)]}
    with pytest.raises(Stopped):
        fitted(tmp_path, Mean(stop_after), **saving)
    module = fitted(tmp_path, ckpt_path=tmp_path / "stopped.ckpt")
    assert sum(len(seen) for _, seen in module.steps) == 2 * BATCHES - stop_after - 1
    for gradient, seen in module.steps:
        assert gradient == pytest.approx(sum(seen) / len(seen))
