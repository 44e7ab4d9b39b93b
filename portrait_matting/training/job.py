"""The parts of a training run, built from its recipe. What is done with them is in `phases`."""

import logging
import math
import os
from collections.abc import Callable, Sequence
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
from portrait_matting.cli.explain import explain
from portrait_matting.config.difference import conflict
from portrait_matting.config.optimizer import recipe_optimizer
from portrait_matting.data.datamodule import PortraitDataModule
from portrait_matting.data.splits import SPLITS
from portrait_matting.data.truth import check_truth, truths
from portrait_matting.errors import InputError
from portrait_matting.hardware import Hardware
from portrait_matting.images.network_input import AUTO
from portrait_matting.models import registry
from portrait_matting.models.batch_norm import check_single_image, set_batch_norm
from portrait_matting.models.network import Network, check_input_size, trial_outputs
from portrait_matting.models.optimizer import build_optimizer
from portrait_matting.models.recompute import set_recomputation
from portrait_matting.training import allocator
from portrait_matting.training.auto_hardware import fits, out_of_memory, resolve_auto_hardware
from portrait_matting.training.limits import check_limits
from portrait_matting.training.module import MattingModule
from portrait_matting.training.trainer_group import check_trainer_group
from portrait_matting.weights.shipped import find

log = logging.getLogger(__name__)

_TRIAL_SIDE = 32  # pixels, or the next multiple of the network's


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
    if job.data.check_truth and os.environ.get("LOCAL_RANK", "0") == "0":  # the other processes need not say it again
        for split in SPLITS:
            for part, portraits in job.data.parts(split).items():
                check_truth(truths(portraits), f"{job.data.place(part)}, {split} split")
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
    resume = find(cfg.resume) if cfg.resume else None
    resumed = checkpoint.check_resumable(resume, OmegaConf.to_container(cfg, resolve=True)) if resume else {}
    if resumed:
        _warn_of_differences(cfg, resumed)
    net = _network(cfg, resumed)
    try:
        hardware = instantiate(cfg.hardware)
        data = instantiate(cfg.data, _convert_="all")
        data.setup("fit")
        data.train_dataloader()  # refuses a batch that is larger than the data
        _check_monitor(cfg, data.sources)
        data.shuffle = not cfg.trainer.overfit_batches
        check_limits(cfg.trainer, data, hardware.devices)
        arguments = hardware.trainer_arguments()
        check_trainer_group(cfg.trainer, arguments)
        _unfuse_to_clip(cfg, arguments["precision"])
        loss = instantiate(cfg.loss, _convert_="all")
        optimizer = recipe_optimizer(cfg.optimizer)
        _try_out(net, loss, optimizer, hardware.input_size)
        if hardware.batch_size == 1 and (hardware.batch_norm != "synchronised" or hardware.devices == 1):
            check_single_image(net, hardware.batch_norm, hardware.input_size)
        instantiate(cfg.learning_rate.cycle, max_lr=1.0)
        loggers = list(instantiate(cfg.get("logger") or {}, _convert_="all").values())
    except InstantiationException as error:
        # A library refuses a value that its signature allows: what it says is for the user, where it is not ours.
        raise InputError(explain(error) or " ".join(str(error.__cause__ or error).split())) from error
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
    module = MattingModule(net, loss, optimizer, 1e-3, config, hardware.channels_last, data.sources)
    return TrainingJob(cfg, hardware, arguments, data, module, loggers, resume, resumed)


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
    path = model.get("weights")
    weights = checkpoint.read_weights(path) if path else None
    cfg.model.normalisation = checkpoint.normalisation(model, net, weights)
    if weights:
        checkpoint.load_weights(net, path, weights)
    return net


def _check_monitor(cfg: DictConfig, sources: Sequence[str]) -> None:
    """What chooses the best checkpoint may be of one source of a mix: of one that is scored."""
    best = cfg.get("callbacks", {}).get("best")
    parts = str(best.get("monitor")).split("/") if best else []
    if len(parts) == 3 and parts[1] not in sources:
        cure = f"{', '.join(sources)} are" if sources else "only data=mix has any"
        raise InputError(f"callbacks.best.monitor={'/'.join(parts)}: {parts[1]} is no source that is scored, {cure}")


def _unfuse_to_clip(cfg: DictConfig, precision: str) -> None:
    """A fused optimizer takes mixed precision's scale out of the gradients itself, which is too late to clip them."""
    if cfg.trainer.gradient_clip_val and precision != "32-true" and cfg.optimizer.get("fused"):
        log.info("the optimizer is not fused, since trainer.gradient_clip_val clips gradients in %s", precision)
        cfg.optimizer.fused = None  # and not hardware.fused: the recipe stays as it was asked for


def _warn_of_differences(cfg: DictConfig, resumed: checkpoint.Config) -> None:
    for group in ("loss", "optimizer"):
        asked = {group: OmegaConf.to_container(cfg[group], resolve=True)}
        if difference := conflict(asked, {group: resumed.get(group, {})}):
            log.warning("the run was begun with another %s: %s", group, difference)


def _try_out(net: Network, loss: nn.Module, optimizer: Callable[..., torch.optim.Optimizer], input_size: int) -> None:
    """Runs one small image through network and loss, and builds the optimizer: what does not go together, or a value
    that torch refuses though its type is right, is found before any work.
    """
    try:
        losses = _trial_losses(net, loss, -(-_TRIAL_SIDE // net.multiple) * net.multiple)
    except InputError:
        raise
    except Exception:  # of a network that takes no image so small
        try:
            losses = _trial_losses(net, loss, input_size)
        except (RuntimeError, ValueError, KeyError, TypeError) as error:
            what = f"{type(error).__name__}: {' '.join(str(error).split())}"
            raise InputError(f"{type(net).__name__} or its loss fails at {input_size} px ({what})") from error
    if "loss" not in losses:
        raise InputError(f"{type(loss).__name__} returns {', '.join(losses)}: one of its scalars has to be 'loss'")
    try:
        build_optimizer(optimizer, net, lr=1e-3)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"optimizer: {error}") from error


@torch.no_grad()
def _trial_losses(net: Network, loss: nn.Module, side: int) -> dict[str, torch.Tensor]:
    batch = {"image": torch.zeros(2, 3, side, side), "alpha": torch.zeros(2, 1, side, side)}
    return loss(trial_outputs(net, side), batch)
