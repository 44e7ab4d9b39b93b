import copy

import numpy as np
import pytest
import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.plugins.precision import MixedPrecision
from torch.utils.data import DataLoader, TensorDataset

from portrait_matting.learning_rate.range_test import WARM_UP, RangeTest, broken

NAN = float("nan")
RATES = np.geomspace(1e-4, 1e-1, 20)


def loader(size=40, batch=2):
    values = torch.rand(size, 1, generator=torch.Generator().manual_seed(0))
    return DataLoader(TensorDataset(values), batch)


class Line(LightningModule):
    """One weight that follows its batches; it takes down what each optimizer step was made from."""

    factor = 1.0

    def __init__(self, optimizer=torch.optim.SGD, **arguments):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))
        self.register_buffer("count", torch.zeros(()), persistent=False)
        self.build, self.arguments = optimizer, arguments
        self.weights, self.rates, self.counts, self.recorded = [], [], [], []

    def training_step(self, batch, batch_idx):
        self.weights.append(self.weight.item())
        self.counts.append(self.count.item())
        self.count += 1
        loss = self.factor * (self.weight - batch[0]).square().mean()
        self.recorded.append(loss.item())
        return loss

    def configure_optimizers(self):
        optimizer = self.build([{"params": [self.weight]}], lr=1e-3, **self.arguments)
        optimizer.register_step_pre_hook(lambda optimizer, *_: self.rates.append(optimizer.param_groups[0]["lr"]))
        return optimizer


class Prescribed(Line):
    """Says losses from a list, whatever the weight; None is said as None."""

    def __init__(self, losses):
        super().__init__()
        self.losses = iter(losses)

    def training_step(self, batch, batch_idx):
        loss = next(self.losses)
        return None if loss is None else self.weight.sum() * 0 + loss


def climb(module, sweeps=1, steps=20, data=None, timed=False, **arguments):
    test = RangeTest(1e-4, 1e-1, lambda _: (sweeps, steps), timed, bar=False)
    settings = {"accelerator": "cpu", "max_epochs": -1, "logger": False, "enable_checkpointing": False} | arguments
    trainer = Trainer(**settings, callbacks=[test], enable_progress_bar=False, enable_model_summary=False)
    trainer.fit(module, data or loader())
    assert test.done
    return test


@pytest.mark.parametrize(
    "optimizer, arguments",
    [(torch.optim.SGD, {"momentum": 0.9}), (torch.optim.AdamW, {}), (torch.optim.Adagrad, {}), (torch.optim.Rprop, {})],
)
def test_every_sweep_begins_where_the_training_began(optimizer, arguments):
    same = DataLoader(TensorDataset(torch.zeros(40, 1)), 2)
    module = Line(optimizer, **arguments)
    test = climb(module, 3, data=same)
    assert module.rates == pytest.approx([*RATES] * 3)
    assert module.weights[:20] == module.weights[20:40] == module.weights[40:]
    assert module.counts == [*range(20)] * 3, "nor do buffers that no checkpoint holds go on"
    assert (test.losses[0] == test.losses).all()
    assert module.weight.item() == 1
    assert module.count.item() == 0
    assert test.steps == 60


def test_sweeps_see_other_batches_and_an_epoch_may_end_amid_one():
    module = Line()
    test = climb(module, 3, data=loader(28))  # 14 batches an epoch
    assert test.losses.ravel() == pytest.approx(module.recorded)
    assert not np.allclose(test.losses[0], test.losses[1])
    assert climb(Line(), 2, data=loader(2)).losses.shape == (2, 20), "an epoch of one batch"


@pytest.mark.parametrize("accumulate", [3, 4, 50])
def test_a_step_of_several_batches_has_their_mean_as_its_loss(accumulate):
    # 20 batches an epoch, of which the last step has what is left.
    module = Line()
    test = climb(module, 2, accumulate_grad_batches=accumulate)
    epochs = [module.recorded[k : k + 20] for k in range(0, len(module.recorded), 20)]
    means = [np.mean(epoch[k : k + accumulate]) for epoch in epochs for k in range(0, len(epoch), accumulate)]
    assert test.losses.ravel() == pytest.approx(means[:40])
    assert module.rates == pytest.approx([*RATES] * 2)


