"""The learning rate range test (Smith 2015, arXiv 1506.01186, section 3.3): a short run at a rising rate."""

import csv
import logging
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from lightning.pytorch import LightningDataModule, LightningModule, Trainer
from lightning.pytorch.tuner import Tuner, lr_finder
from lightning.pytorch.utilities.seed import isolate_rng
from torch.optim import Optimizer
from torchmetrics import Metric
from tqdm import tqdm

from portrait_matting.disk.atomic_write import atomic_write
from portrait_matting.errors import InputError
from portrait_matting.learning_rate.suggestion import RULES, centred, debias, raw_losses, suggest

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Finding:
    """What a range test found. All arrays are float64 with one entry per rate that was tried."""

    max_lr: float
    lrs: np.ndarray
    losses: np.ndarray  # smooth and free of Lightning's bias: what the rule read
    raw: np.ndarray  # losses of single batches
    rule: str
    fallback_used: bool
    reason: str  # why this rate, in one line


def find_learning_rate(
    module: LightningModule,
    data: LightningDataModule | Any,
    trainer_arguments: dict[str, Any] | None = None,
    rule: str = "valley",
    min_lr: float = 1e-6,
    max_lr: float = 1.0,
    steps: int = 100,
    fallback: float = 1e-3,
    early_stop_threshold: float | None = 4.0,
) -> Finding:
    """Runs `steps` optimizer steps at rates from `min_lr` to `max_lr` and suggests a maximal rate.

    Weights, batch statistics, train mode and random state are afterwards as before; nothing is left on disk.

    Args:
        module: trains by automatic optimisation with one optimizer.
        data: a datamodule or a train loader.
        trainer_arguments: of the real run, where they bear on the loss: accelerator, devices, precision,
            accumulate_grad_batches, gradient_clip_val, ... With enable_progress_bar a terminal shows a bar on stdout.
        rule: "valley", "steepest" or "minimum", see `suggestion`.
        min_lr, max_lr: the range tried, and the range that the answer lies in.
        steps: rates tried, on a logarithmic ladder.
        fallback: the answer where the curve suggests none: NaN, too few points, or flat.
        early_stop_threshold: stops where the smooth loss exceeds this multiple of the best recorded one. Lightning
            records half the first loss, see `suggestion.debias`, so that 4 means about twice the initial loss, beyond
            what a bounded loss reaches unless it diverges. None: never.

    Raises:
        InputError: an unknown rule, or a range or number of steps that cannot hold a curve.
    """
    if rule not in RULES:
        raise InputError(f"learning rate finder: rule is {rule}; give one of {', '.join(RULES)}")
    if not 0 < min_lr < max_lr:
        raise InputError(f"learning rate finder: the range is {min_lr} to {max_lr}; give 0 < min_lr < max_lr")
    if steps < 20:
        raise InputError(f"learning rate finder: {steps} steps are too few for a curve; give 20 or more, usually 100")
    arguments = trainer_arguments or {}
    with (
        tempfile.TemporaryDirectory(prefix="lr_finder_") as folder,
        isolate_rng(),
        _bar(arguments.get("enable_progress_bar", True)),
        _own_rates(module),
    ):
        trainer = Trainer(
            **arguments
            | {
                "enable_progress_bar": False,  # the search has its own, see `_bar`
                "max_epochs": -1,  # else the search ends at max_epochs x batches
                "max_steps": steps,
                "logger": False,
                "callbacks": None,
                "enable_checkpointing": False,
                "enable_model_summary": False,
                "limit_val_batches": 0,
                "num_sanity_val_steps": 0,
                "check_val_every_n_epoch": None,  # with the next line: never, though the tuner sets limit_val_batches
                "val_check_interval": 10**9,
                "fast_dev_run": False,
                "default_root_dir": folder,  # the tuner's checkpoint; a killed search would leave it behind
            }
        )
        source = {"datamodule" if isinstance(data, LightningDataModule) else "train_dataloaders": data}
        search = Tuner(trainer).lr_find(
            module,
            **source,
            min_lr=min_lr,
            max_lr=max_lr,
            num_training=steps,
            mode="exponential",
            early_stop_threshold=early_stop_threshold,
            update_attr=False,
        )
    for part in module.modules():
        if isinstance(part, Metric):
            part.reset()  # its sums are no part of the checkpoint that the tuner restores
    lrs = np.array(search.results["lr"], dtype=np.float64)
    recorded = np.array(search.results["loss"], dtype=np.float64)[: len(lrs)] * trainer.accumulate_grad_batches
    # Optimizer steps done at each point, read off the ladder: an accumulation cut short by an epoch's end steps unseen.
    done = np.maximum(np.rint(steps * np.log(lrs / min_lr) / np.log(max_lr / min_lr)), 1).astype(int)
    raw = raw_losses(recorded, steps=done)
    losses = debias(recorded, steps=done) if rule == "valley" else centred(raw)
    return _decide(lrs, losses, raw, rule, min_lr, max_lr, fallback)


