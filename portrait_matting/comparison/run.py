"""Runs, read from their folders: which of them are finished, what they scored, and how they learned."""

import csv
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from portrait_matting.comparison.result import Run
from portrait_matting.config.difference import AUTO
from portrait_matting.disk.home import expand
from portrait_matting.errors import InputError
from portrait_matting.runs.earlier import upgraded
from portrait_matting.runs.folder import LAST
from portrait_matting.runs.test_scores import FILE, read_scores
from portrait_matting.sweeps.outcome import FAILED

DEPTH = 8
"""Folders below a given one that are searched: runs/sweep/DATE/TIME/JOB, and more where a job's name has slashes."""
_OF_A_RUN = ("checkpoints", "gallery", "wandb", ".hydra")


def find_runs(paths: Sequence[Path]) -> tuple[list[Run], list[str]]:
    """The finished runs in and below some folders, and what was left out.

    Args:
        paths: folders of runs or of sweeps, or any folders above such.

    Returns:
        The runs, in the order of the paths and below each by name, a run that is met twice once; and a line for each
        job that failed, is unfinished, damaged or of an older version, and for each evaluation.

    Raises:
        InputError: a path is no folder, or holds no finished run.
    """
    runs: dict[Path, Run] = {}
    left_out: dict[Path, str] = {}
    for path in paths:
        path = expand(path)
        if not path.is_dir():
            raise InputError(f"{path} is not a folder: give the folder of a run or of a sweep")
        finished, wrong = False, []
        for folder in _jobs(path):
            real = folder.resolve()
            try:
                runs[real] = runs.get(real) or read_run(folder)
                finished = True
            except InputError as error:
                left_out[real] = str(error)
                wrong.append(str(error))
        if not finished:
            why = f" ({wrong[0]}{f'; and {len(wrong) - 1} more' if wrong[1:] else ''})" if wrong else ""
            raise InputError(f"{path} holds no finished run{why}: give the folder of a run or of a sweep")
    return list(runs.values()), list(left_out.values())


def read_run(folder: Path) -> Run:
    """Reads the folder of a finished run.

    Raises:
        InputError: it failed, is unfinished, damaged or of an older version, or it is an evaluation.
    """
    if not (folder / "metrics.json").is_file():
        if (folder / FAILED).is_file():
            why = (folder / FAILED).read_text(encoding="utf-8")
            raise InputError(f"{folder} failed: {' '.join(why.split())}")
        raise InputError(f"{folder} is unfinished: it has no metrics.json yet")
    if (folder / "report.html").is_file() and not (folder / LAST).parent.is_dir():
        raise InputError(f"{folder} is an evaluation, not a run: its report.html compares what it scored")
    if not (folder / FILE).is_file():
        raise InputError(f"{folder} is of an older version, without {FILE}: run it again to compare it")
    images, scores = read_scores(folder / FILE)
    try:
        metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        config: Any = OmegaConf.to_container(OmegaConf.load(folder / "config.yaml"))
    except (OSError, ValueError, YAMLError, OmegaConfBaseException) as error:
        raise InputError(f"{folder} is damaged: {' '.join(str(error).split())}") from error
    if not isinstance(config, dict) or "seed" not in config or not isinstance(config.get("learning_rate"), dict):
        raise InputError(f"{folder}: config.yaml is no recipe of a run, it has no seed or no learning_rate")
    config = upgraded(config)
    if (folder / "lr_finder.csv").is_file():
        for node in (config["learning_rate"], config["learning_rate"].get("cycle", {})):
            node |= {"max_lr": AUTO} if "max_lr" in node else {}
    return Run(folder, config, metrics, images, scores)


def curve(run: Run, column: str) -> tuple[np.ndarray, np.ndarray]:
    """A column of a run's `metrics.csv`, such as "val/mad".

    Returns:
        Its steps, int64 (K,), rising, and its values, float64 (K,); both empty where there is no such column. Of a step
        that was done twice, as a resumed run does, the later value.
    """
    values: dict[int, float] = {}
    if (run.folder / "metrics.csv").is_file():
        with (run.folder / "metrics.csv").open(newline="", encoding="utf-8") as file:
            values = {int(row["step"]): float(row[column]) for row in csv.DictReader(file) if row.get(column)}
    steps = sorted(values)
    return np.array(steps, dtype=np.int64), np.array([values[step] for step in steps], dtype=np.float64)


def _jobs(path: Path) -> Iterator[Path]:
    """The folders at and below a path that look like a run's, finished or not."""
    for folder, below, files in os.walk(path):
        deep = len(Path(folder).relative_to(path).parts) >= DEPTH
        if "metrics.json" in files or FAILED in files or LAST.parent.name in below:
            yield Path(folder)
        below[:] = [] if deep else sorted(name for name in below if name not in _OF_A_RUN)
