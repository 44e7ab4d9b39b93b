"""What the trainer group of a recipe may say: the rest stands elsewhere in it, and Lightning is asked early."""

from typing import Any

from hydra.utils import instantiate
from omegaconf import DictConfig

from portrait_matting.errors import InputError
from portrait_matting.learning_rate.duration import seconds
from portrait_matting.training.slurm import SLURM

_ELSEWHERE = {
    "accelerator": "hardware.accelerator",
    "devices": "hardware.devices",
    "num_nodes": "hardware.devices, the cards of one machine",
    "strategy": "hardware.devices",
    "precision": "hardware.precision",
    "accumulate_grad_batches": "hardware.accumulate",
    "logger": "logger",
    "callbacks": "callbacks",
    "enable_checkpointing": "callbacks.best and callbacks.last",
    "plugins": "the run itself",
    "use_distributed_sampler": "the run itself",
    "fast_dev_run": "trainer=smoke, which also leaves its files",
    "barebones": "callbacks and logger",
}
"""Keys of Lightning's Trainer that a run sets itself, or that would take its files away, and what is to be set."""


def check_trainer_group(trainer: DictConfig, run_sets: dict[str, Any]) -> None:
    """Refuses what a run would pass over in silence, or what Lightning would refuse after the search for the rate.

    Args:
        trainer: the group.
        run_sets: what the run gives Lightning's Trainer besides: the accelerator and the precision among it.

    Raises:
        InputError: names the key.
    """
    for key in trainer:
        if key in _ELSEWHERE:
            raise InputError(f"trainer.{key} is no key of the recipe: it is set by {_ELSEWHERE[key]}")
    synchronised = trainer.sync_batchnorm or run_sets.get("sync_batchnorm")
    if synchronised and run_sets["accelerator"] == "cpu" and run_sets["devices"] > 1:
        raise InputError(
            "batch normalisation cannot be synchronised between processes on a CPU: choose "
            "hardware.batch_norm=accumulated and trainer.sync_batchnorm=false"
        )
    one_process = {"devices": 1, "strategy": "auto", "logger": False, "enable_checkpointing": False}
    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "num_sanity_val_steps": 0}
    if (max_time := trainer.get("max_time")) not in (None, SLURM):
        seconds(max_time)
    no_timer = {"max_time": None}  # a time is the run's own to keep, see `TimedCurve`
    try:
        # Built and thrown away: the values are Lightning's to judge. Not used, since a run has one of its own.
        instantiate(trainer, _partial_=True, _convert_="all")(**run_sets | one_process | quiet | no_timer)
    except Exception as error:
        if isinstance(error, ImportError | OSError):
            raise
        raise InputError(f"trainer: {' '.join(str(error).split())}") from error
