"""The parts of a training run, built from its recipe, and what is done with them: search, fit, test."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as L
import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from lightning.pytorch.callbacks import TQDMProgressBar
from lightning.pytorch.loggers import Logger
from omegaconf import DictConfig, OmegaConf

from portrait_matting import checkpoint
from portrait_matting.cli.explain import explain
from portrait_matting.data.datamodule import PortraitDataModule
from portrait_matting.errors import InputError
from portrait_matting.evaluation.result import per_image
from portrait_matting.hardware import Hardware
from portrait_matting.learning_rate.curve import plot_finding
from portrait_matting.learning_rate.cycle import LearningRateCycle
from portrait_matting.learning_rate.finder import write_csv
from portrait_matting.learning_rate.schedule import Schedule
from portrait_matting.loggers.finder_curve import log_finding
from portrait_matting.metrics.catalogue import FIGURES
from portrait_matting.models.batch_norm import set_batch_norm
from portrait_matting.models.recompute import choose
from portrait_matting.runs.test_scores import write_scores
from portrait_matting.training import allocator
from portrait_matting.training.auto_hardware import fits, out_of_memory, settle
from portrait_matting.training.checkpoint_io import AtomicCheckpointIO
from portrait_matting.training.module import MattingModule

log = logging.getLogger(__name__)


@dataclass
class Job:
    """What a recipe describes, built. `resume` is the checkpoint to go on from, `resumed` the recipe in it."""

    cfg: DictConfig
    hardware: Hardware
    trainer_arguments: dict[str, Any]
    data: PortraitDataModule
    module: MattingModule
    loggers: list[Logger]
    resume: Path | None
    resumed: checkpoint.Config


def prepare(cfg: DictConfig, may_halve: bool = False) -> Job:
    """Builds every part of a run: whatever is wrong with the recipe or the data is found here, before any work.

    A batch that the planner chose is tried on the card, and halved until it fits; so is one that `may_halve`.

    Raises:
        InputError: names what is wrong.
    """
    if not 0 <= cfg.seed < 2**32:
        raise InputError(f"seed={cfg.seed} is out of range: choose 0 to {2**32 - 1}")
    L.seed_everything(cfg.seed, workers=True, verbose=False)
    torch.set_float32_matmul_precision("high")
    may_halve = settle(cfg) or may_halve
    plain = OmegaConf.to_container(cfg, resolve=True)
    resume = Path(cfg.resume).expanduser() if cfg.resume else None
    resumed = checkpoint.check_resumable(resume, plain) if resume else {}
    try:
        hardware = instantiate(cfg.hardware)
        data = instantiate(cfg.data, _convert_="all")
        data.setup("fit")
        data.train_dataloader()  # refuses a batch that is larger than the data
        net = checkpoint.network(plain["model"])
        loss = instantiate(cfg.loss, _convert_="all")
        optimizer = instantiate(cfg.optimizer, _convert_="all")
        _try_out(optimizer)
        _schedule(cfg, max_lr=1.0)
        loggers = list(instantiate(cfg.logger, _convert_="all").values())
    except InstantiationException as error:
        # A library refuses a value that its signature allows: what it says is for the user, where it is not ours.
        raise InputError(explain(error) or " ".join(str(error.__cause__ or error).split())) from error
    if cfg.model.weights and not resume:
        checkpoint.load_weights(net, cfg.model.weights)
    if hardware.fused and cfg.trainer.gradient_clip_val and hardware.trainer_arguments()["precision"] == "16-mixed":
        raise InputError(
            "a fused optimizer cannot clip gradients in float16: give hardware.fused=null, or "
            "trainer.gradient_clip_val=null"
        )
    if hardware.batch_norm == "frozen" and not (cfg.model.weights or resume):
        raise InputError(
            "hardware.batch_norm=frozen keeps the statistics of a network that was trained before: give "
            "model.weights=FILE, or hardware.batch_norm=accumulated"
        )
    if hardware.accelerator == "cpu":
        allocator.keep_freed_memory()
    choose(net, hardware.recompute)
    set_batch_norm(net, hardware.batch_norm, hardware.accumulate)
    if may_halve and not fits(net, loss, hardware):
        if hardware.batch_size == 1:
            raise out_of_memory(cfg, hardware)
        effective, cfg.hardware.batch_size = hardware.batch_size * hardware.accumulate, hardware.batch_size // 2
        cfg.hardware.accumulate = math.ceil(effective / cfg.hardware.batch_size)
        log.warning("the batch does not fit after all: hardware.batch_size=%d", cfg.hardware.batch_size)
        return prepare(cfg, may_halve)
    if hardware.compile:
        net.compile()  # in place: the names of the weights stay
    module = MattingModule(net, loss, optimizer, lr=1e-3, config=plain, channels_last=hardware.channels_last)
    return Job(cfg, hardware, hardware.trainer_arguments(), data, module, loggers, resume, resumed)


def choose_max_lr(job: Job, run_dir: Path) -> float:
    """The rate that learning_rate.max_lr names; for "auto" the resumed run's, else what the LR finder finds.

    A search leaves `lr_finder.png` and `lr_finder.csv` in the run's folder, and its curve in the dashboards.
    """
    cfg = job.cfg.learning_rate
    if cfg.max_lr != "auto":
        return cfg.max_lr
    if job.resumed:
        return job.resumed["learning_rate"]["max_lr"]
    log.info("looking for the learning rate between %g and %g", cfg.finder.min_lr, cfg.finder.max_lr)
    # One process looks for all: it accumulates what they would see together.
    together = {"devices": 1, "strategy": "auto", "accumulate_grad_batches": job.hardware.effective_accumulation}
    as_the_run = {key: job.cfg.trainer[key] for key in ("gradient_clip_val", "deterministic", "enable_progress_bar")}
    find = instantiate(job.cfg.learning_rate.finder)
    finding = find(job.module, job.data, job.trainer_arguments | together | as_the_run)
    plot_finding(finding, run_dir / "lr_finder.png")
    write_csv(finding, run_dir / "lr_finder.csv")
    log_finding(job.loggers, finding, run_dir / "lr_finder.png")
    return finding.max_lr


def fit(job: Job) -> L.Trainer:
    """Trains, from the start or from where `resume` stopped, and returns the trainer."""
    trainer = _trainer(job, extra=[LearningRateCycle(_schedule(job.cfg, job.cfg.learning_rate.max_lr))])
    try:
        trainer.fit(job.module, datamodule=job.data, ckpt_path=job.resume, weights_only=True)
    except torch.OutOfMemoryError as error:
        raise out_of_memory(job.cfg, job.hardware) from error
    return trainer


def test(job: Job, trainer: L.Trainer) -> dict[str, float]:
    """Scores the best checkpoint on the test split, in one process, so that each portrait counts once."""
    best, score = trainer.checkpoint_callback.best_model_path, trainer.checkpoint_callback.best_model_score
    if best and Path(best).is_file():
        checkpoint.load_weights(job.module.net, best)
    if job.hardware.devices > 1:
        trainer = _trainer(job, devices=1, strategy="auto")
    [figures] = trainer.test(job.module, datamodule=job.data, verbose=False)
    scored = {f"test/{figure}": figures[f"test/{figure}"] for figure in FIGURES}
    return {name: round(value, 6) for name, value in (scored | {"val/mad": float(score)}).items()}


def write_test_scores(job: Job, path: Path) -> None:
    """Writes what the test measured of each portrait."""
    metrics = {name.removeprefix("test/"): metric for name, metric in job.module.test_metrics.items()}
    measured = {name: metric.rows().cpu().numpy() for name, metric in metrics.items()}
    names = job.data.names("test")
    found = per_image(measured, metrics)
    scores = {figure: found[figure] for figure in FIGURES if figure in found}
    write_scores(path, [names[index][1] for index in job.module.tested], scores)


def _try_out(optimizer: Callable[..., torch.optim.Optimizer]) -> None:
    """Lets torch refuse a value before the data is read: its types alone do not tell a legal momentum."""
    try:
        optimizer([torch.nn.Parameter(torch.zeros(1))], lr=1e-3)
    except ValueError as error:
        raise InputError(f"optimizer: {error}") from error


def _schedule(cfg: DictConfig, max_lr: float) -> Schedule:
    return instantiate(cfg.learning_rate.cycle, max_lr=max_lr)


def _trainer(job: Job, extra: list[L.Callback] | None = None, **arguments: Any) -> L.Trainer:
    callbacks = list(instantiate(job.cfg.callbacks, _convert_="all").values())
    if job.cfg.trainer.enable_progress_bar and job.hardware.accelerator == "cuda":
        callbacks.append(TQDMProgressBar(refresh_rate=20))  # each refresh waits for the card, to show the loss
    given = instantiate(job.cfg.trainer, _partial_=True, _convert_="all")
    return given(
        **job.trainer_arguments | arguments,
        callbacks=callbacks + (extra or []),
        logger=job.loggers,
        plugins=[AtomicCheckpointIO()],
        use_distributed_sampler=False,  # ours gives every process its share
    )
