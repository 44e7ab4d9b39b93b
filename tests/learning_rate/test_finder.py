import csv
import logging
import os
import random
import signal
import sys

import numpy as np
import pytest
import torch
from lightning.pytorch import LightningDataModule, LightningModule
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics import MeanMetric

from portrait_matting.errors import InputError
from portrait_matting.learning_rate.finder import drawn_to_usual, find_learning_rate
from portrait_matting.learning_rate.finding import write_csv
from portrait_matting.learning_rate.suggestion import RULES

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
        loss = next(self.losses)
        return None if loss is None else self.weight.sum() * 0 + loss

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


PLENTY = DataLoader(TensorDataset(torch.zeros(400, 1)), batch_size=2)


def prescribed(losses, sweeps=1, **arguments):
    """The finding of sweeps that all have the same losses."""
    losses = [*losses] * sweeps
    return find_learning_rate(Prescribed(losses), PLENTY, CPU, steps=len(losses) // sweeps, sweeps=sweeps, **arguments)


def fall_and_rise(steps=40, at=0.7):
    """From 3 down to 1, and up again from a share `at` of the ladder on."""
    place = np.linspace(0, 1, steps)
    rise = np.clip(place - at, 0, None) * 20
    return 2 - np.tanh(10 * (place - 0.4)) + rise + 0.02 * np.random.default_rng(0).normal(size=steps)


@pytest.mark.parametrize(
    "rule, lowest, highest",
    [("bottom", 1e-4, 0.34), ("valley", 1e-4, 1e-1), ("steepest", 1e-4, 1e-1), ("minimum", 1e-4, 1e-1)],
)
def test_a_rate_that_trains_is_found(rule, lowest, highest):
    finding = find_learning_rate(Net(), Data(), CPU, rule)
    assert not finding.fallback_used
    assert finding.rule == rule
    assert lowest < finding.max_lr < highest
    assert finding.steps == np.isfinite(finding.sweeps).sum() <= 120
    assert finding.sweeps.shape == (3, len(finding.lrs))
    assert len(finding.lrs) == len(finding.losses) == len(finding.raw) <= 40
    assert finding.lrs[0] == pytest.approx(1e-5)
    assert len(finding.single) >= 2
    assert min(finding.single) / 3 < finding.max_lr < 3 * max(finding.single)


def traces(net):
    states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    weights = {name: value.clone() for name, value in net.state_dict().items()}
    return weights, [part.training for part in net.modules()], states, net.mean.update_count


def same_traces(one, other):
    return (
        all(torch.equal(one[0][name], value) for name, value in other[0].items())
        and one[1] == other[1]
        and torch.equal(one[2][0], other[2][0])
        and one[2][1:] == other[2][1:]
        and one[3] == other[3]
    )


@pytest.fixture
def in_tmp(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("more", [{}, {"training_steps": 500, "training_seconds": 60.0}])
def test_the_search_leaves_no_trace(in_tmp, more):
    net = Net()
    before = traces(net)
    find_learning_rate(net, Data(), CPU, **more)
    assert same_traces(before, traces(net))
    assert net.lr == 1e-5
    assert net.validated == 0
    assert list(in_tmp.rglob("*")) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, torch.OutOfMemoryError])
@pytest.mark.parametrize("at", [0, 3, 50])
def test_nor_does_one_that_was_stopped(error, at, in_tmp):
    class Stopped(Net):
        def training_step(self, batch, batch_idx):
            if len(self.losses) == at:
                raise error
            return super().training_step(batch, batch_idx)

    net, handler = Stopped(), signal.getsignal(signal.SIGINT)
    before = traces(net)
    with pytest.raises(error):
        find_learning_rate(net, Data(), CPU)
    assert same_traces(before, traces(net))
    assert list(in_tmp.rglob("*")) == []
    assert signal.getsignal(signal.SIGINT) == handler


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send SIGINT to itself alone")
def test_ctrl_c_is_no_finished_search(in_tmp):
    class Interrupted(Net):
        def on_train_batch_end(self, outputs, batch, batch_idx):
            if len(self.losses) == 30:
                os.kill(os.getpid(), signal.SIGINT)

    net = Interrupted()
    before = traces(net)
    with pytest.raises(KeyboardInterrupt):
        find_learning_rate(net, Data(), CPU)
    assert len(net.losses) == 30
    assert same_traces(before, traces(net))
    assert list(in_tmp.rglob("*")) == []


