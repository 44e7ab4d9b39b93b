"""How an optimizer comes by a network's parameters: every one that trains, plans or measures is built here."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from torch.optim import Optimizer

from portrait_matting.models.network import Network
from portrait_matting.models.parameter_groups import ParameterGroups, parameter_groups

MakeOptimizer = Callable[..., Optimizer]
"""Groups of parameters and `lr` to an optimizer."""


@dataclass(frozen=True)
class GroupedOptimizer:
    """An optimizer of a recipe, together with what the recipe says of its groups; called, it is the optimizer alone."""

    make: MakeOptimizer
    groups: ParameterGroups = field(default_factory=ParameterGroups)
    given: frozenset[str] = frozenset()
    """The optimizer's own options that the recipe names: these hold, whatever a checkpoint says."""

    def __call__(self, groups: list[dict[str, Any]], lr: float) -> Optimizer:
        return self.make(groups, lr=lr)


def build_optimizer(optimizer: MakeOptimizer, net: Network, lr: float) -> Optimizer:
    """Builds an optimizer of the network's trainable parameters, in the groups of `parameter_groups`.

    One that has no weight decay gets the network's own groups, not parted further: some take a single one.

    Raises:
        InputError: as `parameter_groups`.
        ValueError: from the optimizer, which does not take its options or these groups.
    """
    settings = optimizer.groups if isinstance(optimizer, GroupedOptimizer) else ParameterGroups()
    if settings.decay_per_run is None and not settings.decay_all:
        whole = optimizer(parameter_groups(net, replace(settings, decay_all=True)), lr=lr)
        if not any(group.get("weight_decay") for group in whole.param_groups):
            return whole
    return optimizer(parameter_groups(net, settings), lr=lr)
