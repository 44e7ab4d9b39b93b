"""What a run does with its parts: look for the learning rate, fit, test."""

import logging
import math
from pathlib import Path
from typing import Any, NamedTuple

import lightning.pytorch as L
import torch
from hydra.utils import instantiate

from portrait_matting import checkpoint
from portrait_matting.callbacks.best_checkpoint import BestCheckpoint, read
from portrait_matting.callbacks.progress_bar import ProgressBar
from portrait_matting.evaluation.result import per_image
from portrait_matting.learning_rate.curve import plot_finding
from portrait_matting.learning_rate.cycle import LearningRateCycle
from portrait_matting.learning_rate.deadline import Deadline, WorkingTime
from portrait_matting.learning_rate.decay import DecayOverRun
from portrait_matting.learning_rate.finding import Finding, write_csv
from portrait_matting.loggers.finder_curve import log_finding
from portrait_matting.metrics.catalogue import METRICS
from portrait_matting.runs.test_scores import write_scores
from portrait_matting.training import time_limit
from portrait_matting.training.auto_hardware import out_of_memory
from portrait_matting.training.checkpoint_io import AtomicCheckpointIO
from portrait_matting.training.job import TrainingJob
from portrait_matting.training.limits import (
    batches_of_an_epoch,
    between_points,
    logged_every,
    optimizer_steps,
    validated_batches,
)
from portrait_matting.training.loss_progress import LossProgress
from portrait_matting.training.resume import take_over_best

log = logging.getLogger(__name__)

_BEAR_ON_THE_LOSS = (
    "gradient_clip_val",
    "gradient_clip_algorithm",
    "deterministic",
    "benchmark",
    "detect_anomaly",
    "enable_progress_bar",
)
"""What the search takes over from the trainer group."""


class ChosenRate(NamedTuple):
    """The maximal learning rate of a run, and what the search for it cost: `finder_seconds`, or nothing."""

    max_lr: float
    cost: dict[str, float]


def choose_max_lr(job: TrainingJob, run_dir: Path) -> ChosenRate:
    """The rate that learning_rate.max_lr names; for "auto" the resumed run's, else what the LR finder finds.

    A search leaves `lr_finder.png` and `lr_finder.csv` in the run's folder, and its curve in the dashboards.

    Raises:
        InputError: the search ran out of memory; says what fits.
    """
    cfg = job.cfg.learning_rate
    if cfg.max_lr != "auto":
        return ChosenRate(cfg.max_lr, {})
    if job.resumed:
        return ChosenRate(job.resumed["learning_rate"]["max_lr"], {})
    log.info("looking for the learning rate between %g and %g", cfg.finder.min_lr, cfg.finder.max_lr)
    try:
        finding = _search(job)
    except torch.OutOfMemoryError as error:
        raise out_of_memory(job.cfg, job.hardware) from error
    plot_finding(finding, run_dir / "lr_finder.png")
    write_csv(finding, run_dir / "lr_finder.csv")
    log_finding(job.loggers, finding, run_dir / "lr_finder.png")
    return ChosenRate(finding.max_lr, {"finder_seconds": round(finding.seconds, 1)})


def _search(job: TrainingJob) -> Finding:
    """One process looks for all: it accumulates what they would see together."""
    trainer, hardware = job.cfg.trainer, job.hardware
    devices, in_epoch = hardware.devices, batches_of_an_epoch(trainer, job.data, hardware.devices)
    together = {
        "devices": 1,
        "strategy": "auto",
        "accumulate_grad_batches": min(hardware.accumulate, in_epoch) * devices,  # an epoch's end ends a step
        "limit_train_batches": in_epoch * devices,
    }
    as_the_run = {key: trainer[key] for key in _BEAR_ON_THE_LOSS}
    steps = optimizer_steps(trainer, in_epoch, hardware.accumulate)
    if hardware.accelerator == "cuda":
        steps /= devices  # a step here takes as long as so many of theirs; processes of a CPU share it
    find = instantiate(job.cfg.learning_rate.finder)
    return find(
        job.module,
        job.data,
        job.trainer_arguments | together | as_the_run,
        training_steps=None if steps == math.inf else max(int(steps), 1),
        training_seconds=time_limit.length(trainer),
    )


def fit(job: TrainingJob, working: WorkingTime | None = None, until: Deadline | None = None) -> L.Trainer:
    """Trains, from the start or from where `resume` stopped, and returns the trainer.

    Args:
        job: what to train.
        working: counts the time; None: from now on.
        until: `time_limit.deadline` of the process that counts the time; the others need none.
    """
    schedule = instantiate(job.cfg.learning_rate.cycle, max_lr=job.cfg.learning_rate.max_lr)
    points = between_points if job.cfg.trainer.log_every_n_steps is None else None
    cycle = LearningRateCycle(schedule, until or time_limit.follower(job), working, points)
    trainer = _trainer(job, extra=[cycle, DecayOverRun(cycle), LossProgress(cycle)])
    if job.resume and isinstance(best := trainer.checkpoint_callback, BestCheckpoint) and trainer.is_global_zero:
        take_over_best(best, job.resume)
    try:
        trainer.fit(job.module, datamodule=job.data, ckpt_path=job.resume, weights_only=True)
    except torch.OutOfMemoryError as error:
        raise out_of_memory(job.cfg, job.hardware) from error
    return trainer


