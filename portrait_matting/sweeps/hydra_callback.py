"""Hydra's callback of a sweep: what is noted before it, what its jobs are called by, what happens to an error."""

import itertools
import json
import logging
import multiprocessing
import os
import sys
import traceback
from pathlib import Path
from typing import Any, ClassVar

from hydra.core.utils import JobReturn, JobStatus
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict

from portrait_matting.cli.arguments import cores
from portrait_matting.cli.explain import explain
from portrait_matting.config.path_keys import LISTS, is_path
from portrait_matting.config.path_value import read_path
from portrait_matting.disk.atomic_write import write_text
from portrait_matting.disk.lock import Lock
from portrait_matting.errors import InputError
from portrait_matting.sweeps import study
from portrait_matting.sweeps.job_folder import job_folder, parse
from portrait_matting.sweeps.outcome import SWEPT, note_failure, read_note

log = logging.getLogger(__name__)


class SweepCallback(Callback):
    """Hydra's callback, in the process that starts a sweep and in those of its jobs.

    Before the sweep it notes what is swept, and tells the jobs what their folders are called by. After each job it
    takes an error off Hydra's hands, so that the others go on under every launcher and sweeper; the
    sweep reports it at its end.
    """

    opened: ClassVar[list[Path]] = []
    held: ClassVar[list[Lock]] = []

    def __init__(self) -> None:
        OmegaConf.register_new_resolver("job_folder", job_folder, replace=True)

    def __reduce__(self) -> tuple[type, tuple]:
        return SweepCallback, ()  # a launcher's process has to know the resolver before it names the job's folder

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        try:
            self._open(config)
        except Exception as error:  # Hydra would make a warning of it and go on
            line = explain(error)
            if line is None:
                traceback.print_exc()
            print(f"error: {line or repr(error)}", file=sys.stderr)
            sys.exit(2)

    def _open(self, config: DictConfig) -> None:
        hydra, folder = config.hydra, Path(config.hydra.sweep.dir)
        given = parse(hydra.overrides.task)
        params = hydra.sweeper.get("params") or OmegaConf.create({})
        in_file = list(params)  # also what is ???, which `in params` passes over
        for override in given:
            if override.key_or_group in in_file:
                params[override.key_or_group] = override.get_value_string()  # the command line wins
        for key in in_file:
            if is_path(key) and not OmegaConf.is_missing(params, key) and not OmegaConf.is_interpolation(params, key):
                params[key] = read_path(str(params[key]), key in LISTS, sweep=True)
        if missing := [str(key) for key in params if OmegaConf.is_missing(params, key)]:
            raise InputError(f"this sweep has no values for {missing[0]}: give {missing[0]}=A,B")
        written = [f"{key}={value}" for key, value in params.items()]
        written += [override.input_line for override in given if override.key_or_group not in in_file]
        # A seed that is given is named, though it be one: a later launch with more of them finds this one's jobs.
        seed = ["seed"] if any(override.key_or_group == "seed" for override in given) else []
        swept_keys = list(dict.fromkeys([*map(str, params), *swept(written), *seed]))
        fair = {key: value for key, value in _fair_share(config).items() if key not in swept_keys}
        constant = [*({override.key_or_group for override in parse(written)} - set(swept_keys)), *fair]
        # Hydra composes each job by these first, then by its own.
        hydra.overrides.hydra.append(f"hydra.job.config.override_dirname.exclude_keys={sorted(constant)}")
        hydra.overrides.hydra.extend([f"{key}={value}" for key, value in fair.items()])
        own_name = "job_folder:" in str(OmegaConf.to_container(hydra.sweep)["subdir"])
        jobs = _folders(written, constant) if own_name and "Basic" in hydra.sweeper._target_ else None
        folder.mkdir(parents=True, exist_ok=True)
        note = {"swept": swept_keys, "overrides": written, "jobs": jobs}
        write_text(folder / SWEPT, json.dumps(note, indent=2) + "\n")
        study.resume_study(hydra.sweeper)
        _quieten_ray(hydra.launcher)
        self.opened.append(folder)

    def on_job_start(self, config: DictConfig, **_: Any) -> None:
        if multiprocessing.get_start_method() == "loky":  # joblib's own, by which torch cannot start data workers
            multiprocessing.set_start_method(None, force=True)
        if config.hydra.mode == RunMode.MULTIRUN:
            jobs = read_note(Path(config.hydra.sweep.dir)).get("jobs")
            number = f"{config.hydra.job.num + 1}{f' of {len(jobs)}' if jobs else ''}"
            log.info("job %s: %s", number, Path(config.hydra.runtime.output_dir).name)

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **_: Any) -> None:
        if config.hydra.mode != RunMode.MULTIRUN:
            return
        while self.held:
            self.held.pop().close()
        if job_return.status == JobStatus.FAILED:
            error = job_return._return_value
            line = explain(error)
            note_failure(Path(config.hydra.runtime.output_dir), line or f"{type(error).__name__}: {error}")
            if line is None or "PORTRAIT_MATTING_DEBUG" in os.environ:
                log.error("job %d failed", config.hydra.job.num + 1, exc_info=error)
            job_return.status, job_return.return_value = JobStatus.COMPLETED, None  # to Optuna, None is a failed trial


class WithoutJobs(logging.Filter):
    """Drops the list of all jobs with all overrides that launchers print: each job says its name when it begins."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith("\t#")


def swept(overrides: list[str]) -> list[str]:
    """The keys that take more than one value, of overrides as they are given to a sweep.

    >>> swept(["seed=0,1", "model=u2net", "learning_rate.max_lr=interval(0.001, 0.1)"])
    ['seed', 'learning_rate.max_lr']
    """
    return list(dict.fromkeys(each.key_or_group for each in parse(overrides) if each.is_sweep_override()))


def _folders(overrides: list[str], constant: list[str]) -> list[str] | None:
    """The folders of all jobs of a grid; None where it is no grid."""
    values = []
    for override in parse(overrides):
        if override.is_sweep_override() and (
            not override.is_discrete_sweep() or "glob(" in override.get_value_string()
        ):
            return None
        key = override.get_key_element()
        single = not override.is_sweep_override()
        texts = [override.get_value_element_as_str()] if single else override.sweep_string_iterator()
        values.append([override.input_line] if override.is_delete() else [f"{key}={text}" for text in texts])
    return list(dict.fromkeys(job_folder(job, constant) for job in itertools.product(*values)))


def _quieten_ray(launcher: DictConfig) -> None:
    """Keeps Ray from sending usage statistics, and here from starting a dashboard, which is ten processes."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    init = OmegaConf.select(launcher, "ray.init")
    if init is not None and not init.get("address"):
        with open_dict(init):
            init.setdefault("include_dashboard", False)


def at_once(launcher: DictConfig) -> int:
    """How many jobs share this machine: joblib's n_jobs, where -1 is one on each core."""
    jobs = launcher.get("n_jobs") or 1
    return max(1, cores() + 1 + jobs if jobs < 0 else jobs)


def _fair_share(config: DictConfig) -> dict[str, Any]:
    """Overrides for jobs that run beside others: no progress bar, and data workers as there are cores."""
    fair: dict[str, Any] = {} if "Basic" in config.hydra.launcher._target_ else {"trainer.enable_progress_bar": "false"}
    workers, jobs = OmegaConf.select(config, "hardware.workers"), at_once(config.hydra.launcher)
    if jobs > 1 and isinstance(workers, int):
        fair["hardware.workers"] = min(workers, max(1, cores() // jobs))
    return fair
