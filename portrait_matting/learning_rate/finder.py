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
from portrait_matting.learning_rate.budget import FEWEST_STEPS, SHARE, Budget
from portrait_matting.learning_rate.range_test import WARM_UP, RangeTest
from portrait_matting.learning_rate.suggestion import RULES, Suggestion, suggest

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Finding:
    """What a range test found. All arrays are float64 with one entry per rate that any sweep came to."""

    max_lr: float
    lrs: np.ndarray
    losses: np.ndarray  # the mean of the sweeps, smooth
    raw: np.ndarray  # the mean of the sweeps
    rule: str
    fallback_used: bool
    reason: str  # why this rate, in one line
    sweeps: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))  # (sweeps, rates), NaN where one had ended
    noise: float = float("nan")  # standard deviation of `raw` around `losses`
    fall: float = float("nan")  # of `losses`
    breaks: float | None = None  # the rate from which on the loss has risen again; None: nowhere, or it never fell
    edge: str | None = None  # "min_lr" or "max_lr": the end of the range that bears on the answer
    searched: tuple[float, float] | None = None  # the range
    single: tuple[float, ...] = ()  # what each sweep alone suggests; a sweep that suggests nothing has no entry
    steps: int = 0  # optimizer steps that were run
    seconds: float = float("nan")
    share: float = float("nan")  # of the training's optimizer steps; NaN where they are not known
    step_seconds: float = float("nan")  # of an optimizer step, where the training is bounded by time; else NaN

    def sureness(self) -> str:
        """How sure the answer is, in words: how far single sweeps are apart, and how clear the fall is."""
        words = [] if np.isnan(self.fall) else [f"fall / noise {self.fall / max(self.noise, 1e-12):.1f}"]
        count = len(self.sweeps)
        if count > 1 and self.single:
            said = f"{min(self.single):.2g} to {max(self.single):.2g}"
            some = "single sweeps" if len(self.single) == count else f"{len(self.single)} of {count} single sweeps"
            words.insert(0, f"{some} say {said}")
        elif count > 1:
            words.insert(0, "no single sweep says a rate")
        return ", ".join(words)

    def cost(self) -> str:
        """What the search cost, in words."""
        words = f"{self.steps} optimizer steps in {len(self.sweeps)} sweep(s), {self.seconds:.1f} s"
        if np.isnan(self.share):
            return words
        training = f"{self.steps / self.share:,.0f} optimizer steps"
        time = "" if np.isnan(self.step_seconds) else f" that its time allows, at {self.step_seconds:.2g} s each"
        return f"{words}, {self.share:.1%} of the training's {training}{time}"


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
    share: float | None = SHARE,
    training_steps: int | None = None,
    training_seconds: float | None = None,
) -> Finding:
    """Trains for `sweeps` times `steps` optimizer steps at rates from `min_lr` to `max_lr` and suggests a maximal rate.

    Weights, batch statistics, train mode and random state are afterwards as before, also after an error or Ctrl-C;
    nothing is left on disk.

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
        share: of the training that the search may cost: fewer sweeps then, and of fewer steps, but one of 20 always.
            None: `sweeps` and `steps` are as given.
        training_steps: optimizer steps of the training, each as dear as one here; None: unknown, so that nothing is
            shortened.
        training_seconds: that the training may last; a few steps at `min_lr` tell then how many steps that are.

    Raises:
        InputError: an unknown rule, or a range or number of steps that cannot hold a curve.
        KeyboardInterrupt: Ctrl-C.
    """
    if rule not in RULES:
        raise InputError(f"learning rate finder: rule is {rule}; give one of {', '.join(RULES)}")
    if not 0 < min_lr < max_lr < float("inf"):
        raise InputError(f"learning rate finder: the range is {min_lr} to {max_lr}; give 0 < min_lr < max_lr")
    if steps < FEWEST_STEPS:
        raise InputError(f"learning rate finder: {steps} steps are too few for a curve; give {FEWEST_STEPS} or more")
    if sweeps < 1:
        raise InputError(f"learning rate finder: {sweeps} sweeps find nothing; give 1 or more, usually 3")
    if share is not None and not 0 < share <= 1:
        raise InputError(
            f"learning rate finder: share is {share}; give more than 0 and at most 1, or null for no limit"
        )
    if not 0 < fallback < float("inf"):
        raise InputError(f"learning rate finder: fallback is {fallback}; give a positive rate")
    began = time.perf_counter()
    budget = Budget(training_steps, training_seconds, share)
    spent = WARM_UP if budget.timed else 0
    arguments = trainer_arguments or {}
    test = RangeTest(
        min_lr,
        max_lr,
        lambda step_seconds: budget.size(sweeps, steps, spent, step_seconds),
        budget.timed,
        arguments.get("enable_progress_bar", True),
    )
    _run(test, module, data, arguments)
    finding = _decide(suggest(test.lrs, test.losses, rule), test, rule, fallback)
    training = budget.training_steps(test.step_seconds)
    of_training = test.steps / training if 0 < training < float("inf") else float("nan")
    by_time = test.step_seconds if training != training_steps else float("nan")
    seconds = time.perf_counter() - began
    finding = replace(finding, steps=test.steps, seconds=seconds, share=of_training, step_seconds=by_time)
    _say(finding, share)
    return finding


