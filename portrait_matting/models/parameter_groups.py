"""The groups of parameters that an optimizer is built with: which of them decay, and at which share of the rate each
learns. Pure functions of the network and the settings.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd

from portrait_matting.errors import InputError
from portrait_matting.models.network import Network, trainable_groups

_NORMS = (_NormBase, nn.GroupNorm, nn.LayerNorm, nn.RMSNorm)  # the first: batch and instance normalisation of any kind
_WEIGHTED = (_ConvNd, nn.Linear, nn.Bilinear)
_NORM_NAME = re.compile("Norm(?![a-z])")  # LayerNorm2d, but no NormalMap


@dataclass(frozen=True)
class ParameterGroups:
    """What a recipe says of the groups.

    Args:
        decay_all: biases and normalisation decay as all other parameters do.
        lr_scale: factors on the learning rate by the beginning of a parameter's name, whole parts of it: "backbone", or
            "backbone.stage1". The longest that fits counts, in place of what the network itself says.
        decay_per_run: the share of each decayed weight that a whole run takes away, in place of the optimizer's own
            weight decay; None leaves it to that.

    Raises:
        InputError: a factor is not a positive number, or the share lies outside of 0 up to, not with, 1.
    """

    decay_all: bool = False
    lr_scale: Mapping[str, Any] = field(default_factory=dict)
    decay_per_run: float | None = None

    def __post_init__(self) -> None:
        for prefix, scale in _flat(self.lr_scale):
            _check_scale(f"optimizer.lr_scale.{prefix}", scale)
        share = self.decay_per_run
        if share is not None and not (_is_number(share) and 0 <= share < 1):
            raise InputError(
                f"optimizer.decay_per_run={share} is no share of a weight: choose 0 up to, not with, 1, or null "
                "for the optimizer's own weight_decay"
            )


def undecayed(net: nn.Module) -> set[str]:
    """The names of the parameters that weight decay leaves alone.

    Those are the parameters of one dimension or none (biases, scales and shifts of a channel, slopes of a PReLU), those
    of a normalisation of any shape, such as a LayerNorm over whole maps, and those that are called a bias, such as a
    transformer's table of position biases. The shape alone would miss the latter two; the module's type alone would
    miss whatever a network of one's own computes itself. A module counts as a normalisation if it is one of torch's, or
    if the name of its class says so, as LayerNorm2d. The weight of a convolution or a linear layer always decays.

    A parameter that two modules share is left alone if either of them would leave it alone.
    """
    names = {id(parameter): name for name, parameter in net.named_parameters()}
    alone = set()
    for module in net.modules():
        is_norm = isinstance(module, _NORMS) or bool(_NORM_NAME.search(type(module).__name__))
        is_norm &= not isinstance(module, _WEIGHTED)
        for own, parameter in module.named_parameters(recurse=False):
            if is_norm or parameter.ndim <= 1 or "bias" in own.split("_"):
                alone.add(names[id(parameter)])
    return alone


def parameter_groups(net: Network, settings: ParameterGroups | None = None) -> list[dict[str, Any]]:
    """The trainable parameters, each in one group: the network's own groups, parted by what decays and by rate.

    Frozen parameters are left out, and groups that are empty then. Groups, and parameters within a group, come in an
    order that hangs on the network and the settings alone: the same in every process of a run, and when it goes on.
    What does not decay has `weight_decay` 0; what decays has no such key, so that the optimizer's own counts, or with
    `decay_per_run` the key `decay_per_run`, and `weight_decay` 0. A group for which the network says `weight_decay`
    itself keeps it. `lr_scale` is a factor on the learning rate.

    Raises:
        InputError: `lr_scale` names a part that the network has not, a factor of the network's own is no positive
            number, or a trainable parameter is in no group, or in two.
    """
    settings = settings or ParameterGroups()
    names = {id(parameter): name for name, parameter in net.named_parameters()}
    order = {key: place for place, key in enumerate(names)}
    alone = set() if settings.decay_all else undecayed(net)
    scales = dict(_flat(settings.lr_scale))
    for prefix in scales:
        _check_prefix(prefix, [name for name, _ in net.named_parameters(remove_duplicate=False)])
    made: list[dict[str, Any]] = []
    for group in trainable_groups(net):
        if "lr_scale" in group:
            _check_scale(f"parameter_groups of {type(net).__name__}: lr_scale", group["lr_scale"])
        parts: dict[Any, dict[str, Any]] = {}
        for parameter in sorted(group["params"], key=lambda parameter: order[id(parameter)]):
            name = names[id(parameter)]
            fitting = [prefix for prefix in scales if _begins(name, prefix)]
            options = {"lr_scale": scales[max(fitting, key=len)]} if fitting else {}
            if "weight_decay" not in group and name in alone:
                options["weight_decay"] = 0.0
            elif "weight_decay" not in group and settings.decay_per_run is not None:
                options |= {"weight_decay": 0.0, "decay_per_run": settings.decay_per_run}
            part = parts.setdefault(tuple(options.items()), {**group, **options, "params": []})
            part["params"].append(parameter)
        made += parts.values()
    return made


def _flat(scales: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Prefixes and factors of a mapping in which a prefix may be parted at its dots, as the command line does."""
    for key, value in scales.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _begins(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_scale(key: str, scale: Any) -> None:
    if not (_is_number(scale) and 0 < scale < math.inf):
        raise InputError(f"{key}={scale} is no factor on the learning rate: give a positive number")


def _check_prefix(prefix: str, names: list[str]) -> None:
    if any(_begins(name, prefix) for name in names):
        return
    parts = prefix.split(".")
    while parts and not any(name.startswith(".".join(parts) + ".") for name in names):
        parts.pop()
    there = "".join(f"{part}." for part in parts)
    has = dict.fromkeys(there + name.removeprefix(there).split(".")[0] for name in names if name.startswith(there))
    raise InputError(f"optimizer.lr_scale.{prefix}: the network has no parameters of that name, but {', '.join(has)}")
