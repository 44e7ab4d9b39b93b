"""Sweeps: what a job of one takes up again, what it is called, and what is said of all of them at the end.

A job's folder is named by its overrides, so that a sweep that is started again finds each job where it was: a finished
one is passed over, a begun one goes on from its last checkpoint, one that failed is tried anew.
"""

import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from portrait_matting.errors import InputError
from portrait_matting.recipe import conflict
from portrait_matting.run_folder import LAST

log = logging.getLogger(__name__)

FAILED = "error.txt"
"""In the folder of a job that failed: one line that says why."""
SWEPT = "sweep.json"
"""In the folder of a sweep: {"swept": [KEY, …], "overrides": [TEXT, …]}."""


class Ledger(Callback):
    """Hydra's callback in the process that starts a sweep: notes what is swept, and where."""

    opened: ClassVar[list[Path]] = []

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        folder = Path(config.hydra.sweep.dir)
        overrides = OmegaConf.to_container(config.hydra.overrides.task)
        fixed = OmegaConf.to_container(config.hydra.sweeper.get("params") or OmegaConf.create({}))
        written = [*(f"{key}={value}" for key, value in fixed.items()), *overrides]
        keys = swept(written)
        note = {"swept": keys, "overrides": written}
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SWEPT).write_text(json.dumps(note, indent=2) + "\n")
        self.opened.append(folder)
        # Hydra composes each job anew with these: its folder is to be called by what differs, not by all that is given.
        if constant := [key for key in _keys(written) if key not in keys] if keys else []:
            config.hydra.overrides.hydra.append(
                f"hydra.job.config.override_dirname.exclude_keys=[{','.join(constant)}]"
            )


def swept(overrides: list[str]) -> list[str]:
    """The keys that take more than one value, of overrides as they are given to a sweep.

    >>> swept(["seed=0,1", "model=u2net", "learning_rate.max_lr=interval(0.001, 0.1)"])
    ['seed', 'learning_rate.max_lr']
    """
    parsed = OverridesParser.create().parse_overrides(overrides)
    return list(dict.fromkeys(one.get_key_element() for one in parsed if one.is_sweep_override()))


def _keys(overrides: list[str]) -> list[str]:
    return [one.get_key_element() for one in OverridesParser.create().parse_overrides(overrides)]


def is_job() -> bool:
    """Whether this is a job of a sweep."""
    return HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN


def take_up(cfg: DictConfig) -> dict[str, float] | None:
    """The figures of a job that was finished before; else None, and `resume` is set if it was begun before.

    Raises:
        InputError: its folder holds a run by another recipe.
    """
    run_dir = Path(cfg.run_dir)
    begun, figures = (run_dir / LAST).is_file(), run_dir / "metrics.json"
    if not begun and not figures.is_file():
        return None
    if (run_dir / "config.yaml").is_file():
        asked = OmegaConf.to_container(cfg, resolve=True)
        if difference := conflict(asked, OmegaConf.to_container(OmegaConf.load(run_dir / "config.yaml"))):
            raise InputError(f"{run_dir} holds a run with {difference}: choose another hydra.sweep.dir=DIR")
    if figures.is_file():
        log.info("%s is finished already", run_dir.name)
        return json.loads(figures.read_text())
    log.info("%s goes on from its last checkpoint", run_dir.name)
    cfg.resume = str(run_dir / LAST)
    return None


def name_in_dashboards(cfg: DictConfig) -> None:
    """Gives a job's run in wandb, where it has no name, what differs from the other jobs; the sweep is its group."""
    if "wandb" not in cfg.logger:
        return
    hydra = HydraConfig.get()
    folder = Path(hydra.sweep.dir)
    note = json.loads((folder / SWEPT).read_text()) if (folder / SWEPT).is_file() else {"swept": []}
    values = dict(override.split("=", 1) for override in hydra.overrides.task if "=" in override)
    given = [f"{key.rpartition('.')[2]}={values[key]}" for key in note["swept"] if key in values]
    cfg.logger.wandb.name = cfg.logger.wandb.name or " ".join(given) or Path(cfg.run_dir).name
    cfg.logger.wandb.group = cfg.logger.wandb.group or folder.name


def note_failure(folder: Path, line: str) -> None:
    """Leaves `error.txt` in a job's folder, for the end of the sweep."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FAILED).write_text(line + "\n")


def told(command: Callable[[], None]) -> None:
    """Runs a Hydra command; if that was a sweep, says at the end what became of its jobs.

    A sweep in which a job failed ends the process with an exit code, also where the sweeper lets it pass.
    """
    before = len(Ledger.opened)
    failed = True
    try:
        command()
        failed = False
    finally:
        folders = Ledger.opened[before:]
        for folder in folders:
            print(summary(folder, failed))
    if any(failures(folder) for folder in folders):
        sys.exit(2)


def failures(folder: Path) -> dict[str, str]:
    """The jobs of a sweep that failed, each with its line."""
    return {str(path.parent.relative_to(folder)): path.read_text().strip() for path in sorted(folder.rglob(FAILED))}


def summary(folder: Path, stopped: bool) -> str:
    """What became of the jobs in a sweep's folder."""
    finished = len(list(folder.rglob("metrics.json")))
    wrong = failures(folder)
    begun = {path.parent.parent for path in folder.rglob(str(LAST))}
    open_ = [one for one in begun if not (one / "metrics.json").is_file() and not (one / FAILED).is_file()]
    lines = [f"\n  sweep      {folder}", f"  finished   {finished}"]
    lines += [f"  failed     {name}: {line}" for name, line in wrong.items()]
    lines += [f"  unfinished {one.relative_to(folder)}" for one in sorted(open_)]
    if wrong or open_ or stopped:
        lines.append(f"  the same command with hydra.sweep.dir={folder} goes on: what is finished is passed over")
    if finished:
        lines.append(f"  compare    python -m portrait_matting.compare {folder}")
    return "\n".join(lines)


def share_machine() -> None:
    """Gives each of several jobs that run at once on this machine its part of the cores."""
    jobs = HydraConfig.get().launcher.get("n_jobs")
    if not jobs or jobs == 1:
        return
    import torch

    cores = os.cpu_count() or 1
    torch.set_num_threads(max(1, cores // (cores if jobs < 0 else jobs)))
