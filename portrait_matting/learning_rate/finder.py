"""The learning rate finder: a range test, and the maximal rate for a cycle that its curve suggests."""

import csv
import logging
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from lightning.pytorch import LightningDataModule, LightningModule, Trainer
from lightning.pytorch.utilities.seed import isolate_rng
from torchmetrics import Metric

from portrait_matting.disk.atomic_write import atomic_write
from portrait_matting.errors import InputError
from portrait_matting.learning_rate.range_test import RangeTest
from portrait_matting.learning_rate.suggestion import RULES, Suggestion, suggest

logger = logging.getLogger(__name__)

FEWEST_STEPS = 20  # of a sweep: fewer are no curve
EDGE = 1.5  # an answer nearer than this factor to an end of the range is said to lie at it


@dataclass(frozen=True)
class Finding:
    """What a range test found. All arrays are float64 with one entry per rate that was tried."""

    max_lr: float
    lrs: np.ndarray
    losses: np.ndarray  # the mean of the sweeps, smooth
    raw: np.ndarray  # the mean of the sweeps
    rule: str
    fallback_used: bool
    reason: str  # why this rate, in one line
    sweeps: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))  # (sweeps, rates), NaN where one had ended
    noise: float = float("nan")  # standard deviation of `raw` around `losses`
    single: tuple[float, ...] = ()  # what each sweep alone suggests
    steps: int = 0  # optimizer steps that were run
    seconds: float = float("nan")


def find_learning_rate(
    module: LightningModule,
    data: LightningDataModule | Any,
    trainer_arguments: dict[str, Any] | None = None,
    rule: str = "rise",
    min_lr: float = 1e-5,
    max_lr: float = 1.0,
    steps: int = 40,
    sweeps: int = 3,
    fallback: float = 1e-3,
    budget: int | None = None,
) -> Finding:
    """Trains for `sweeps` times `steps` optimizer steps at rates from `min_lr` to `max_lr` and suggests a maximal rate.

    Weights, batch statistics, train mode and random state are afterwards as before; nothing is left on disk.

    Args:
        module: trains by automatic optimisation with one optimizer.
        data: a datamodule or a train loader.
        trainer_arguments: of the real run, where they bear on the loss: accelerator, devices, precision,
            accumulate_grad_batches, gradient_clip_val, ... With enable_progress_bar a terminal shows a bar on stdout.
        rule: "rise", "valley", "steepest" or "minimum", see `suggestion`.
        min_lr, max_lr: the range tried, and the range that the answer lies in.
        steps: rates tried in a sweep, on a logarithmic ladder.
        sweeps: how often the ladder is climbed, each time from the same weights and with other batches.
        fallback: the answer where the curve suggests none.
        budget: optimizer steps to spend at most: fewer sweeps then, and of fewer steps, but one of 20 always.

    Raises:
        InputError: an unknown rule, or a range or number of steps that cannot hold a curve.
    """
    if rule not in RULES:
        raise InputError(f"learning rate finder: rule is {rule}; give one of {', '.join(RULES)}")
    if not 0 < min_lr < max_lr:
        raise InputError(f"learning rate finder: the range is {min_lr} to {max_lr}; give 0 < min_lr < max_lr")
    if steps < FEWEST_STEPS:
        raise InputError(f"learning rate finder: {steps} steps are too few for a curve; give {FEWEST_STEPS} or more")
    if sweeps < 1:
        raise InputError(f"learning rate finder: {sweeps} sweeps find nothing; give 1 or more, usually 3")
    began = time.perf_counter()
    sweeps, steps = within_budget(sweeps, steps, budget)
    lrs = np.geomspace(min_lr, max_lr, steps)
    arguments = trainer_arguments or {}
    test = RangeTest(lrs, sweeps, arguments.get("enable_progress_bar", True))
    modes = {part: part.training for part in module.modules()}
    with tempfile.TemporaryDirectory(prefix="lr_finder_") as folder, isolate_rng():
        trainer = Trainer(
            **arguments
            | {
                "enable_progress_bar": False,  # the search has its own
                "max_epochs": -1,  # else the search ends at max_epochs x batches
                "max_steps": sweeps * steps,
                "logger": False,
                "callbacks": [test],
                "enable_checkpointing": False,
                "enable_model_summary": False,
                "limit_val_batches": 0,
                "num_sanity_val_steps": 0,
                "fast_dev_run": False,
                "default_root_dir": folder,
            }
        )
        source = {"datamodule" if isinstance(data, LightningDataModule) else "train_dataloaders": data}
        trainer.fit(module, **source)
    for part, training in modes.items():
        part.training = training
        if isinstance(part, Metric):
            part.reset()
    finding = _decide(suggest(lrs, test.losses, rule), test.losses, rule, lrs, fallback)
    return replace(finding, steps=int(np.isfinite(test.losses).sum()), seconds=time.perf_counter() - began)


def within_budget(sweeps: int, steps: int, budget: int | None) -> tuple[int, int]:
    """Sweeps, and steps of each, that are at most `budget` steps in all: shorter sweeps first, then fewer.

    A sweep of 20 steps is always left: it is the least that shows a curve.

    >>> within_budget(3, 40, None), within_budget(3, 40, 90), within_budget(3, 40, 50), within_budget(3, 40, 5)
    ((3, 40), (3, 30), (2, 25), (1, 20))
    """
    if budget is None:
        return sweeps, steps
    sweeps = max(min(sweeps, budget // FEWEST_STEPS), 1)
    return sweeps, max(min(steps, budget // sweeps), FEWEST_STEPS)


def _decide(found: Suggestion, sweeps: np.ndarray, rule: str, lrs: np.ndarray, fallback: float) -> Finding:
    single = tuple(rate for losses in sweeps if (rate := suggest(lrs, losses, rule).rate) is not None)
    shared = {"lrs": found.lrs, "losses": found.smooth, "raw": found.mean, "rule": rule, "noise": found.noise}
    shared |= {"sweeps": sweeps[:, : len(found.lrs)], "single": single}
    if found.rate is None:
        reason = f"no rate by rule {rule}, {found.reason}: the fallback {fallback:.3g} is used"
        logger.warning("learning rate finder: %s", reason)
        return Finding(fallback, fallback_used=True, reason=reason, **shared)
    rate = float(np.clip(found.rate, lrs[0], lrs[-1]))
    logger.info("learning rate finder: max_lr %.3g by %s: %s", rate, rule, found.reason)
    return Finding(rate, fallback_used=False, reason=f"{rule}: {found.reason}", **shared)


def write_csv(finding: Finding, path: str | Path) -> None:
    """Writes the columns `lr` and `loss` (`Finding.losses`); a reader never sees half a file."""
    with atomic_write(path) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("lr", "loss"))
        writer.writerows(zip(finding.lrs.tolist(), finding.losses.tolist(), strict=True))
