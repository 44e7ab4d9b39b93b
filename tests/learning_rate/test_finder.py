import copy
import csv
import logging
import random
import sys

import numpy as np
import pytest
import torch
from lightning.pytorch import LightningDataModule, LightningModule, Trainer
from lightning.pytorch.tuner import Tuner
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics import MeanMetric

from portrait_matting.errors import InputError
from portrait_matting.learning_rate.finder import find_learning_rate, write_csv
from portrait_matting.learning_rate.suggestion import RULES, debias, raw_losses

CPU = {"accelerator": "cpu", "enable_progress_bar": False}


class Net(LightningModule):
    """Batch norm, dropout and a metric: all that a range test could leave marks in."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(8, 32),
            torch.nn.BatchNorm1d(32),
            torch.nn.ReLU(),
            torch.nn.Dropout(0.1),
            torch.nn.Linear(32, 1),
        )
        self.layers[1].eval()
        self.mean = MeanMetric()
        self.lr = 1e-5
        self.losses, self.validated = [], 0

    def training_step(self, batch, batch_idx):
        image, alpha = batch
        loss = (torch.sigmoid(self.layers(image)) - alpha).square().mean().sqrt()
        self.mean.update(loss)
        self.losses.append(loss.item())
        return loss

    def validation_step(self, batch, batch_idx):
        self.validated += 1

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), self.lr)


class Prescribed(LightningModule):
    """Returns losses from a list, whatever the weights."""

    def __init__(self, losses):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.losses = iter(losses)

    def training_step(self, batch, batch_idx):
        return self.weight.sum() * 0 + next(self.losses)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


class Data(LightningDataModule):
    def __init__(self, size=320):
        super().__init__()
        generator = torch.Generator().manual_seed(1)
        image = torch.randn(size, 8, generator=generator)
        self.pairs = TensorDataset(image, (image[:, :1] + image[:, 1:2] * image[:, 2:3] > 0).float())

    def setup(self, stage):
        torch.rand(1), np.random.rand(), random.random()  # noqa: NPY002  a split drawn at random, say

    def train_dataloader(self):
        return DataLoader(self.pairs, 16, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.pairs, 16)


@pytest.mark.parametrize(
    "rule, lowest, highest", [("valley", 1e-4, 1e-2), ("steepest", 3e-3, 1e-1), ("minimum", 1e-3, 5e-2)]
)
def test_a_rate_that_trains_is_found_over_the_whole_ladder(rule, lowest, highest):
    finding = find_learning_rate(Net(), Data(), CPU, rule)
    assert not finding.fallback_used
    assert finding.rule == rule
    assert lowest < finding.max_lr < highest
    # 20 batches an epoch, so that the ladder spans five of them.
    assert len(finding.lrs) == len(finding.losses) == len(finding.raw) == 100
    assert finding.lrs[[0, -1]] == pytest.approx([1e-6, 1.0])


def test_the_search_leaves_no_trace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    net, data = Net(), Data()
    before = copy.deepcopy(net.state_dict())
    modes = [part.training for part in net.modules()]
    states = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    find_learning_rate(net, data, CPU)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert [part.training for part in net.modules()] == modes
    assert torch.equal(torch.get_rng_state(), states[0])
    assert (np.random.get_state()[1] == states[1]).all()  # noqa: NPY002
    assert random.getstate() == states[2]
    assert net.mean.update_count == 0
    assert net.lr == 1e-5
    assert net.validated == 0
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("accumulate", [1, 3])
def test_the_recovered_losses_are_the_ones_of_the_module(accumulate):
    # 20 batches an epoch: every third accumulation is cut short to two batches, and leaves no point.
    net = Net()
    finding = find_learning_rate(net, Data(), CPU | {"accumulate_grad_batches": accumulate}, early_stop_threshold=None)
    last_of_each = [loss for k, loss in enumerate(net.losses) if (k % 20 + 1) % accumulate == 0]
    assert finding.raw == pytest.approx(last_of_each, rel=1e-6)
    assert finding.losses == pytest.approx(
        [np.average(last_of_each[: k + 1], weights=0.98 ** np.arange(k + 1)[::-1]) for k in range(len(last_of_each))],
        rel=1e-6,
    )


def test_lightning_still_records_with_the_bias_that_is_undone(tmp_path):
    """Where this fails, Lightning has mended its range test and `debias` must go."""
    losses = np.random.default_rng(0).uniform(0.2, 0.9, 40)
    loader = DataLoader(TensorDataset(torch.zeros(80, 1)), batch_size=2)
    for prescribed in ([0.7] * 40, losses):
        trainer = Trainer(
            max_epochs=-1, max_steps=40, logger=False, enable_checkpointing=False, enable_model_summary=False,
            default_root_dir=tmp_path, **CPU,
        )  # fmt: skip
        found = Tuner(trainer).lr_find(
            Prescribed(prescribed), loader, num_training=40, early_stop_threshold=None, update_attr=False
        )
        recorded = found.results["loss"]
        assert recorded[0] == pytest.approx(prescribed[0] * 0.02 / (1 - 0.98**2), rel=1e-6)
        assert raw_losses(recorded) == pytest.approx(prescribed, rel=1e-5)
        assert debias(recorded)[0] == pytest.approx(prescribed[0], rel=1e-6)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("losses", [[0.7] * 100, [float("nan")] * 100, np.linspace(0.5, 0.8, 100)])
def test_a_curve_without_a_suggestion_falls_back_and_says_so(rule, losses, caplog):
    loader = DataLoader(TensorDataset(torch.zeros(200, 1)), batch_size=2)
    with caplog.at_level(logging.WARNING, logger="portrait_matting"):
        finding = find_learning_rate(Prescribed(losses), loader, CPU, rule, fallback=3e-4)
    assert finding.fallback_used
    assert finding.max_lr == 3e-4
    assert "fallback 0.0003" in finding.reason
    assert finding.reason in caplog.text


def test_a_diverging_loss_stops_the_search_early():
    # Falls from 0.6 to 0.4, then explodes at step 70.
    losses = [*np.linspace(0.6, 0.4, 70), *[50.0] * 30]
    loader = DataLoader(TensorDataset(torch.zeros(200, 1)), batch_size=2)
    finding = find_learning_rate(Prescribed(losses), loader, CPU)
    assert 70 < len(finding.lrs) < 80
    assert finding.max_lr < finding.lrs[70]


def test_the_suggestion_is_clamped_to_the_range():
    # Lowest at the 12th of 20 rates within one decade: a tenth of it lies below the range.
    losses = np.abs(np.arange(20) - 11) * 0.02 + 0.3
    loader = DataLoader(TensorDataset(torch.zeros(40, 1)), batch_size=2)
    finding = find_learning_rate(Prescribed(losses), loader, CPU, "minimum", min_lr=1e-3, max_lr=1e-2, steps=20)
    assert not finding.fallback_used
    assert finding.max_lr == 1e-3


@pytest.mark.parametrize(
    "wrong, name", [({"rule": "best"}, "rule is best"), ({"min_lr": 2.0}, r"2\.0 to 1\.0"), ({"steps": 5}, "5 steps")]
)
def test_a_wrong_argument_is_named(wrong, name):
    with pytest.raises(InputError, match=name):
        find_learning_rate(Net(), Data(), CPU, **wrong)


@pytest.mark.parametrize("asked, watched", [(True, True), (True, False), (False, True)])
def test_a_terminal_shows_one_bar_if_it_is_asked_for(asked, watched, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: watched)
    arguments = CPU | {"enable_progress_bar": asked}
    find_learning_rate(Net(), Data(), arguments, steps=20)
    assert ("Finding best initial lr" in "".join(capsys.readouterr())) == (asked and watched)


def test_the_table_holds_every_point(tmp_path):
    loader = DataLoader(TensorDataset(torch.zeros(40, 1)), batch_size=2)
    finding = find_learning_rate(Prescribed(np.linspace(0.7, 0.5, 20)), loader, CPU, steps=20)
    write_csv(finding, tmp_path / "lr_finder.csv")
    with (tmp_path / "lr_finder.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["lr"]) for row in rows] == finding.lrs.tolist()
    assert [float(row["loss"]) for row in rows] == finding.losses.tolist()
    assert [path.name for path in tmp_path.iterdir()] == ["lr_finder.csv"]


class TwoRates(Net):
    """Its last layer learns at a tenth of the rate; it takes down what each step was made at."""

    def configure_optimizers(self):
        groups = [
            {"params": list(self.layers[:4].parameters())},
            {"params": list(self.layers[4].parameters()), "lr_scale": 0.1},
        ]
        optimizer = torch.optim.SGD(groups, self.lr)
        optimizer.register_step_post_hook(
            lambda optimizer, *_: self.rates.append([group["lr"] for group in optimizer.param_groups])
        )
        return optimizer


def test_a_group_with_a_rate_of_its_own_is_tried_at_its_own():
    module = TwoRates()
    module.rates = []
    found = find_learning_rate(module, Data(), CPU, steps=20, early_stop_threshold=None)
    rates = np.array(module.rates)
    np.testing.assert_allclose(rates[:, 1], rates[:, 0] * 0.1)
    np.testing.assert_allclose(rates[1 : len(found.lrs), 0], found.lrs[1:], rtol=0.3)
    assert "configure_optimizers" not in vars(module)