def test_a_trainer_that_ends_in_silence_is_no_finished_search(monkeypatch):
    # As Lightning before 2.5 did after Ctrl-C.
    monkeypatch.setattr("lightning.pytorch.Trainer.fit", lambda *_, **__: None)
    with pytest.raises(KeyboardInterrupt, match="was stopped"):
        find_learning_rate(Net(), Data(), CPU)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("losses", [[0.7] * 40, [float("nan")] * 40, np.linspace(0.5, 0.8, 40), [None] * 40])
def test_a_curve_without_a_suggestion_falls_back_and_says_so(rule, losses, caplog):
    with caplog.at_level(logging.WARNING, logger="portrait_matting"):
        finding = prescribed(losses, 3, rule=rule, fallback=3e-4)
    assert finding.fallback_used
    assert finding.max_lr == 3e-4
    assert "fallback 0.0003" in finding.reason
    assert finding.reason in caplog.text
    assert finding.single == ()


def test_sweeps_end_where_the_loss_is_back_at_its_start():
    finding = prescribed(fall_and_rise(), 1)
    assert 30 < len(finding.lrs) < 37
    assert finding.steps == len(finding.lrs)
    assert finding.max_lr < finding.breaks <= finding.lrs[-1]


def test_the_suggestion_is_clamped_to_the_range_and_said_to_lie_at_its_end(caplog):
    # Lowest at the 12th of 20 rates within one decade: a tenth of it lies below the range.
    losses = np.abs(np.arange(20) - 11) * 0.02 + 0.3
    finding = prescribed(losses, rule="minimum", min_lr=1e-3, max_lr=1e-2)
    assert not finding.fallback_used
    assert finding.max_lr == 1e-3
    assert (
        "the answer lies at the low end of the range, 0.001: look further down, learning_rate.finder.min_lr=0.0001"
        in caplog.text
    )


@pytest.mark.parametrize(
    "losses, said",
    [
        (3 - 2 * np.linspace(0, 1, 40), "has not risen again by the high end of the range, 1: look further up, "
         "learning_rate.finder.max_lr=10"),
        (np.linspace(1, 3, 40), "rises from the low end of the range, 1e-05: look further down, "
         "learning_rate.finder.min_lr=1e-06"),
    ],
)  # fmt: skip
def test_an_edge_of_the_range_that_bears_on_the_answer_is_said_with_the_cure(losses, said, caplog):
    with caplog.at_level(logging.WARNING, logger="portrait_matting"):
        prescribed(losses)
    assert said in caplog.text


def test_a_sound_search_warns_of_nothing_and_says_what_it_cost(caplog):
    with caplog.at_level(logging.INFO, logger="portrait_matting"):
        finding = prescribed(fall_and_rise(), 3, training_steps=2400)
    ours = [record for record in caplog.records if record.name.startswith("portrait_matting")]
    assert [record.levelname for record in ours] == ["INFO", "INFO"]
    assert finding.steps == np.isfinite(finding.sweeps).sum()
    assert finding.share == finding.steps / 2400 <= 0.05
    assert finding.seconds > 0
    assert f"cost {finding.steps} optimizer steps in 3 sweep(s)" in caplog.text
    assert f"{finding.share:.1%} of the training's 2,400 optimizer steps" in caplog.text
    assert "more than" not in caplog.text
    assert "single sweeps say" in caplog.text


def test_a_search_that_costs_more_than_its_share_says_why(caplog):
    with caplog.at_level(logging.INFO, logger="portrait_matting"):
        finding = find_learning_rate(Net(), Data(), CPU, training_steps=100)
    assert finding.steps == 20
    assert "20.0% of the training's 100 optimizer steps, more than 5%: a sweep of 20 steps is the least" in caplog.text


@pytest.mark.parametrize(
    "steps, seconds, share, sweeps",
    [
        (10**6, None, 0.05, 3),
        (10**9, 3600.0, 0.05, 3),
        (10**6, 1e-3, 0.05, 1),
        (600, None, 0.05, 1),
        (600, 1.0, None, 3),
    ],
)
def test_the_size_of_a_search_is_bounded_by_steps_or_time(steps, seconds, share, sweeps):
    finding = find_learning_rate(Net(), Data(), CPU, training_steps=steps, training_seconds=seconds, share=share)
    assert len(finding.sweeps) == sweeps
    assert ("that its time allows" in finding.cost()) == (seconds in (3600.0, 1e-3))


