"""Sweeps: what a job of one resumes, what it is called, which part of the machine it has, and how they end.

A job's folder is named by what differs (`job_folder`), so that a sweep that is started again finds each job where it
was: a finished one is passed over, a begun one resumes from its last checkpoint, one that failed is tried anew.
"""

import logging
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from portrait_matting.cli.explain import explain
from portrait_matting.config.difference import conflict
from portrait_matting.errors import InputError
from portrait_matting.runs.earlier import upgraded
from portrait_matting.runs.folder import LAST, finished_metrics
from portrait_matting.sweeps.hydra_callback import SweepCallback, at_once, cores
from portrait_matting.sweeps.job_folder import hold, named
from portrait_matting.sweeps.outcome import FAILED, failures, summary

log = logging.getLogger(__name__)


def is_job() -> bool:
    """Whether this is a job of a sweep."""
    return HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN


def check_mode() -> None:
    """Refuses a sweep's recipe in a single run, which would pass for the sweep.

    Raises:
        InputError: `-m` is missing.
    """
    if HydraConfig.initialized() and not is_job() and (name := HydraConfig.get().runtime.choices.get("sweep")):
        raise InputError(f"sweep={name} is of many runs: give -m as well")


def take_up(cfg: DictConfig) -> dict[str, float] | None:
    """The metrics of a job that was finished before; else None, and `resume` is set if it was begun before.

    Raises:
        InputError: its folder holds a run by another recipe, or another process is training in it.
    """
    run_dir = Path(cfg.run_dir)
    SweepCallback.held.append(hold(run_dir))
    begun, metrics = (run_dir / LAST).is_file(), run_dir / "metrics.json"
    if (begun or metrics.is_file()) and (run_dir / "config.yaml").is_file():
        asked = OmegaConf.to_container(cfg, resolve=True)
        if difference := conflict(asked, upgraded(OmegaConf.to_container(OmegaConf.load(run_dir / "config.yaml")))):
            raise InputError(f"{run_dir} holds a run with {difference}: choose another hydra.sweep.dir=DIR")
    (run_dir / FAILED).unlink(missing_ok=True)
    if done := finished_metrics(run_dir):
        log.info("%s is finished already", run_dir.name)
        return done
    if begun:
        log.info("%s resumes from its last checkpoint", run_dir.name)
        cfg.resume = str(run_dir / LAST)
    return None


def name_in_dashboards(cfg: DictConfig) -> None:
    """Gives a job's run in wandb, where it has no name, what differs from the other jobs; the sweep is its group."""
    if "wandb" not in (cfg.get("logger") or {}):
        return
    hydra = HydraConfig.get()
    differs = named(hydra.overrides.task, hydra.job.config.override_dirname.exclude_keys)
    name = " ".join(f"{key}={value}" for key, value in differs.items())
    cfg.logger.wandb.name = cfg.logger.wandb.name or name or Path(cfg.run_dir).name
    cfg.logger.wandb.group = cfg.logger.wandb.group or Path(hydra.sweep.dir).name


def share_machine() -> None:
    """Gives each of several jobs that run at once on this machine its part of the cores."""
    launcher = HydraConfig.get().launcher
    if (jobs := at_once(launcher)) > 1 or launcher.get("cpus_per_task"):
        import torch

        part = launcher.get("cpus_per_task") or max(1, cores() // jobs)
        torch.set_num_threads(min(torch.get_num_threads(), part))
        log.info("threads for this job: %d, on %d cores", torch.get_num_threads(), cores())


def run_and_summarise(command: Callable[[], None]) -> None:
    """Runs a Hydra command; if that was a sweep, says at the end what became of its jobs.

    A sweep in which a job failed, or whose launcher did, ends the process with exit code 2.
    """
    before, stopped, wrong = len(SweepCallback.opened), True, False
    try:
        command()
        stopped = False
    except Exception as error:
        if len(SweepCallback.opened) == before:
            raise
        wrong, line = True, explain(error)
        if line is None or "PORTRAIT_MATTING_DEBUG" in os.environ:
            traceback.print_exc()
        print(f"error: {line or error}", file=sys.stderr, flush=True)
    finally:
        folders = SweepCallback.opened[before:]
        for folder in folders:
            print(summary(folder, stopped), flush=True)
    if wrong or any(failures(folder) for folder in folders):
        sys.exit(2)