def _run(test: RangeTest, module: LightningModule, data: LightningDataModule | Any, arguments: dict[str, Any]) -> None:
    modes = {part: part.training for part in module.modules()}
    source = {"datamodule" if isinstance(data, LightningDataModule) else "train_dataloaders": data}
    failure: BaseException | None = None
    with tempfile.TemporaryDirectory(prefix="lr_finder_") as folder, isolate_rng():
        try:
            Trainer(
                **arguments
                | {
                    "enable_progress_bar": False,  # the search has its own
                    "max_epochs": -1,  # the test itself ends the training
                    "max_steps": -1,
                    "max_time": None,
                    "min_epochs": None,
                    "logger": False,
                    "callbacks": [test],
                    "enable_checkpointing": False,
                    "enable_model_summary": False,
                    "limit_val_batches": 0,
                    "num_sanity_val_steps": 0,
                    "fast_dev_run": False,
                    "default_root_dir": folder,
                }
            ).fit(module, **source)
        except BaseException as error:  # isolate_rng puts nothing back after an exception that goes through it
            failure = error
        finally:
            for part, training in modes.items():
                part.training = training
                if isinstance(part, Metric):
                    part.reset()
    try:
        if isinstance(failure, SystemExit) and isinstance(failure.__context__, KeyboardInterrupt):
            raise failure.__context__ from None  # Lightning makes exit code 1 of it
        if failure is not None:
            raise failure
    finally:
        del failure  # whose traceback holds this frame, and what was on the card
    if not test.done:  # older versions of Lightning end in silence after Ctrl-C
        raise KeyboardInterrupt("the search for the learning rate was stopped")


def _decide(found: Suggestion, test: RangeTest, rule: str, fallback: float) -> Finding:
    single = [suggest(test.lrs, losses, rule).rate for losses in test.losses]
    low, high = float(test.lrs[0]), float(test.lrs[-1])
    finding = Finding(
        max_lr=fallback if found.rate is None else float(np.clip(found.rate, low, high)),
        lrs=found.lrs,
        losses=found.smooth,
        raw=found.mean,
        rule=rule,
        fallback_used=found.rate is None,
        reason=f"{rule}: {found.reason}",
        sweeps=test.losses[:, np.isin(test.lrs, found.lrs)],
        noise=found.noise,
        fall=found.fall,
        breaks=found.breaks,
        edge=found.edge,
        searched=(low, high),
        single=tuple(float(np.clip(rate, low, high)) for rate in single if rate is not None),
    )
    if finding.fallback_used:
        reason = f"no rate by rule {rule}, {found.reason}: the fallback {fallback:.3g} is used"
        return replace(finding, reason=reason)
    return finding


def _say(finding: Finding, share: float | None) -> None:
    if finding.fallback_used:
        logger.warning("learning rate finder: %s", finding.reason)
    else:
        sure = finding.sureness()
        logger.info("learning rate finder: max_lr %.3g by %s; %s", finding.max_lr, finding.reason, sure)
    if finding.edge and finding.searched:
        logger.warning("learning rate finder: %s", edge_warning(finding))
    over = share is not None and finding.share > share
    least = f", more than {share:.0%}: a sweep of {FEWEST_STEPS} steps is the least" if over else ""
    logger.info("learning rate finder: cost %s%s", finding.cost(), least)


def edge_warning(finding: Finding) -> str:
    """What to say of an answer that the range bears on, with the cure."""
    low, high = finding.searched
    if finding.edge == "min_lr":
        what = "the loss rises from" if finding.fallback_used else "the answer lies at"
        return (
            f"{what} the low end of the range, {low:.3g}: look further down, learning_rate.finder.min_lr={low / 10:.3g}"
        )
    what = "the loss has not risen again by" if finding.breaks is None else "the answer lies at"
    return f"{what} the high end of the range, {high:.3g}: look further up, learning_rate.finder.max_lr={high * 10:.3g}"


def write_csv(finding: Finding, path: str | Path) -> None:
    """Writes a row for each rate that was tried: `lr`, the sweeps' `mean`, its `smooth` curve, `sweep_1`, `sweep_2`, …

    A sweep that had ended has an empty cell. A reader never sees half a file.
    """
    with atomic_write(path) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("lr", "mean", "smooth", *(f"sweep_{k + 1}" for k in range(len(finding.sweeps)))))
        columns = [finding.lrs, finding.raw, finding.losses, *finding.sweeps]
        for row in zip(*columns, strict=True):
            writer.writerow(["" if np.isnan(value) else float(value) for value in row])
