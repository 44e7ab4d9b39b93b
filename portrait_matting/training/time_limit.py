"""The time that a job may take, by its recipe, and what of it validation and test need."""

import logging

import torch
from omegaconf import DictConfig

from portrait_matting.learning_rate.deadline import Deadline, WorkingTime
from portrait_matting.learning_rate.duration import seconds, written
from portrait_matting.training import slurm
from portrait_matting.training.auto_hardware import out_of_memory
from portrait_matting.training.job import TrainingJob
from portrait_matting.training.rehearsal import rehearse

log = logging.getLogger(__name__)

_OTHERS_END = 2.0  # seconds that the other processes of a run take to end, before the test


def length(trainer: DictConfig) -> float | None:
    """Seconds that `trainer.max_time` gives a job, of Slurm's limit those that are left; None without one.

    Raises:
        InputError: `slurm`, outside of Slurm or where its limit is not known; or no time.
    """
    if (max_time := trainer.get("max_time")) is None:
        return None
    return slurm.seconds_left() if max_time == slurm.SLURM else seconds(max_time)


def deadline(job: TrainingJob, working: WorkingTime) -> Deadline | None:
    """The end that `trainer.max_time` gives a job, counted by `working`; None without one.

    Tries out what a validation and the test cost.

    Raises:
        InputError: `slurm`, outside of Slurm or where its limit is not known; or out of memory.
    """
    if (given := length(job.cfg.trainer)) is None:
        return None
    in_slurm = job.cfg.trainer.max_time == slurm.SLURM
    whole = given + working.spent if in_slurm else given
    try:
        costs = rehearse(job)
    except torch.OutOfMemoryError as error:
        raise out_of_memory(job.cfg, job.hardware) from error
    log.info(
        "the run has %s of work, search and test included; a validation takes about %.1f s, the test %.1f s",
        *(written(whole), costs.validation, costs.test),
    )
    after = costs.test + (_OTHERS_END if job.hardware.devices > 1 else 0.0)
    return Deadline(whole, working, in_slurm, costs.validation, after)


def follower(job: TrainingJob) -> Deadline | None:
    """What another process of the run has in its place: rank 0 tells it how many steps are left."""
    return None if job.cfg.trainer.get("max_time") is None else Deadline(float("inf"), WorkingTime())