def test_a_step_that_says_nothing_leaves_a_gap_and_no_end():
    losses = [3.0, 3.0, None, 3.0, *[2.0] * 16]
    test = climb(Prescribed([*losses, *[None] * 20]), 2)
    assert np.isnan(test.losses[0]).tolist() == [value is None for value in losses]
    assert np.isnan(test.losses[1]).all()


@pytest.mark.parametrize("bad", [NAN, float("inf")])
def test_a_loss_that_is_no_number_ends_its_sweep_alone(bad):
    test = climb(Prescribed([*[1.0] * 7, bad, *[2.0] * 20]), 2)
    assert np.isfinite(test.losses[0]).tolist() == [True] * 7 + [False] * 13
    assert (test.losses[1] == 2.0).all()
    assert test.steps == 28


def test_the_speed_is_told_first_at_the_lowest_rate_and_leaves_nothing():
    module, asked = Line(), []
    test = RangeTest(1e-4, 1e-1, lambda seconds: asked.append(seconds) or (1, 20), timed=True, bar=False)
    Trainer(
        accelerator="cpu", max_epochs=-1, logger=False, enable_checkpointing=False, callbacks=[test],
        enable_progress_bar=False, enable_model_summary=False,
    ).fit(module, loader())  # fmt: skip
    assert 0 < asked[0] == test.step_seconds < 1
    assert module.rates == pytest.approx([1e-4] * WARM_UP + [*RATES])
    assert module.weights[WARM_UP] == 1
    assert test.steps == WARM_UP + 20


class Stopped(Exception):
    pass


def test_an_exception_leaves_the_weights_as_they_were():
    module = Line(torch.optim.SGD, momentum=0.9)
    before = copy.deepcopy(module.state_dict())
    module.on_train_batch_end = lambda outputs, batch, batch_idx: batch_idx == 9 and (_ for _ in ()).throw(Stopped)
    with pytest.raises(Stopped):
        climb(module)
    assert module.weights[9] != 1
    assert torch.equal(module.weight, before["weight"])


def break_of(losses):
    """At which loss a sweep is ended; None: it is not."""
    return next((k for k in range(len(losses)) if broken(np.asarray(losses[: k + 1]))), None)


def test_a_bounded_loss_breaks_where_it_is_back_at_its_start():
    # An RMSE from 0.5 to 0.2 and back to 0.6: at most three times its lowest.
    noise = np.random.default_rng(0).normal(0, 0.01, 40)
    losses = np.r_[np.full(10, 0.5), np.linspace(0.5, 0.2, 15), np.linspace(0.2, 0.6, 15)] + noise
    assert 33 <= break_of(losses) <= 38
    assert break_of(losses[:25]) is None


def test_a_loss_that_rises_without_a_fall_breaks_too():
    noise = np.random.default_rng(0).normal(0, 0.01, 40)
    assert 20 < break_of(np.r_[np.full(20, 0.5), np.linspace(0.5, 0.9, 20)] + noise) < 32


def test_flat_noise_breaks_seldom():
    generator = np.random.default_rng(0)
    assert sum(break_of(3 + generator.normal(0, 0.2, 40)) is not None for _ in range(300)) <= 0.05 * 300


def test_a_gap_does_not_break_and_a_last_loss_that_is_no_number_does():
    assert not broken(np.r_[np.full(5, 3.0), NAN, np.full(10, 2.0)])
    assert broken(np.r_[np.full(5, 3.0), NAN])


def test_float16_skips_its_first_steps_but_records_their_losses():
    # A scale that gradients overflow with: the scaler halves it and skips the step, several times.
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127)
    module = Line(torch.optim.AdamW)
    module.factor = 30.0
    test = climb(module, 2, plugins=[MixedPrecision("16-mixed", "cpu", scaler)])
    assert len(module.rates) < 40, "some were skipped"
    assert np.isfinite(test.losses).all()
    assert test.losses.ravel() == pytest.approx(module.recorded)
    assert module.weights[0] == module.weights[20] == module.weights[1] == 1
    assert scaler.get_scale() == 2.0**127
