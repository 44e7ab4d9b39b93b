"""What a resumed run finds: how far it had come, and which network was the best until then."""

import logging
import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from omegaconf import DictConfig

from portrait_matting.callbacks.best_checkpoint import BestCheckpoint, read, scores
from portrait_matting.disk.atomic_write import atomic_write
from portrait_matting.errors import InputError
from portrait_matting.learning_rate.cycle import LearningRateCycle
from portrait_matting.learning_rate.duration import seconds, written
from portrait_matting.training.slurm import SLURM

log = logging.getLogger(__name__)


class Progress(NamedTuple):
    """How far a run had come: whole epochs, optimizer steps."""

    epochs: int
    steps: int


def progress(checkpoint: dict[str, Any]) -> Progress:
    """How far the run had come that a checkpoint is of, which holds its training state."""
    loop = checkpoint["loops"]["fit_loop"]
    return Progress(loop["epoch_progress"]["current"]["processed"], checkpoint["global_step"])


def cycle(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    """What `LearningRateCycle` has left in a checkpoint: `spent`, `done` and more; {} of an earlier run."""
    return dict(checkpoint.get("callbacks", {}).get(LearningRateCycle.__name__, {}))


def nothing_to_train(resume: Path, trainer: DictConfig) -> bool:
    """Whether a trainer group leaves nothing to train after the checkpoint `resume`, which is said then.

    A file that is missing or no such checkpoint leaves everything: `checkpoint.check_resumable` says what is wrong.
    """
    try:
        done = progress(checkpoint := read(resume))
    except (InputError, KeyError, TypeError):
        return False
    for key, has, what in (("max_epochs", done.epochs, "epochs"), ("max_steps", done.steps, "steps")):
        if trainer[key] not in (None, -1) and has >= trainer[key]:
            log.info("nothing is trained: the run has its %d %s already; more are trainer.%s=N", has, what, key)
            return True
    return _time_is_over(cycle(checkpoint), trainer.get("max_time"))


def _time_is_over(state: Mapping[str, Any], max_time: object) -> bool:
    if max_time is None:
        return False
    length = math.inf if max_time == SLURM else seconds(max_time)
    ended = state.get("timed_out", False) and (max_time == SLURM or length <= state["seconds"])
    if not ended and state.get("spent", 0.0) < length:
        return False
    how = "has come to the end of its cycle" if ended else f"has had {written(state['spent'])} of work already"
    log.info("nothing is trained: the run %s; more is a longer trainer.max_time", how)
    return True


def take_over_best(best: BestCheckpoint, resume: Path, trains: bool = True) -> None:
    """Sees to it that `best.ckpt` in the run's folder is the best of the run that is resumed.

    One that lies beside the checkpoint that is resumed is copied, where the run goes on in another folder. One that was
    chosen by another metric is kept under another name. What is lost or from elsewhere is said.

    Args:
        best: of the run, in its folder.
        resume: the checkpoint that the run goes on from.
        trains: whether it does go on, and may find another best.

    Raises:
        InputError: `best.ckpt` is truncated, holds another network, or was chosen by another metric where nothing is
            trained that could be chosen anew.
    """
    checkpoint = read(resume)
    told = scores(checkpoint)
    beside = [path for path in (resume.with_name(best.path.name), resume.resolve().with_name(best.path.name))]
    source = next((path for path in (best.path, *beside) if path.is_file()), None)
    if source is None:
        if told:
            log.warning("there is no best.ckpt beside %s: the best is looked for anew from here on", resume)
        return
    there = read(source)
    if _shapes(there) != _shapes(checkpoint):
        raise InputError(f"{source} holds another network than {resume}: move it out of the folder")
    found = scores(there)
    if found and best.monitor not in found:
        if not trains:
            raise InputError(f"{source} was chosen by {next(iter(found))}: leave out callbacks.best.monitor")
        _set_aside(best, source, next(iter(found)))
        return
    if source != best.path:
        best.path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(best.path) as unfinished:
            shutil.copyfile(source, unfinished)
    mine, its = found.get(best.monitor), told.get(best.monitor)
    if mine is not None and its is not None and mine != its and there["global_step"] <= checkpoint["global_step"]:
        log.warning(
            "%s has %s %.6g, not the %.6g that %s tells of: it stays until a better one is found",
            *(source, best.monitor, mine, its, resume.name),
        )


def _set_aside(best: BestCheckpoint, source: Path, metric: str) -> None:
    kept = source
    if source == best.path:
        kept = source.with_name(f"best-by-{metric.replace('/', '-')}.ckpt")
        source.replace(kept)
    log.warning("the best by %s is kept as %s: the best by %s is looked for anew", metric, kept, best.monitor)


def _shapes(checkpoint: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in checkpoint["state_dict"].items() if name.startswith("net.")}
