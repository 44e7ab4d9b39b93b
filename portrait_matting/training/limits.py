"""How many batches and optimizer steps a run has, by its trainer group: what would come to nothing is refused early."""

import math

from omegaconf import DictConfig

from portrait_matting.data.datamodule import PortraitDataModule
from portrait_matting.errors import InputError

LOGGED = 100  # points that a curve should have at least
IN_EPOCH = 10  # the same in an epoch, of a run that only its time ends
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
    _check_length(trainer)
    _check_numbers(trainer)
    if trainer.check_val_every_n_epoch is not None and trainer.check_val_every_n_epoch < 1:
        raise InputError(
            f"trainer.check_val_every_n_epoch={trainer.check_val_every_n_epoch} is no number of epochs: choose at "
            "least 1, or trainer.limit_val_batches=0 for no validation"
        )
    in_all = len(data.train_dataloader())
    if in_all < devices:
        raise InputError(
            f"hardware.devices={devices} leaves processes without a batch, since the training portraits are {in_all} "
            "batches: choose a smaller hardware.batch_size, or fewer devices"
        )
    in_epoch = batches_of_an_epoch(trainer, data, devices)
    if not in_epoch:
        raise _none("limit_train_batches", trainer, in_all // devices)
    in_all = -(-len(data.val_dataloader()) // devices)
    if trainer.limit_val_batches != 0 and not validated_batches(trainer, in_all):
        raise _none("limit_val_batches", trainer, in_all)
    if trainer.limit_test_batches == 0:
        raise InputError("trainer.limit_test_batches=0 leaves nothing to score: choose at least 1")
    if isinstance(trainer.limit_test_batches, float) and trainer.limit_test_batches < 1:
        data.setup("test")
        if not batches(in_all := len(data.test_dataloader()), trainer.limit_test_batches):
            raise _none("limit_test_batches", trainer, in_all)
    _check_interval(trainer, in_epoch)


def _check_interval(trainer: DictConfig, in_epoch: int) -> None:
    every, validates = trainer.val_check_interval, trainer.limit_val_batches != 0
    if (isinstance(every, int) and every < 1) or (isinstance(every, float) and not 0 < every <= 1):
        raise InputError(
            f"trainer.val_check_interval={every} is neither a share of an epoch, up to 1.0, nor a number of batches"
        )
    if isinstance(every, int) and every > in_epoch and trainer.check_val_every_n_epoch is not None and validates:
        raise InputError(
            f"trainer.val_check_interval={every} is more than the {in_epoch} batches of an epoch: choose fewer, or "
            "trainer.check_val_every_n_epoch=null to count on from epoch to epoch"
        )


def _check_length(trainer: DictConfig) -> None:
    for key in ("max_epochs", "max_steps"):
        if trainer[key] is not None and trainer[key] < 1 and trainer[key] != -1:
            raise InputError(f"trainer.{key}={trainer[key]} trains nothing: choose at least 1, or -1 for no limit")
    if trainer.get("max_time") is None and trainer.max_epochs in (None, -1) and trainer.max_steps in (None, -1):
        raise InputError(
            f"trainer.max_epochs={'null' if trainer.max_epochs is None else trainer.max_epochs} leaves the run without "
            "an end to stretch the learning rate over: choose a number of epochs, of trainer.max_steps, or a "
            "trainer.max_time"
        )
    if (least := trainer.min_epochs) is None:
        return
    if least < 0 or (trainer.max_epochs not in (None, -1) and least > trainer.max_epochs):
        raise InputError(
            f"trainer.min_epochs={least} is not within trainer.max_epochs={trainer.max_epochs}: choose 0 up to that"
        )


def _check_numbers(trainer: DictConfig) -> None:
    """What Lightning takes without a word, or refuses under the name of another key."""
    for key in ("limit_train_batches", "limit_val_batches", "limit_test_batches", "overfit_batches"):
        limit = trainer[key]
        if limit is not None and not 0 <= limit <= (1 if isinstance(limit, float) else math.inf):
            raise InputError(f"trainer.{key}={limit} is neither a share, 0.0 to 1.0, nor a number of batches")
    if trainer.log_every_n_steps is not None and trainer.log_every_n_steps < 0:
        raise InputError(
            f"trainer.log_every_n_steps={trainer.log_every_n_steps} is no number of steps: choose at least 0"
        )
    if trainer.num_sanity_val_steps is not None and trainer.num_sanity_val_steps < -1:
        raise InputError(
            f"trainer.num_sanity_val_steps={trainer.num_sanity_val_steps} is no number of batches: choose at least 0, "
            "or -1 for all"
        )
    if trainer.gradient_clip_val is not None and not trainer.gradient_clip_val >= 0:  # NaN too
        raise InputError(
            f"trainer.gradient_clip_val={trainer.gradient_clip_val} clips nothing: choose more than 0, or null"
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


def validated_batches(trainer: DictConfig, in_all: int) -> int:
    """How many of `in_all` batches a validation has. A run that overfits has at least one, whatever the share."""
    if trainer.overfit_batches and trainer.limit_val_batches != 0:
        return min(in_all, max(1, batches(in_all, trainer.overfit_batches)))
    return batches(in_all, trainer.limit_val_batches)


def batches_of_an_epoch(trainer: DictConfig, data: PortraitDataModule, devices: int = 1) -> int:
    """How many batches each process trains on in an epoch."""
    return batches(len(data.train_dataloader()) // devices, trainer.overfit_batches or trainer.limit_train_batches)


def logged_every(trainer: DictConfig, in_epoch: int, accumulate: int) -> int:
    """Optimizer steps between two points of a curve: as `trainer.log_every_n_steps` says, or where that is null so many
    that a run has a hundred points, but at most 50. Where a time ends the run, and nobody knows yet after how many
    steps: 1.

    >>> from types import SimpleNamespace
    >>> of = lambda epochs: SimpleNamespace(log_every_n_steps=None, max_epochs=epochs, max_steps=-1)
    >>> logged_every(of(1), 75, 1), logged_every(of(4), 150, 1), logged_every(of(60), 1200, 1)
    (1, 6, 50)
    >>> logged_every(of(-1), 75, 1)
    1
    """
    if trainer.log_every_n_steps is not None:
        return trainer.log_every_n_steps
    steps = optimizer_steps(trainer, in_epoch, accumulate)
    return 1 if math.isinf(steps) else between_points(steps)


def between_points(steps: int) -> int:
    """As `logged_every`, of a run of so many optimizer steps."""
    return int(min(max(steps // LOGGED, 1), RARELY))


def optimizer_steps(trainer: DictConfig, in_epoch: int, accumulate: int) -> float:
    """Optimizer steps of a run by `max_epochs` and `max_steps`, without a limit of time; infinite where neither is set.

    >>> from types import SimpleNamespace
    >>> optimizer_steps(SimpleNamespace(max_epochs=4, max_steps=-1), 10, 3)
    16
    """
    epochs = math.inf if trainer.max_epochs in (None, -1) else trainer.max_epochs
    steps = math.ceil(in_epoch / accumulate) * epochs
    return steps if trainer.max_steps in (None, -1) else min(steps, trainer.max_steps)
