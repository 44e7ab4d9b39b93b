import csv
from itertools import pairwise

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import CSVLogger
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from portrait_matting.errors import InputError
from portrait_matting.learning_rate.cycle import LearningRateCycle
from portrait_matting.learning_rate.schedule import POLICIES, Schedule

MAX_LR = 0.1 + 0.2
OPTIMIZERS = {
    "adamw": lambda parameters: torch.optim.AdamW(parameters, lr=1e-5),
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=1e-5, momentum=0.5),
}


class Line(LightningModule):
    """A straight line that notes the rate and momentum in every group as its optimizer really steps."""

    def __init__(self, build_optimizer):
        super().__init__()
        self.line = torch.nn.Linear(4, 1)
        self.build_optimizer = build_optimizer
        self.used: list[tuple[float, float]] = []

    def training_step(self, batch, batch_idx):
        return self.line(batch[0]).square().mean()

    def configure_optimizers(self):
        optimizer = self.build_optimizer(self.line.parameters())
        optimizer.register_step_pre_hook(lambda optimizer, *_: self.used.append(self._settings(optimizer)))
        return optimizer

    @staticmethod
    def _settings(optimizer):
        group = optimizer.param_groups[0]
        return group["lr"], group["betas"][0] if "betas" in group else group["momentum"]


class Interruption(Exception):
    pass


class InterruptAt(Callback):
    """Saves a checkpoint after that many optimizer steps and pulls the plug."""

    def __init__(self, step, path):
        self.step, self.path = step, path

    def on_train_batch_end(self, trainer, *_):
        if trainer.global_step == self.step:
            trainer.save_checkpoint(self.path)
            raise Interruption


@pytest.fixture
def loader():
    return DataLoader(TensorDataset(torch.randn(20, 4, generator=torch.Generator().manual_seed(0))), batch_size=2)


def trainer(tmp_path, *callbacks, **arguments) -> Trainer:
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    return Trainer(
        accelerator="cpu",
        default_root_dir=tmp_path,
        enable_model_summary=False,
        callbacks=list(callbacks),
        **(quiet | {"max_epochs": 4} | arguments),
    )


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("accumulate, total", [(1, 40), (2, 20)])
def test_the_optimizer_peaks_at_max_lr_and_a_resumed_run_repeats_the_whole_one(
    policy, optimizer, accumulate, total, loader, tmp_path
):
    schedule = Schedule(policy, MAX_LR)
    expected = [(schedule.learning_rate(step, total), schedule.momentum(step, total)) for step in range(total)]
    if policy in ("cosine", "constant"):
        expected = [(lr, 0.9 if optimizer == "adamw" else 0.5) for lr, _ in expected]

    whole = Line(OPTIMIZERS[optimizer])
    trainer(tmp_path, LearningRateCycle(Schedule(policy, MAX_LR)), accumulate_grad_batches=accumulate).fit(
        whole, loader
    )
    assert whole.used == expected
    assert max(lr for lr, _ in whole.used) == MAX_LR

    path = tmp_path / "interrupted.ckpt"
    first, second = Line(OPTIMIZERS[optimizer]), Line(OPTIMIZERS[optimizer])
    with pytest.raises(Interruption):
        trainer(
            tmp_path,
            LearningRateCycle(Schedule(policy, MAX_LR)),
            InterruptAt(7, path),
            accumulate_grad_batches=accumulate,
        ).fit(first, loader)
    trainer(tmp_path, LearningRateCycle(Schedule(policy, MAX_LR)), accumulate_grad_batches=accumulate).fit(
        second, loader, ckpt_path=path
    )
    assert len(first.used) == 7
    assert first.used + second.used == whole.used


def test_a_finished_run_can_be_lengthened(loader, tmp_path):
    short, longer = Line(OPTIMIZERS["adamw"]), Line(OPTIMIZERS["adamw"])
    finished = trainer(tmp_path, LearningRateCycle(Schedule("one_cycle", MAX_LR)), max_epochs=2)
    finished.fit(short, loader)
    finished.save_checkpoint(tmp_path / "last.ckpt")
    trainer(tmp_path, LearningRateCycle(Schedule("one_cycle", MAX_LR))).fit(
        longer, loader, ckpt_path=tmp_path / "last.ckpt"
    )
    assert [lr for lr, _ in longer.used] == [Schedule("one_cycle", MAX_LR).learning_rate(k, 40) for k in range(20, 40)]


def test_every_optimizer_step_is_logged_once(loader, tmp_path):
    module = Line(OPTIMIZERS["adamw"])
    logger = CSVLogger(tmp_path, name="", version="")
    trainer(
        tmp_path,
        LearningRateCycle(Schedule(max_lr=MAX_LR)),
        logger=logger,
        log_every_n_steps=1,
        accumulate_grad_batches=2,
    ).fit(module, loader)
    with (tmp_path / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(float(row["lr"]), float(row["momentum"])) for row in rows] == module.used
    assert all(int(b["step"]) - int(a["step"]) == 1 for a, b in pairwise(rows))


def test_a_group_keeps_its_own_share_of_the_rate(loader, tmp_path):
    seen = []

    def build(parameters):
        weight, bias = parameters
        optimizer = torch.optim.SGD([{"params": [weight]}, {"params": [bias], "lr_scale": 0.1}], lr=1.0, momentum=0.9)
        optimizer.register_step_pre_hook(lambda o, *_: seen.append([group["lr"] for group in o.param_groups]))
        return optimizer

    trainer(tmp_path, LearningRateCycle(Schedule(max_lr=1.0))).fit(Line(build), loader)
    assert len(seen) == 40
    assert all(scaled == pytest.approx(full * 0.1) for full, scaled in seen)


def test_a_run_without_an_end_is_refused(loader, tmp_path):
    class Endless(IterableDataset):
        def __iter__(self):
            while True:
                yield (torch.zeros(4),)

    unknown_length = DataLoader(Endless(), batch_size=2)
    for data, max_epochs in [(unknown_length, 4), (loader, -1)]:
        with pytest.raises(InputError, match=r"trainer\.max_epochs"):
            trainer(tmp_path, LearningRateCycle(Schedule()), max_epochs=max_epochs).fit(Line(OPTIMIZERS["sgd"]), data)
    module = Line(OPTIMIZERS["sgd"])
    trainer(tmp_path, LearningRateCycle(Schedule(max_lr=0.1)), max_steps=5).fit(module, unknown_length)
    assert [lr for lr, _ in module.used] == [Schedule("one_cycle", 0.1).learning_rate(step, 5) for step in range(5)]


def test_an_optimizer_without_momentum_is_refused_unless_momentum_is_left_alone(loader, tmp_path):
    def build(parameters):
        return torch.optim.Adagrad(parameters, lr=0.1)

    with pytest.raises(InputError, match="Adagrad has no momentum"):
        trainer(tmp_path, LearningRateCycle(Schedule())).fit(Line(build), loader)
    module = Line(build)
    module._settings = lambda optimizer: optimizer.param_groups[0]["lr"]
    trainer(tmp_path, LearningRateCycle(Schedule(max_lr=0.5, cycle_momentum=False))).fit(module, loader)
    assert max(module.used) == 0.5
