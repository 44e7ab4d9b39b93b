"""The main job: find the learning rate, run one cycle, score on the test split. `python -m portrait_matting.train`."""

import logging
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from portrait_matting import door
from portrait_matting.config import CONF_DIR, check
from portrait_matting.errors import InputError
from portrait_matting.explain import explain
from portrait_matting.run_folder import find_resume, open_run, report, write_figures

if TYPE_CHECKING:
    import lightning.pytorch as L

    from portrait_matting.data.datamodule import PortraitDataModule
    from portrait_matting.hardware import Hardware
    from portrait_matting.module import MattingModule

log = logging.getLogger(__name__)


class Job(NamedTuple):
    """The parts of a run, built from its recipe."""

    cfg: DictConfig
    hardware: "Hardware"
    data: "PortraitDataModule"
    module: "MattingModule"
    loggers: list
    resume: Path | None


def train(cfg: DictConfig) -> dict[str, float]:
    """Runs a whole experiment and returns its final figures, which `metrics.json` in its folder holds too.

    Raises:
        InputError: something in the recipe, the data or the checkpoint is wrong; most of it before any work is done.
    """
    from portrait_matting.loggers import log_recipe
    from portrait_matting.processes import processes

    began = time.perf_counter()
    _quieten()
    check(cfg)
    run_dir = Path(cfg.run_dir)
    open_run(run_dir, cfg.resume)
    job = prepare(cfg)
    try:
        _choose_max_lr(job, run_dir)
        job.module.config = OmegaConf.to_container(cfg, resolve=True)
        log_recipe(job.loggers, job.module.config)
        OmegaConf.save(cfg, run_dir / "config.yaml", resolve=True)
        with processes(job.hardware.devices, run_dir / "config.yaml"):
            trainer = fit(job)
        figures = test(job, trainer)
    finally:
        _close_loggers()
    figures |= {
        "max_lr": float(cfg.learning_rate.max_lr),
        "train_seconds": round(time.perf_counter() - began, 1),
        "parameters": sum(parameter.numel() for parameter in job.module.net.parameters()),
    }
    write_figures(run_dir, figures)
    print(report(run_dir, figures))
    return figures


def prepare(cfg: DictConfig) -> Job:
    """Builds every part of a run: whatever is wrong with the recipe or the data is found here, before any work."""
    import lightning.pytorch as L
    import torch

    from portrait_matting import checkpoint
    from portrait_matting.module import MattingModule

    L.seed_everything(cfg.seed, workers=True, verbose=False)
    plain = OmegaConf.to_container(cfg, resolve=True)
    try:
        hardware = instantiate(cfg.hardware)
        data = instantiate(cfg.data, _convert_="all")
        net = checkpoint.network(plain["model"])
        loss = instantiate(cfg.loss, _convert_="all")
        optimizer = instantiate(cfg.optimizer, _convert_="all")
    except hydra.errors.InstantiationException as error:
        # A library refuses a value that its signature allows: what it says is for the user, where it is not ours.
        raise InputError(explain(error) or " ".join(str(error.__cause__ or error).split())) from error
    resume = find_resume(cfg.resume, Path(cfg.run_dir))
    if resume:
        checkpoint.check_resumable(resume, plain["model"])
    elif cfg.model.weights:
        checkpoint.load_weights(net, cfg.model.weights)
    torch.set_float32_matmul_precision("high")
    module = MattingModule(net, loss, optimizer, lr=1e-3, config=plain, channels_last=hardware.channels_last)
    loggers = list(instantiate(cfg.logger, _convert_="all").values())
    return Job(cfg, hardware, data, module, loggers, resume)


def fit(job: Job) -> "L.Trainer":
    """Trains, from the start or from where `resume` stopped, and returns the trainer."""
    from portrait_matting.learning_rate.cycle import LearningRateCycle

    cycle = LearningRateCycle(instantiate(job.cfg.learning_rate.cycle))
    trainer = _trainer(job, extra=[cycle])
    trainer.fit(job.module, datamodule=job.data, ckpt_path=job.resume, weights_only=True)
    return trainer


