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
from lightning.pytorch.loggers import Logger
from omegaconf import DictConfig, OmegaConf
from torch import nn

from portrait_matting import checkpoint
from portrait_matting.callbacks.progress_bar import ProgressBar
from portrait_matting.cli.explain import explain
from portrait_matting.data.datamodule import PortraitDataModule
from portrait_matting.errors import InputError
from portrait_matting.evaluation.result import per_image
from portrait_matting.hardware import Hardware
from portrait_matting.images.network_input import AUTO
from portrait_matting.learning_rate.curve import plot_finding
from portrait_matting.learning_rate.cycle import LearningRateCycle
from portrait_matting.learning_rate.finder import write_csv
from portrait_matting.learning_rate.schedule import Schedule
from portrait_matting.loggers.finder_curve import log_finding
from portrait_matting.metrics.catalogue import METRICS
from portrait_matting.models import registry
from portrait_matting.models.batch_norm import set_batch_norm
from portrait_matting.models.network import Network, check_input_size, trainable_groups, trial_outputs
from portrait_matting.models.recompute import set_recomputation
from portrait_matting.runs.test_scores import write_scores
from portrait_matting.training import allocator
from portrait_matting.training.auto_hardware import fits, out_of_memory, resolve_auto_hardware
from portrait_matting.training.checkpoint_io import AtomicCheckpointIO
from portrait_matting.training.limits import batches_of_an_epoch, check_limits, logged_every
from portrait_matting.training.module import MattingModule

log = logging.getLogger(__name__)

_TRIAL_SIDE = 32  # pixels, or the next multiple of the network's
_BEAR_ON_THE_LOSS = (
    "gradient_clip_val",
    "gradient_clip_algorithm",
    "deterministic",
    "benchmark",
    "detect_anomaly",
    "enable_progress_bar",
)
"""What the search takes over from the trainer group."""


@dataclass
class TrainingJob:
    """What a recipe describes, built. `resume` is the checkpoint to go on from, `resumed` the recipe in it."""

    cfg: DictConfig
    hardware: Hardware
    trainer_arguments: dict[str, Any]
    data: PortraitDataModule
    module: MattingModule
    loggers: list[Logger]
    resume: Path | None
    resumed: checkpoint.Config


def build_training_job(cfg: DictConfig) -> TrainingJob:
    """Builds every part of a run: whatever is wrong with the recipe or the data is found here, before any work.

    A batch that the planner chose is tried on the card, and halved until it fits.

    Raises:
        InputError: names what is wrong.
    """
    if not 0 <= cfg.seed < 2**32:
        raise InputError(f"seed={cfg.seed} is out of range: choose 0 to {2**32 - 1}")
    torch.set_float32_matmul_precision("high")
    registry.vouch(cfg.model._target_)
    planned = resolve_auto_hardware(cfg)
    job = _build(cfg)
    while planned and not fits(job.module.net, job.module.loss, job.hardware):
        if job.hardware.batch_size == 1:
            raise out_of_memory(cfg, job.hardware)
        effective = job.hardware.batch_size * job.hardware.accumulate
        cfg.hardware.batch_size = job.hardware.batch_size // 2
        cfg.hardware.accumulate = math.ceil(effective / cfg.hardware.batch_size)
        log.warning("the batch does not fit after all: hardware.batch_size=%d", cfg.hardware.batch_size)
        job = _build(cfg)
    if job.hardware.compile:
        job.module.net.compile()  # in place: the names of the weights stay
    return job


def _build(cfg: DictConfig) -> TrainingJob:
    L.seed_everything(cfg.seed, workers=True, verbose=False)
    resume = Path(cfg.resume).expanduser() if cfg.resume else None
    resumed = checkpoint.check_resumable(resume, OmegaConf.to_container(cfg, resolve=True)) if resume else {}
    net = _network(cfg, resumed)
    try:
        hardware = instantiate(cfg.hardware)
        data = instantiate(cfg.data, _convert_="all")
        data.setup("fit")
        data.train_dataloader()  # refuses a batch that is larger than the data
        data.shuffle = not cfg.trainer.overfit_batches
        check_limits(cfg.trainer, data, hardware.devices)
        loss = instantiate(cfg.loss, _convert_="all")
        optimizer = instantiate(cfg.optimizer, _convert_="all")
        _try_out(net, loss, optimizer)
        _schedule(cfg, max_lr=1.0)
        loggers = list(instantiate(cfg.logger, _convert_="all").values())
    except InstantiationException as error:
        # A library refuses a value that its signature allows: what it says is for the user, where it is not ours.
        raise InputError(explain(error) or " ".join(str(error.__cause__ or error).split())) from error
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
    set_recomputation(net, hardware.recompute)
    set_batch_norm(net, hardware.batch_norm, hardware.accumulate)
    config = OmegaConf.to_container(cfg, resolve=True)
    module = MattingModule(net, loss, optimizer, lr=1e-3, config=config, channels_last=hardware.channels_last)
    return TrainingJob(cfg, hardware, hardware.trainer_arguments(), data, module, loggers, resume, resumed)