@pytest.mark.parametrize(
    "wrong, name",
    [
        ({"rule": "best"}, "rule is best"),
        ({"min_lr": 2.0}, r"2\.0 to 1\.0"),
        ({"max_lr": float("inf")}, "to inf"),
        ({"steps": 5}, "5 steps"),
        ({"sweeps": 0}, "0 sweeps"),
        ({"share": 0.0}, "share is 0"),
        ({"share": 5}, "share is 5"),
        ({"fallback": -1.0}, "fallback is -1"),
    ],
)
def test_a_wrong_argument_is_named(wrong, name):
    with pytest.raises(InputError, match=name):
        find_learning_rate(Net(), Data(), CPU, **wrong)


@pytest.mark.parametrize("asked, watched", [(True, True), (True, False), (False, True)])
def test_a_terminal_shows_one_bar_if_it_is_asked_for(asked, watched, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: watched)
    arguments = CPU | {"enable_progress_bar": asked}
    find_learning_rate(Net(), Data(), arguments, steps=20)
    assert ("learning rate" in "".join(capsys.readouterr().out)) == (asked and watched)


def test_the_table_holds_every_sweep(tmp_path):
    finding = prescribed(np.r_[fall_and_rise()], 2)
    write_csv(finding, tmp_path / "lr_finder.csv")
    with (tmp_path / "lr_finder.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["lr", "mean", "smooth", "sweep_1", "sweep_2"]
    assert [float(row["lr"]) for row in rows] == finding.lrs.tolist()
    assert [float(row["smooth"]) for row in rows] == finding.losses.tolist()
    assert [float(row["sweep_2"]) for row in rows] == finding.sweeps[1].tolist()
    assert [path.name for path in tmp_path.iterdir()] == ["lr_finder.csv"]


def test_a_sweep_that_ended_early_has_empty_cells(tmp_path):
    losses = fall_and_rise()
    short = [*losses[:25], float("nan")]
    finding = find_learning_rate(Prescribed([*short, *losses]), PLENTY, CPU, sweeps=2)
    write_csv(finding, tmp_path / "lr_finder.csv")
    with (tmp_path / "lr_finder.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["sweep_1"] == "" for row in rows] == [k >= 25 for k in range(len(rows))]
    assert all(row["sweep_2"] for row in rows)


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
    found = find_learning_rate(module, Data(), CPU, steps=20, sweeps=1)
    rates = np.array(module.rates)
    np.testing.assert_allclose(rates[:, 1], rates[:, 0] * 0.1)
    np.testing.assert_allclose(rates[:, 0], found.lrs)


def test_a_short_search_is_drawn_to_what_is_usual():
    assert drawn_to_usual(0.012, 0.003, 1.0) == pytest.approx(0.012)
    assert drawn_to_usual(0.012, 0.003, 0.5) == pytest.approx(0.006)
    assert drawn_to_usual(0.0003, 0.003, 0.5) == pytest.approx(0.003 / 10**0.5)


class PrescribedToAdam(Prescribed):
    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), 0.1)


@pytest.mark.parametrize(
    "module, rule, weight",
    [(PrescribedToAdam, "bottom", 0.5), (Prescribed, "bottom", 1), (PrescribedToAdam, "minimum", 1)],
)
def test_so_is_that_of_adam_by_the_root_of_its_share_of_the_steps(module, rule, weight):
    def found(usual, steps, **arguments):
        losses = [*fall_and_rise(steps, at=2)] * (120 // steps)
        return find_learning_rate(module(losses), PLENTY, CPU, rule, fallback=usual, **arguments)

    near, far = found(1e-3, 30, training_steps=600), found(1e-1, 30, training_steps=600)
    assert near.steps == 30
    assert not near.fallback_used
    assert far.max_lr / near.max_lr == pytest.approx(100 ** (1 - weight))
    assert ("against the usual 0.1" in far.reason) == (weight < 1)
    assert found(1e-3, 40).max_lr == found(1e-1, 40).max_lr, "a whole search stands by itself"