def test(job: Job, trained: "L.Trainer") -> dict[str, float]:
    """Scores the best checkpoint on the test split, in one process, so that each portrait counts once."""
    from portrait_matting import checkpoint

    best = trained.checkpoint_callback.best_model_path
    if best:
        checkpoint.load_weights(job.module.net, best)
    trainer = _trainer(job, devices=1, strategy="auto")
    [figures] = trainer.test(job.module, datamodule=job.data, verbose=False)
    return {name: round(value, 6) for name, value in figures.items()}


def _trainer(job: Job, extra: list | None = None, **arguments: Any) -> "L.Trainer":
    callbacks = list(instantiate(job.cfg.callbacks, _convert_="all").values())
    given = instantiate(job.cfg.trainer, _partial_=True, _convert_="all")
    return given(
        **job.hardware.trainer_arguments() | arguments,
        callbacks=callbacks + (extra or []),
        logger=job.loggers,
        use_distributed_sampler=False,  # ours gives every process its share
    )


def _choose_max_lr(job: Job, run_dir: Path) -> None:
    """Replaces learning_rate.max_lr=auto by a number: the resumed run's, or what the LR finder finds."""
    from portrait_matting import checkpoint
    from portrait_matting.callbacks import log_picture
    from portrait_matting.data.image_io import read_image
    from portrait_matting.learning_rate.curve import plot_finding
    from portrait_matting.learning_rate.finder import find_learning_rate, write_csv

    cfg = job.cfg.learning_rate
    if cfg.max_lr != "auto":
        return
    if job.resume:
        cfg.max_lr = checkpoint.check_resumable(job.resume, OmegaConf.to_container(job.cfg.model))["learning_rate"][
            "max_lr"
        ]
        return
    log.info(
        "looking for the learning rate: %d steps from %g to %g", cfg.finder.steps, cfg.finder.min_lr, cfg.finder.max_lr
    )
    arguments = job.hardware.trainer_arguments()
    # One process looks for all: it accumulates what they would see together.
    arguments |= {
        "devices": 1,
        "strategy": "auto",
        "accumulate_grad_batches": job.hardware.accumulate * job.hardware.devices,
    }
    finding = find_learning_rate(job.module, job.data, arguments, **cfg.finder)
    plot_finding(finding, run_dir / "lr_finder.png")
    write_csv(finding, run_dir / "lr_finder.csv")
    log_picture(job.loggers, "lr_finder", read_image(run_dir / "lr_finder.png"), step=0)
    cfg.max_lr = finding.max_lr


def _quieten() -> None:
    """Silences what Lightning says of itself, so that what a run says is read."""
    import lightning.pytorch  # noqa: F401  its import sets the levels that are changed here

    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for message in (
        r".*isinstance\(treespec, LeafSpec\)",  # Lightning against a newer torch
        ".*does not have many workers",  # workers are the recipe's choice
        ".*Checkpoint directory .* exists and is not empty",  # it is the run's own folder
        ".*The dirpath has changed from",  # a resumed run has a folder of its own
    ):
        warnings.filterwarnings("ignore", message=message)


def _close_loggers() -> None:
    if "wandb" in sys.modules:  # else the next job of a sweep would log into this one's run
        sys.modules["wandb"].finish()


@hydra.main(version_base="1.3", config_path=str(CONF_DIR), config_name="train")
def _hydra_main(cfg: DictConfig) -> float:
    try:
        return train(cfg)["test/mad"]  # what sweepers minimise
    except Exception as error:
        if HydraConfig.get().mode == RunMode.MULTIRUN:
            raise  # Hydra goes on with the other jobs and names this one at the end
        door.stop(error)


def main() -> None:
    """Opens the door: composes the recipe from the command line and runs it."""
    door.run(_hydra_main)


if __name__ == "__main__":
    main()
