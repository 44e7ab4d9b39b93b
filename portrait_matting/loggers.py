"""Loggers that fit a run's folder: metrics.csv always, and the dashboard of your choice beside it."""

import csv
import sys
import warnings
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger, WandbLogger

from portrait_matting.errors import InputError


def csv_logger(run_dir: str, resume: str | None = None, flush_every: int = 20) -> CSVLogger:
    """Writes `metrics.csv` into the run's folder; a resumed run goes on below the rows that are there.

    Args:
        run_dir: the run's folder.
        resume: the run's own `resume`; None starts an empty file.
        flush_every: logged steps between two writes.
    """
    earlier = _rows(Path(run_dir) / "metrics.csv") if resume else []
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Experiment logs directory")  # it deletes the rows: we have them
        logger = CSVLogger(run_dir, name="", version="", flush_logs_every_n_steps=flush_every)
        writer = logger.experiment
    for row in earlier:
        writer.log_metrics(row, step=int(row["step"]))
    writer.save()  # at once: a run that fails before its first step must not cost the rows of the one before
    return logger


def tensorboard_logger(run_dir: str) -> TensorBoardLogger:
    """Writes TensorBoard's event files into the run's folder: `tensorboard --logdir runs`."""
    try:
        return TensorBoardLogger(run_dir, name="", version="", default_hp_metric=False)
    except ModuleNotFoundError as error:
        raise InputError("logger=tensorboard needs TensorBoard: pip install 'portrait-matting[tensorboard]'") from error


def wandb_logger(run_dir: str, project: str, name: str | None, group: str | None, online: bool = False) -> WandbLogger:
    """Logs to Weights & Biases: by default into the run's folder, without an account, to be sent with `wandb sync`.

    Args:
        run_dir: the run's folder.
        project, name, group: of the run in wandb; None leaves the name to wandb and the run ungrouped.
        online: send while training. Needs a key, and never asks for one.

    Raises:
        InputError: online without a key.
    """
    import wandb  # takes a second, which runs without it need not wait

    if online:
        wandb.setup(wandb.Settings(silent=True))
        if not wandb.login(prompt=False, verify=False):
            raise InputError("logger.wandb.online=true needs a key: run `wandb login` first, or leave it false")
    settings = wandb.Settings(silent=True, console="off")
    return WandbLogger(save_dir=run_dir, project=project, name=name, group=group, offline=not online, settings=settings)


def log_recipe(loggers: list[Logger], config: dict[str, Any]) -> None:
    """Shows the composed recipe in the dashboards; the run's folder has it as `config.yaml` already."""
    for logger in loggers:
        if not isinstance(logger, CSVLogger):
            logger.log_hyperparams(config)


def close_loggers(failed: bool) -> None:
    """Ends wandb's run, if one is open: else the next job of a sweep would log into it."""
    if "wandb" in sys.modules:
        sys.modules["wandb"].finish(exit_code=int(failed))


def _rows(path: Path) -> list[dict[str, str]]:
    """The rows as they were written, without a last one that a killed run left unfinished."""
    if not path.is_file():
        return []
    lines = path.read_text().splitlines(keepends=True)
    rows = csv.DictReader(line for line in lines if line.endswith("\n"))
    return [{key: value for key, value in row.items() if value} for row in rows]