def _network(cfg: DictConfig, resumed: checkpoint.Config) -> Network:
    """The network of the recipe, with the weights that it starts from; settles `model.normalisation`."""
    model = OmegaConf.to_container(cfg.model, resolve=True)
    net = registry.build(model)
    check_input_size(net, cfg.hardware.input_size)
    if resumed:
        trained = resumed["model"]["normalisation"]
        if model.get("normalisation", AUTO) not in (AUTO, trained):
            raise InputError(
                f"model.normalisation={model['normalisation']}, but the run was begun with {trained}: leave it out"
            )
        cfg.model.normalisation = trained
        return net
    cfg.model.normalisation = checkpoint.normalisation(model, net)
    if model.get("weights"):
        checkpoint.load_weights(net, model["weights"])
    return net


def choose_max_lr(job: TrainingJob, run_dir: Path) -> float:
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
    devices, in_epoch = job.hardware.devices, batches_of_an_epoch(job.cfg.trainer, job.data, job.hardware.devices)
    together = {
        "devices": 1,
        "strategy": "auto",
        "accumulate_grad_batches": min(job.hardware.accumulate, in_epoch) * devices,  # an epoch's end ends a step
        "limit_train_batches": in_epoch * devices,
    }
    as_the_run = {key: job.cfg.trainer[key] for key in _BEAR_ON_THE_LOSS}
    find = instantiate(job.cfg.learning_rate.finder)
    finding = find(job.module, job.data, job.trainer_arguments | together | as_the_run)
    plot_finding(finding, run_dir / "lr_finder.png")
    write_csv(finding, run_dir / "lr_finder.csv")
    log_finding(job.loggers, finding, run_dir / "lr_finder.png")
    return finding.max_lr


def fit(job: TrainingJob) -> L.Trainer:
    """Trains, from the start or from where `resume` stopped, and returns the trainer."""
    trainer = _trainer(job, extra=[LearningRateCycle(_schedule(job.cfg, job.cfg.learning_rate.max_lr))])
    try:
        trainer.fit(job.module, datamodule=job.data, ckpt_path=job.resume, weights_only=True)
    except torch.OutOfMemoryError as error:
        raise out_of_memory(job.cfg, job.hardware) from error
    return trainer


def test(job: TrainingJob, trainer: L.Trainer) -> dict[str, float]:
    """Scores the best checkpoint on the test split, in one process, so that each portrait counts once.

    Where nothing was validated no checkpoint is the best: the weights of the last step are scored, without `val/mad`.
    """
    best, score = trainer.checkpoint_callback.best_model_path, trainer.checkpoint_callback.best_model_score
    validated = {}
    if score is not None and Path(best).is_file():
        checkpoint.load_weights(job.module.net, best)
        validated = {"val/mad": float(score)}
    else:
        log.warning("nothing was validated, so no checkpoint is the best: the last one is scored, and val/mad left out")
    if job.hardware.devices > 1:
        trainer = _trainer(job, devices=1, strategy="auto")
    [measured] = trainer.test(job.module, datamodule=job.data, verbose=False)
    scored = {f"test/{name}": measured[f"test/{name}"] for name in METRICS}
    return {name: round(value, 6) for name, value in (scored | validated).items()}


def write_test_scores(job: TrainingJob, path: Path) -> None:
    """Writes what the test measured of each portrait."""
    metrics = {name.removeprefix("test/"): metric for name, metric in job.module.test_metrics.items()}
    measured = {name: metric.rows().cpu().numpy() for name, metric in metrics.items()}
    names = job.data.names("test")
    found = per_image(measured, metrics)
    scores = {name: found[name] for name in METRICS if name in found}
    write_scores(path, [names[index][1] for index in job.module.tested], scores)


def _try_out(net: Network, loss: nn.Module, optimizer: Callable[..., torch.optim.Optimizer]) -> None:
    """Runs one small image through network and loss, and builds the optimizer: what does not go together, or a value
    that torch refuses though its type is right, is found before any work.
    """
    outputs = trial_outputs(net, side := -(-_TRIAL_SIDE // net.multiple) * net.multiple)
    with torch.no_grad():
        losses = loss(outputs, {"image": torch.zeros(1, 3, side, side), "alpha": torch.zeros(1, 1, side, side)})
    if "loss" not in losses:
        raise InputError(f"{type(loss).__name__} returns {', '.join(losses)}: one of its scalars has to be 'loss'")
    try:
        optimizer(trainable_groups(net), lr=1e-3)
    except ValueError as error:
        raise InputError(f"optimizer: {error}") from error


def _schedule(cfg: DictConfig, max_lr: float) -> Schedule:
    return instantiate(cfg.learning_rate.cycle, max_lr=max_lr)


def _trainer(job: TrainingJob, extra: list[L.Callback] | None = None, **arguments: Any) -> L.Trainer:
    callbacks = list(instantiate(job.cfg.callbacks, _convert_="all").values())
    if job.cfg.trainer.enable_progress_bar:
        callbacks.append(ProgressBar(job.hardware.accelerator))
    in_epoch = batches_of_an_epoch(job.cfg.trainer, job.data, job.hardware.devices)
    limits = {"log_every_n_steps": logged_every(job.cfg.trainer, in_epoch, job.hardware.accumulate)}
    if overfit := job.cfg.trainer.overfit_batches:  # Lightning would put its own order in the place of ours
        limits |= {"overfit_batches": 0.0, "limit_train_batches": overfit, "limit_val_batches": overfit}
    given = instantiate(job.cfg.trainer, _partial_=True, _convert_="all")
    return given(
        **job.trainer_arguments | limits | arguments,
        callbacks=callbacks + (extra or []),
        logger=job.loggers,
        plugins=[AtomicCheckpointIO()],
        use_distributed_sampler=False,  # ours gives every process its share
    )