def fitted_before(job: TrainingJob) -> L.Trainer:
    """The trainer of a resumed run that leaves nothing to train: it knows the best checkpoint, as after `fit`."""
    trainer = _trainer(job, devices=1, strategy="auto")
    checkpoint.load_weights(job.module.net, job.resume)
    if isinstance(best := trainer.checkpoint_callback, BestCheckpoint):
        take_over_best(best, job.resume, trains=False)
        best.take_up(read(job.resume))
    return trainer


def cycle_done(trainer: L.Trainer) -> dict[str, float]:
    """`cycle_done`, the share of the cycle that is done, in [0, 1]; empty for a trainer that drove none."""
    [*done] = [callback.done for callback in trainer.callbacks if isinstance(callback, LearningRateCycle)]
    return {"cycle_done": round(done[0], 4)} if done else {}


def best_metric(trainer: L.Trainer) -> dict[str, float]:
    """The metric of the best checkpoint, by its name; empty where there is none."""
    best, score = trainer.checkpoint_callback, trainer.checkpoint_callback.best_model_score
    return {best.monitor: float(score)} if score is not None and Path(best.best_model_path).is_file() else {}


def test(job: TrainingJob, trainer: L.Trainer) -> dict[str, float]:
    """Scores the best checkpoint on the test split, in one process, so that each portrait counts once.

    Where nothing was validated no checkpoint is the best: the weights of the last step are scored, without `val/mad`.
    """
    best = best_metric(trainer)
    if best:
        checkpoint.load_weights(job.module.net, trainer.checkpoint_callback.best_model_path)
    elif isinstance(trainer.checkpoint_callback, BestCheckpoint):
        log.warning("nothing was validated, so no checkpoint is the best: the last one is scored, and val/mad left out")
    else:
        log.warning("without callbacks.best no checkpoint is the best: the last one is scored, and val/mad left out")
    if job.hardware.devices > 1:
        trainer = _trainer(job, devices=1, strategy="auto")
    [measured] = trainer.test(job.module, datamodule=job.data, verbose=False)
    own = [f"test/{source}/{name}" for source in job.data.sources for name in METRICS]
    scored = {name: measured[name] for name in [*(f"test/{name}" for name in METRICS), *own] if name in measured}
    return {name: round(value, 6) for name, value in (scored | best).items()}


def write_test_scores(job: TrainingJob, path: Path) -> None:
    """Writes what the test measured of each portrait."""
    metrics = {name.removeprefix("test/"): metric for name, metric in job.module.test_metrics.items()}
    measured = {name: metric.rows().cpu().numpy() for name, metric in metrics.items()}
    names = job.data.names("test")
    found = per_image(measured, metrics)
    scores = {name: found[name] for name in METRICS if name in found}
    tested = job.module.tested
    sources = [job.data.portraits("test").source_of(index) for index in tested] if job.data.is_mixed else []
    write_scores(path, [names[index][1] for index in tested], scores, sources)


def _trainer(job: TrainingJob, extra: list[L.Callback] | None = None, **arguments: Any) -> L.Trainer:
    callbacks = list(instantiate(job.cfg.callbacks, _convert_="all").values())
    if job.cfg.trainer.enable_progress_bar is not False:  # null is Lightning's own default, a bar
        callbacks.append(ProgressBar(job.hardware.accelerator))
    in_epoch = batches_of_an_epoch(job.cfg.trainer, job.data, job.hardware.devices)
    limits = {"log_every_n_steps": logged_every(job.cfg.trainer, in_epoch, job.hardware.accumulate)}
    if overfit := job.cfg.trainer.overfit_batches:  # Lightning would put its own order in the place of ours
        validated = validated_batches(job.cfg.trainer, len(job.data.val_dataloader()))
        limits |= {"overfit_batches": 0.0, "limit_train_batches": overfit, "limit_val_batches": validated}
    limits["max_time"] = None  # Lightning's timer would cut the cycle off, see `TimedCurve`
    if job.cfg.trainer.get("max_time") is not None and job.cfg.trainer.max_epochs is None:
        limits["max_epochs"] = -1  # of None Lightning makes a thousand
    given = instantiate(job.cfg.trainer, _partial_=True, _convert_="all")
    return given(
        **job.trainer_arguments | limits | arguments,
        callbacks=callbacks + (extra or []),
        logger=job.loggers,
        plugins=[AtomicCheckpointIO()],
        use_distributed_sampler=False,  # ours gives every process its share
    )
