"""Batch normalisation where a forward pass sees few images: which statistics it uses, and which it remembers."""

import copy

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from portrait_matting.errors import InputError

CHOICES = ("batch", "accumulated", "synchronised", "frozen")


def accumulated_momentum(momentum: float, accumulate: int) -> float:
    """The momentum by which `accumulate` updates forget as much of the running statistics as one by `momentum`.

    An update leaves a share 1 - m of what was there, n of them (1 - m)^n. So m becomes 1 - (1 - m)^(1 / n).
    """
    return 1 - (1 - momentum) ** (1 / accumulate)


def set_batch_norm(net: nn.Module, how: str, accumulate: int = 1) -> None:
    """Sets, once and before training, which statistics the batch normalisations of `net` use and remember.

    - batch: each forward pass is normalised by its own statistics, and the running ones follow it. Nothing is changed.
    - accumulated: the same, but the running statistics reach as far back as with one forward pass of all the images of
      an optimizer step, which is `accumulate` forward passes: `accumulated_momentum`. Training itself does not change.
    - synchronised: by the statistics of all processes. That is left to Lightning's sync_batchnorm.
    - frozen: by the running statistics, which stay as they are, in train mode too. Scale and shift still learn.

    Raises:
        InputError: `how` is none of `CHOICES`, `accumulate` is below 1, or frozen meets a layer that is no BatchNorm2d.
    """
    if how not in CHOICES:
        raise InputError(f"hardware.batch_norm={how} is unknown: choose one of {', '.join(CHOICES)}")
    if accumulate < 1:
        raise InputError(f"hardware.accumulate={accumulate} is too small: choose at least 1")
    norms = [norm for norm in net.modules() if isinstance(norm, _BatchNorm)]
    if how == "accumulated":
        for norm in norms:
            if norm.momentum is not None:  # None is a plain mean over all updates, which forgets nothing
                norm.momentum = accumulated_momentum(norm.momentum, accumulate)
    if how == "frozen":
        for norm in norms:
            if not isinstance(norm, nn.BatchNorm2d):
                raise InputError(f"hardware.batch_norm=frozen freezes BatchNorm2d, not {type(norm).__name__}")
            # The class alone: parameters, buffers, hooks, and whoever holds the module, stay as they are.
            norm.__class__ = FrozenBatchNorm2d
            norm.eval()


def check_single_image(net: nn.Module, how: str, input_size: int) -> None:
    """Refuses a batch of one image where some map of `net` is one pixel, which has no statistics to be normalised by.

    The network runs on shapes alone, image (1, 3, `input_size`, `input_size`).

    Raises:
        InputError: there is such a map, and it is not normalised by the running statistics (`how` is not frozen).
    """
    if how == "frozen":
        return
    try:
        copy.deepcopy(net).to("meta").train()(torch.zeros(1, 3, input_size, input_size, device="meta"))
    except ValueError as error:
        if "more than 1 value per channel" in str(error):
            raise InputError(
                f"hardware.batch_size=1 at hardware.input_size={input_size} leaves batch normalisation a single value: "
                f"choose hardware.batch_size=2, or a larger hardware.input_size"
            ) from error
    except Exception:
        pass


class FrozenBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation that stays in eval mode, with the state dict of nn.BatchNorm2d."""

    def train(self, mode: bool = True) -> "FrozenBatchNorm2d":
        return super().train(False)
