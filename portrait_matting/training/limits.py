"""How many batches and optimizer steps a run has, by its trainer group: what would come to nothing is refused early."""

import math

from omegaconf import DictConfig

from portrait_matting.data.datamodule import PortraitDataModule
from portrait_matting.errors import InputError

LOGGED = 100  # points that a curve should have at least
RARELY = 50  # steps between two points, at most: each point waits for the card


def check_limits(trainer: DictConfig, data: PortraitDataModule, devices: int = 1) -> None:
    """Refuses a trainer group by which nothing is trained or tested, or that Lightning would refuse after the search.

    That nothing is validated is allowed: such a run has no best checkpoint and no `val/mad`.

    Args:
        trainer: the group.
        data: set up for "fit".
        devices: processes of the run.

    Raises:
        InputError: names the key and its value.
    """
    for key, unlimited in (("max_epochs", -1), ("max_steps", -1)):
        if trainer[key] is not None and trainer[key] < 1 and trainer[key] != unlimited:
            raise InputError(f"trainer.{key}={trainer[key]} trains nothing: choose at least 1, or -1 for no limit")
    if trainer.check_val_every_n_epoch is not None and trainer.check_val_every_n_epoch < 1:
        raise InputError(
            f"trainer.check_val_every_n_epoch={trainer.check_val_every_n_epoch} is no number of epochs: choose at "
            "least 1, or trainer.limit_val_batches=0 for no validation"
        )
    in_epoch = batches_of_an_epoch(trainer, data, devices)
    if not in_epoch:
        raise _none("limit_train_batches", trainer, len(data.train_dataloader()) // devices)
    val_key = "overfit_batches" if trainer.overfit_batches else "limit_val_batches"
    if trainer[val_key] and not batches(in_all := len(data.val_dataloader()), trainer[val_key]):
        raise _none("limit_val_batches", trainer, in_all)
    if trainer.limit_test_batches == 0:
        raise InputError("trainer.limit_test_batches=0 leaves nothing to score: choose at least 1")
    if isinstance(trainer.limit_test_batches, float) and trainer.limit_test_batches < 1:
        data.setup("test")
        if not batches(in_all := len(data.test_dataloader()), trainer.limit_test_batches):
            raise _none("limit_test_batches", trainer, in_all)
    _check_interval(trainer, in_epoch)


def _check_interval(trainer: DictConfig, in_epoch: int) -> None:
    every, validates = trainer.val_check_interval, trainer.limit_val_batches or trainer.overfit_batches
    if (isinstance(every, int) and every < 1) or (isinstance(every, float) and not 0 < every <= 1):
        raise InputError(
            f"trainer.val_check_interval={every} is neither a share of an epoch, up to 1.0, nor a number of batches"
        )
    if isinstance(every, int) and every > in_epoch and trainer.check_val_every_n_epoch is not None and validates:
        raise InputError(
            f"trainer.val_check_interval={every} is more than the {in_epoch} batches of an epoch: choose fewer, or "
            "trainer.check_val_every_n_epoch=null to count on from epoch to epoch"
        )


def _none(key: str, trainer: DictConfig, in_all: int) -> InputError:
    key = "overfit_batches" if trainer.overfit_batches and key != "limit_test_batches" else key
    return InputError(f"trainer.{key}={trainer[key]} of {in_all} batches is none: choose at least 1, a whole number")


def batches(in_all: int, limit: int | float | None) -> int:
    """How many of `in_all` batches Lightning goes through: at most a whole number, or a share of them.

    >>> batches(12, 5), batches(12, 0.5), batches(12, 1), batches(12, 1.0)
    (5, 6, 1, 12)
    """
    limit = 1.0 if limit is None else limit
    return min(in_all, limit) if isinstance(limit, int) else int(in_all * limit)


def batches_of_an_epoch(trainer: DictConfig, data: PortraitDataModule, devices: int = 1) -> int:
    """How many batches each process trains on in an epoch."""
    return batches(len(data.train_dataloader()) // devices, trainer.overfit_batches or trainer.limit_train_batches)


def logged_every(trainer: DictConfig, in_epoch: int, accumulate: int) -> int:
    """Optimizer steps between two points of a curve: as `trainer.log_every_n_steps` says, or where that is null so many
    that a run has a hundred points, but at most 50.

    >>> from types import SimpleNamespace
    >>> of = lambda epochs: SimpleNamespace(log_every_n_steps=None, max_epochs=epochs, max_steps=-1)
    >>> logged_every(of(1), 75, 1), logged_every(of(4), 150, 1), logged_every(of(60), 1200, 1)
    (1, 6, 50)
    """
    if trainer.log_every_n_steps is not None:
        return trainer.log_every_n_steps
    epochs = math.inf if trainer.max_epochs in (None, -1) else trainer.max_epochs
    steps = math.ceil(in_epoch / accumulate) * epochs
    steps = steps if trainer.max_steps == -1 else min(steps, trainer.max_steps)
    return int(min(max(steps // LOGGED, 1), RARELY))
