"""The curve of the learning rate finder in the dashboards, as data and as the picture in the run's folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from lightning.pytorch.loggers import Logger, TensorBoardLogger, WandbLogger

from portrait_matting.images.io import read_image
from portrait_matting.loggers.boards import boards, log_curves, log_picture

if TYPE_CHECKING:
    from portrait_matting.learning_rate.finding import Finding


def log_finding(loggers: Sequence[Logger], finding: "Finding", picture: Path) -> None:
    """Shows a range test: in wandb as the chart `lr_finder/curve`, in TensorBoard as the scalars `lr_finder/loss` and
    `lr_finder/lr` over the rates that were tried; in both its picture, and the rate that was chosen.
    """
    if not boards(loggers):
        return
    shown = read_image(picture)
    for logger in loggers:
        if isinstance(logger, WandbLogger):
            title = f"max_lr = {finding.max_lr:.2e} by {'fallback' if finding.fallback_used else finding.rule}"
            log_curves([logger], "lr_finder/curve", series(finding), "log10 of the learning rate", title, shown, 0)
            logger.experiment.summary["lr_finder/max_lr"] = finding.max_lr
        elif isinstance(logger, TensorBoardLogger):
            for step, (lr, loss) in enumerate(zip(finding.lrs, finding.losses, strict=True)):
                logger.log_metrics({"lr_finder/lr": lr, "lr_finder/loss": loss}, step)
            logger.log_metrics({"lr_finder/max_lr": finding.max_lr}, 0)
    log_picture(loggers, "lr_finder/picture", shown, 0)


def series(finding: "Finding") -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The curves of a range test over the logarithm of the rate, and an upright line at the one that was chosen."""
    rates = np.log10(finding.lrs)
    seen = finding.losses[np.isfinite(finding.losses)]
    height = np.array([seen.min(), seen.max()]) if seen.size else np.zeros(2)
    chosen = np.full(2, np.log10(finding.max_lr))
    curves = {"smoothed": (rates, finding.losses), "mean of the sweeps": (rates, finding.raw)}
    if len(finding.sweeps) > 1:
        curves |= {f"sweep {k + 1}": (rates, losses) for k, losses in enumerate(finding.sweeps)}
    return curves | {"chosen": (chosen, height)}
