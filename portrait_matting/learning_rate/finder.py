"""The learning rate finder: a range test, and the maximal rate for a cycle that its curve suggests."""

import logging
import tempfile
import time
from dataclasses import replace
from typing import Any

import numpy as np
from lightning.pytorch import LightningDataModule, LightningModule, Trainer
from lightning.pytorch.utilities.seed import isolate_rng
from torchmetrics import Metric

from portrait_matting.errors import InputError
from portrait_matting.learning_rate.budget import FEWEST_STEPS, SHARE, Budget
from portrait_matting.learning_rate.finding import Finding, edge_warning
from portrait_matting.learning_rate.range_test import WARM_UP, RangeTest
from portrait_matting.learning_rate.suggestion import RULES, Suggestion, suggest

logger = logging.getLogger(__name__)


def find_learning_rate(
    module: LightningModule,
    data: LightningDataModule | Any,
    trainer_arguments: dict[str, Any] | None = None,
    rule: str = "bottom",
    min_lr: float = 1e-5,
    max_lr: float = 1.0,
    steps: int = 40,
    sweeps: int = 3,
    fallback: float = 3e-3,
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
        rule: "bottom", "valley", "steepest" or "minimum", see `suggestion`.
        min_lr, max_lr: the range tried, and the range that the answer lies in.
        steps: rates tried in a sweep, on a logarithmic ladder.
        sweeps: how often the ladder is climbed, each time from the same weights and with other batches.
        fallback: the answer where the curve suggests none. What a search that `share` has shortened says to one
            of Adam's kind by "bottom" is drawn to it: see `drawn_to_usual`.
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
    weight = (test.losses.size / (sweeps * steps)) ** 0.5 if test.adam and rule == "bottom" else 1.0
    finding = _decide(suggest(test.lrs, test.losses, rule), test, rule, fallback, weight)
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


def drawn_to_usual(rate: float, usual: float, weight: float) -> float:
    """The weighted mean, on the logarithmic scale, of what a curve says and of what is usual.

    The best peaks for Adam on portraits lie closer together (0.003 to 0.005 in four trainings) than what single sweeps
    of 30 steps say of one of them (0.0012 to 0.0056), so a short search is better off in between (EXPERIMENTS,
    2026-11-27). Its weight is the root of the share of the asked steps that it had, as errors fall with the root of the
    steps.
    """
    return float(rate**weight * usual ** (1 - weight))


def _decide(found: Suggestion, test: RangeTest, rule: str, fallback: float, weight: float) -> Finding:
    single = [suggest(test.lrs, losses, rule).rate for losses in test.losses]
    low, high = float(test.lrs[0]), float(test.lrs[-1])
    said = fallback if found.rate is None else drawn_to_usual(float(np.clip(found.rate, low, high)), fallback, weight)
    curve = f"the curve says {found.rate or fallback:.3g}"
    short = f"; {curve}, which counts for {weight:.0%} against the usual {fallback:.3g}: the search is short"
    finding = Finding(
        max_lr=said,
        lrs=found.lrs,
        losses=found.smooth,
        raw=found.mean,
        rule=rule,
        fallback_used=found.rate is None,
        reason=f"{rule}: {found.reason}{short if weight < 1 else ''}",
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
