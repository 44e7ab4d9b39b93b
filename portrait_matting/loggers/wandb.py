"""The logger of Weights & Biases, offline by default, and its end after each job."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from lightning.pytorch.loggers import WandbLogger

from portrait_matting.errors import InputError
from portrait_matting.loggers.names import tidied

_DATA_DIR = "WANDB_DATA_DIR"
_own_data_dir = [""]  # what wandb_logger has set it to: close_loggers takes that back


def wandb_logger(
    run_dir: str,
    project: str,
    name: str | None,
    group: str | None,
    online: bool = False,
    resume: str | None = None,
) -> WandbLogger:
    """Logs to Weights & Biases: by default into the run's folder, without an account, to be sent with `wandb sync`.

    A resumed run has the id of the one that it goes on with: online it is that run, offline a second folder, which
    `wandb sync` joins to the first. What wandb keeps of tables until they are sent lies in the run's folder too, and
    not in the user's home, unless WANDB_DATA_DIR says otherwise.

    Args:
        run_dir: the run's folder.
        project, name, group: of the run in wandb; None leaves the name to wandb and the run ungrouped.
        online: send while training. Needs a key, and never asks for one.
        resume: the run's own `resume`.

    Raises:
        InputError: online without a key, or a project that wandb has no name for.
    """
    import wandb  # takes a second, which runs without it need not wait

    try:
        wandb.Settings(project=project)
    except (wandb.errors.UsageError, ValueError) as error:  # which it would only say when the run begins
        raise InputError(f"project={project} is refused by wandb ({error}): choose another name") from error
    if online:
        wandb.setup(wandb.Settings(silent=True))
        if not wandb.login(prompt=False, verify=False):
            raise InputError("logger.wandb.online=true needs a key: run `wandb login` first, or leave it false")
    if not os.environ.get(_DATA_DIR):
        os.environ[_DATA_DIR] = _own_data_dir[0] = str(Path(run_dir).absolute() / "wandb")
    logger = _Wandb(
        save_dir=run_dir,
        project=project,
        name=name,
        group=group,
        id=_earlier_id(Path(run_dir)) if resume else None,
        offline=not online,
        settings=wandb.Settings(silent=True, console="off"),
    )
    logger._wandb_init.pop("anonymous", None)  # Lightning gives it always, and wandb warns of it always
    return logger


def close_loggers(failed: bool) -> None:
    """Ends wandb's run, if one is open: else the next job of a sweep would log into it."""
    if "wandb" in sys.modules:
        sys.modules["wandb"].finish(exit_code=int(failed))
    if os.environ.get(_DATA_DIR) == _own_data_dir[0]:
        os.environ.pop(_DATA_DIR, None)


class _Wandb(WandbLogger):
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        super().log_metrics(tidied(metrics), step)


def _earlier_id(run_dir: Path) -> str | None:
    """The wandb id of the run in this folder: its folders are called (offline-)run-DATE_TIME-ID."""
    folders = sorted(run_dir.glob("wandb/*run-*-*"), key=lambda folder: folder.name.removeprefix("offline-"))
    return folders[-1].name.rpartition("-")[2] if folders else None