@contextmanager
def _bar(asked: bool) -> Iterator[None]:
    """Makes the bar that Lightning's search shows in any case one that a terminal alone shows, and only if asked."""
    before = lr_finder.tqdm
    lr_finder.tqdm = partial(tqdm, disable=None if asked else True, file=sys.stdout, dynamic_ncols=True, leave=False)
    try:
        yield
    finally:
        lr_finder.tqdm = before


@contextmanager
def _own_rates(module: LightningModule) -> Iterator[None]:
    """Lets each group of parameters step at the ladder's rate times its `lr_scale`, as in training.

    Lightning's ladder sets one rate for all groups, so the factor is put in before each step and taken out after it.
    """
    build, ladder = module.configure_optimizers, []

    def scale(optimizer: Optimizer, *_: Any) -> None:
        ladder[:] = [group["lr"] for group in optimizer.param_groups]
        for group in optimizer.param_groups:
            group["lr"] *= group.get("lr_scale", 1.0)

    def restore(optimizer: Optimizer, *_: Any) -> None:
        for group, lr in zip(optimizer.param_groups, ladder, strict=True):
            group["lr"] = lr

    def configure_optimizers() -> Any:
        optimizer = build()
        if isinstance(optimizer, Optimizer) and any("lr_scale" in group for group in optimizer.param_groups):
            optimizer.register_step_pre_hook(scale)
            optimizer.register_step_post_hook(restore)
        return optimizer

    module.configure_optimizers = configure_optimizers
    try:
        yield
    finally:
        del module.configure_optimizers


def _decide(
    lrs: np.ndarray, losses: np.ndarray, raw: np.ndarray, rule: str, min_lr: float, max_lr: float, fallback: float
) -> Finding:
    suggested = suggest(lrs, losses, rule)
    if suggested is None:
        why = f"{np.isfinite(losses).sum()} finite losses of {len(losses)} and no fall among them that stands out"
        reason = f"no suggestion by rule {rule} ({why}): the fallback {fallback:.3g} is used"
        logger.warning("learning rate finder: %s", reason)
        return Finding(fallback, lrs, losses, raw, rule, True, reason)
    clamped = min(max(suggested, min_lr), max_lr)
    reason = f"{rule} of {len(lrs)} rates from {lrs[0]:.3g} to {lrs[-1]:.3g}"
    logger.info("learning rate finder: max_lr %.3g, %s", clamped, reason)
    return Finding(clamped, lrs, losses, raw, rule, False, reason)


def write_csv(finding: Finding, path: str | Path) -> None:
    """Writes the columns `lr` and `loss` (`Finding.losses`); a reader never sees half a file."""
    with atomic_write(path) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("lr", "loss"))
        writer.writerows(zip(finding.lrs.tolist(), finding.losses.tolist(), strict=True))
